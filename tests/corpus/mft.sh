#!/bin/bash
# mft.sh BUILD: of every bare $MFT of the corpus `kanshiki timeline` lists all times, names, parents and paths that libfsntfs and the Rust mft
# read, none more and none less; its streams lie where dissect says; and the counts and sampled records are those of expected/oracle.jsonl, where
# it has them. What is no $MFT but a piece of a record (an attribute, or its content) is put into one, and read likewise.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" jq gzip xz bsdtar 7zz
corpus_peers
dump=$build/tests/corpus_ntfs_dump
show=$build/tests/corpus_attributes

# The oracle's records that ours differ from. It numbers records by what they say of themselves (mkntfs leaves 0 in some that are
# free): of several of one number all but one may be any record of ours. It names orphans <Orphan>/, has a leading /, writes the root as /. ; its times
# went through a double (2 microseconds apart); its size is null for resident content.
compare_jq='
	def path: sub("^<Orphan>/"; "$Orphan/") | ltrimstr("/") | if . == "." then "" else . end;
	def micro: (.[0:19] | sub("T"; " ") | strptime("%Y-%m-%d %H:%M:%S") | mktime) * 1000000 +
		((.[20:26] | rtrimstr("Z")) as $f | if $f == "" then 0 else $f | tonumber end);
	def near($a; $b): ($a | micro) - ($b | micro) | . >= -1 and . <= 1;
	def same($t; $o): $o != null and $o.seq == $t.seq and $o.in_use == $t.in_use and
		($o.paths | sort) == ($t.paths | map(path) | sort) and
		($t.size == null or $t.size == $o.size) and
		($t.si == null or ($o.created != null and near($t.si.c; $o.created) and near($t.si.m; $o.modified) and
			near($t.si.e; $o.changed) and near($t.si.a; $o.accessed)));
	(reduce $ours[] as $o ({}; .[$o.entry | tostring] = $o)) as $by |
	(reduce $expected.sample[]? as $t ({}; .[$t.entry | tostring] += 1)) as $times |
	$expected.sample[]? | . as $t | $by[.entry | tostring] as $o |
	select(same($t; $o) | not) |
	select($times[.entry | tostring] < 2 or (any($ours[]; .entry != $t.entry and same($t; .)) | not)) |
	{expected: ., "we say": $o} | @json'

check_oracle() { # KEY ORACLE
	local field want got
	jq -s -c '{records: length, in_use: map(select(.in_use)) | length,
		in_use_dirs: map(select(.in_use and .directory)) | length,
		base_records: map(select(.base)) | length}' "$scratch/records" >"$scratch/counts"
	for field in in_use in_use_dirs base_records records; do
		want=$(jq ".$field" <<<"$2")
		[ "$field" != records ] || want=$(jq '.signatures.FILE // 0' <<<"$2")
		got=$(jq ".$field" "$scratch/counts")
		[ "$got" = "$want" ] || corpus_fail "$1: $field is $got, expected $want"
		corpus_count "counts equal"
	done
	printf '%s\n' "$2" >"$scratch/expected"
	jq -n -r --slurpfile ours "$scratch/records" --slurpfile all "$scratch/expected" "\$all[0] as \$expected | $compare_jq" >"$scratch/missing"
	want=$(jq '.sample | length' <<<"$2")
	got=$(wc -l <"$scratch/missing")
	corpus_count "sampled records equal" $((want - got))
	if [ "$got" -gt 0 ]; then
		corpus_fail "$1: $got of $want sampled records differ"
		head -n 2 "$scratch/missing"
	fi
}

check_runs() { # FILE KEY
	local code=0 streams files refused spoiled
	corpus_survive "$2" "$dump" runs "$1" >"$scratch/runs" 2>/dev/null || true
	"$python" "$(dirname "$0")/mft_runs_peer.py" "$scratch/runs" "$1" "$scratch/jsonl" >"$scratch/counts" 2>"$scratch/differ" || code=$?
	[ "$code" -eq 0 ] || { corpus_fail "$2: streams lie elsewhere for dissect" && head -n 4 "$scratch/differ"; }
	read -r streams files refused spoiled <"$scratch/counts" || return 0
	corpus_count "streams with sizes and clusters equal to dissect" "$streams"
	corpus_count "files whose record dissect refuses" "$refused"
	[ "$spoiled" -eq 0 ] || corpus_pass_over "$spoiled damaged records of which dissect reads other streams: $2"
	[ "$files" -eq 0 ] || peer_found=1
}

# Listing and streams against the peers; where there are none, or none reads the file, that is said.
check_peers() { # FILE KEY
	local code=0
	"$build/kanshiki" timeline "$1" --format jsonl >"$scratch/jsonl" 2>"$scratch/messages" || code=$?
	[ "$code" -le 1 ] || corpus_fail "$2: $(head -n 1 "$scratch/messages")"
	[ -n "$peers" ] || { uncompared=$((uncompared + 1)) && return 0; }
	corpus_mft_peers "$scratch/jsonl" "$1" "$2"
	check_runs "$1" "$2"
	[ -n "$peer_found" ] || { uncompared=$((uncompared + 1)) && corpus_pass_over "by peers, who cannot read it: $2"; }
}

check_piece() { # FILE KEY
	if ! python3 "$(dirname "$0")/mft_fragment.py" "$1" "$scratch/made" >"$scratch/what"; then
		corpus_pass_over "no \$MFT, and no piece of a record: $2"
		return
	fi
	"$dump" mft "$scratch/made" >/dev/null || corpus_fail "$2: not read in a record of its own"
	corpus_count "pieces of records: $(head -n 1 "$scratch/what")"
	check_peers "$scratch/made" "$2"
	[ "$(head -n 1 "$scratch/what")" = ea ] || return 0
	"$show" "$scratch/made" | sed -n 's/^ea [0-9]* //p' >"$scratch/eas"
	diff <(sed 1d "$scratch/what") "$scratch/eas" || corpus_fail "$2: other extended attributes"
}

# The listing that fls or another printed, beside the sample: timeline.sh compares them.
is_listing() { # KEY
	local beside
	for beside in "$corpus/${1%.*}".*; do
		[[ $1 != *.fls ]] || [[ $beside == *.fls ]] || [ ! -f "$beside" ] || return 0
	done
	return 1
}

check_mft() { # FILE PATH KEY
	local expected
	expected=$(corpus_oracle mft "$3")
	if ! corpus_survive "$2" "$dump" mft "$1" >"$scratch/records" 2>"$scratch/messages"; then
		[ -z "$expected" ] || jq -e '.error or .records == 0' <<<"$expected" >/dev/null || corpus_fail "$2: $(head -n 1 "$scratch/messages")"
		if is_listing "$3"; then corpus_count "listings beside a sample (timeline.sh compares them)"; else check_piece "$1" "$3"; fi
		return
	fi
	corpus_count "\$MFT files"
	check_peers "$1" "$3"
	if [ -n "$expected" ]; then check_oracle "$3" "$expected"; else corpus_count "\$MFT files without an oracle"; fi
}

uncompared=0
corpus_each_file check_mft < <(corpus_files mft)
[ "$uncompared" -eq 0 ] || echo "not compared with any peer: $uncompared files"
corpus_end
