#!/bin/bash
# deleted.sh BUILD: deleted files of every NTFS image of the corpus: what we call full equals icat -r; in what we call
# partial the bytes outside the lost ranges do, and the lost ones are zeros. Every free record of $MFT is listed, and no other; what is full, overwritten
# or trimmed is so by $Bitmap (deleted_peer.py).
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" icat fls fsstat ntfscat jq perl python3 gzip xz bsdtar 7zz ewfexport qemu-img mmls
kanshiki=$build/kanshiki
most_contents=2000 # streams of one volume whose bytes are compared
corpus_kit

# usage: same_but OURS THEIRS "OFFSET LENGTH …"   equal outside the ranges, zeros in them
same_but() {
	perl -e '
		my ($ours, $theirs, @ranges) = @ARGV;
		local $/;
		open my $a, "<:raw", $ours or die; open my $b, "<:raw", $theirs or die;
		my ($x, $y) = (scalar <$a> // "", scalar <$b> // "");
		while (@ranges) {
			my ($at, $len) = splice @ranges, 0, 2;
			exit 2 if substr($x, $at, $len) =~ /[^\0]/;
			substr($y, $at, $len) = "\0" x length substr($y, $at, $len) if $at < length $y;
		}
		exit($x eq $y ? 0 : 1);
	' "$1" "$2" $3
}

# The inode by which icat reads a stream: "39", "39-128-4". Fails when fls does not show it.
inode_of() {
	[ -n "$2" ] || { echo "$1"; return; }
	awk -F'\t' -v record="$1" -v stream="$2" '{
		inode = $1; sub(/:$/, "", inode); sub(/^.* /, "", inode); split(inode, part, "-")
		name = $2; if (part[1] == record && part[2] == 128 && substr(name, length(name) - length(stream)) == ":" stream) { print inode; exit }
	}' "$scratch/fls" | grep .
}

check_row() {
	local record=$1 stream=$2 result=$3 ranges=$4 member=$5 inode
	inode=$(inode_of "$record" "${stream#.}") || { corpus_count "streams that fls does not list"; return 0; }
	icat -f ntfs -r "$cut" "$inode" >"$scratch/theirs" 2>"$scratch/peer.err" && [ ! -s "$scratch/peer.err" ] || {
		corpus_count "files that icat cannot read"
		return 0
	}
	if same_but "$scratch/extracted/$member" "$scratch/theirs" "${ranges#.}"; then
		corpus_count "deleted streams called $result, equal to icat"
	else
		corpus_fail "$where: '$member' ($result) differs from icat $inode"
	fi
}

# The list and the results against the $MFT and the $Bitmap that a peer reads.
check_list() {
	local counts count code=0
	if ! icat -f ntfs "$cut" 0 >"$scratch/mft" 2>/dev/null || ! icat -f ntfs "$cut" 6 >"$scratch/bitmap" 2>/dev/null; then
		ntfscat -f -i 0 "$cut" >"$scratch/mft" 2>/dev/null && ntfscat -f -i 6 "$cut" >"$scratch/bitmap" 2>/dev/null ||
			{ corpus_pass_over "no peer reads its \$MFT: $where"; return 0; }
	fi
	find "$scratch/extracted/deleted/C" -maxdepth 1 -name 'files*.jsonl' -exec tail -q -n +1 {} + | grep -v '^{"list":' >"$scratch/listed" || true
	counts=$(python3 "$(dirname "$0")/deleted_peer.py" "$cut" "$scratch/mft" "$scratch/bitmap" "$scratch/listed" "$scratch/rows" 2>"$scratch/differ") || code=$?
	[ "$code" -ne 2 ] || { corpus_pass_over "a damaged \$MFT: $where" && return 0; }
	[ "$code" -eq 0 ] || { corpus_fail "$where: the list of deleted files differs from \$MFT and \$Bitmap" && head -n 4 "$scratch/differ"; }
	corpus_count "free records of \$MFT, each listed" "${counts%% *}"
	for count in $(cut -s -d ' ' -f 2- <<<"$counts"); do
		if [ "${count%=*}" = not_compared ]; then
			corpus_pass_over "${count#*=} streams by \$Bitmap (packed, or in several records): $where"
		else
			corpus_count "streams called ${count%=*}, and so by \$Bitmap" "${count#*=}"
		fi
	done
}

check_volume() { # FILE OFFSET PATH
	local code=0 record stream result ranges member
	where="$3 at $2"
	corpus_count "NTFS volumes"
	corpus_cut "$1" "$2"
	rm -rf "$scratch/out" "$scratch/extracted"
	mkdir "$scratch/out"
	"$kanshiki" collect --kit "$scratch/kit" --out "$scratch/out" --volume "C=$cut" --profile none --deleted all \
		>"$scratch/stdout" 2>"$scratch/stderr" || code=$?
	[ "$code" -le 1 ] || { corpus_fail "$where: collect exits $code: $(tail -n 1 "$scratch/stderr")"; return; }
	bundle=$(tail -n 1 "$scratch/stdout")
	"$kanshiki" extract "$bundle" -C "$scratch/extracted" --keys "$keys" >/dev/null 2>"$scratch/stderr" ||
		corpus_fail "$where: extract: $(tail -n 1 "$scratch/stderr")"
	"$kanshiki" ls "$bundle" --all --json --keys "$keys" >"$scratch/rows" 2>/dev/null
	check_list
	for result in full partial overwritten trimmed; do
		corpus_count "streams: $result" "$(jq -c --arg result "$result" 'select(.deleted.result == $result)' "$scratch/rows" | wc -l)"
	done
	if fsstat -f ntfs "$cut" >/dev/null 2>&1; then
		fls -f ntfs -r -p "$cut" >"$scratch/fls" || true
		while IFS=$'\t' read -r record stream result ranges member; do
			check_row "$record" "$stream" "$result" "$ranges" "$member"
		done < <(jq -r 'select(.deleted and .place and (.damage | not)) | [.record, "." + .stream, .deleted.result,
			"." + ((.deleted.lost // []) + (.bad_ranges // []) | flatten | map(tostring) | join(" ")), .path] | @tsv' "$scratch/rows" |
			awk -v most="$most_contents" '{ row[NR] = $0 } END { every = int(NR / most) + 1; for (i = every; i <= NR; i += every) print row[i] }')
	fi
}

corpus_each_volume check_volume < <(corpus_ntfs_paths)
corpus_end
