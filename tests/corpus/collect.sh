#!/bin/bash
# collect.sh BUILD: `collect --take '**'` of every NTFS image of the corpus, extracted: every file and stream that
# The Sleuth Kit lists is there with the bytes that icat reads (ntfs-3g where TSK cannot open the image), and nothing else.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" icat fls fsstat ntfscat jq gzip xz bsdtar 7zz ewfexport qemu-img mmls
kanshiki=$build/kanshiki
corpus_kit

digest() { sha256sum | cut -d ' ' -f 1; }

# Names of a bundle (docs/bundle-format.md, Names), for what fls prints: it shows control characters as ^.
extracted_file() { printf '%s/fs/C/%s' "$scratch/extracted" "$1"; }

# Rows by path: status, record, size, same_as; fields apart by tabs.
load_rows() {
	"$kanshiki" ls "$bundle" --all --json --keys "$keys" 2>/dev/null |
		jq -r '[.path, .status // "", .record // "", .size // 0, .same_as // ""] | @tsv' >"$scratch/rows"
}

status_of() { awk -F'\t' -v path="fs/C/$1" '$1 == path { print $2; exit }' "$scratch/rows"; }

# usage: compare NAME HASH   what we took under that name; the peer read HASH
compare() {
	local file status ours
	file=$(extracted_file "$1")
	status=$(status_of "$1")
	if [ ! -f "$file" ]; then
		corpus_fail "$where: '$1' is not there (status '$status')"
		return
	fi
	ours=$(digest <"$file")
	if [ "$ours" = "$2" ]; then
		corpus_count "files equal to $peer"
	elif [ "$status" = partial ]; then
		corpus_count "files that we say are damaged"
		echo "damaged: $where: '$1'"
	else
		corpus_fail "$where: '$1' differs from $peer (status '$status')"
	fi
}

# What Windows packed (WOF) comes unpacked, which no peer here does: of the right size. (Contents: tests/e2e, with libwim's own.)
check_packed() { # NAME INODE
	local file
	file=$(extracted_file "$1")
	if [ -f "$file" ] && [ "$(stat -c %s "$file")" -eq "$(icat -f ntfs "$cut" "$2" 2>/dev/null | wc -c)" ]; then
		corpus_count "files packed by WOF, of the size that icat reads"
	elif [[ $(status_of "$1") =~ ^(partial|failed)$ ]]; then
		corpus_count "files that we say are damaged"
		echo "damaged: $where: '$1'"
	else
		corpus_fail "$where: '$1', packed by WOF, is not there as it was (status '$(status_of "$1")')"
	fi
}

check_by_fls() {
	local kind inode name theirs
	local -A packed=()
	while IFS=$'\t' read -r inode name; do
		[[ $name != *:WofCompressedData ]] || packed["${name%:*}"]=1
	done < <(fls -f ntfs -r -u -p "$cut")
	: >"$scratch/names"
	while IFS=$'\t' read -r inode name; do
		inode=${inode%:}
		kind=${inode% *}
		inode=${inode##* }
		[[ $inode == *-128-* ]] || continue                 # $DATA only: no indexes
		[[ $name != '$BadClus:$Bad' && $name != '$OrphanFiles'* ]] || continue
		[[ $name != */.:* ]] || continue # a stream of a directory, which fls shows a second time as one of its "."
		[[ $name != .:* ]] || name=${name#.} # a stream of the root
		echo "$name" >>"$scratch/names"
		if [ -n "${packed["${name%:WofCompressedData}"]:-}" ] && [ ! -f "$(extracted_file "${name%:WofCompressedData}:WofCompressedData")" ]; then
			[[ $name == *:WofCompressedData ]] || check_packed "$name" "$inode"
			continue
		fi
		theirs=$(set -o pipefail; icat -f ntfs "$cut" "$inode" 2>"$scratch/peer.err" | digest) && [ ! -s "$scratch/peer.err" ] || {
			corpus_count "files that icat cannot read"
			echo "peer fails: $where: $kind $inode '$name': $(head -n 1 "$scratch/peer.err")"
			continue
		}
		compare "$name" "$theirs"
	done < <(fls -f ntfs -r -u -p "$cut")
	# Nothing that the peer does not know.
	(cd "$scratch/extracted/fs/C" && find . -type f -printf '%P\n') | sort >"$scratch/ours"
	sort -u "$scratch/names" >"$scratch/theirs"
	comm -23 "$scratch/ours" "$scratch/theirs" >"$scratch/more"
	# TSK leaves out what it calls orphans or has no $DATA: those must say so in their row.
	while IFS= read -r name; do corpus_count "files that fls does not list" && echo "not in fls: $where: '$name'"; done <"$scratch/more"
}

check_by_ntfscat() {
	local path status record size same name stream
	while IFS=$'\t' read -r path status record size same; do
		[ "$status" = taken ] && [ -z "$same" ] && [ -n "$record" ] || continue
		name=${path#fs/C/}
		stream=
		[[ ${name##*/} != *:* ]] || stream=${name##*:}
		# ntfscat undoes the fix-ups of these instead of giving what is stored.
		[[ $record != [01] ]] || continue
		compare "$name" "$(ntfscat -f -i "$record" ${stream:+-n "$stream"} "$cut" 2>/dev/null | digest)"
	done <"$scratch/rows"
}

check_volume() { # FILE OFFSET PATH
	local code=0
	where="$3 at $2"
	corpus_count "NTFS volumes"
	corpus_cut "$1" "$2"
	rm -rf "$scratch/out" "$scratch/extracted"
	mkdir "$scratch/out"
	"$kanshiki" collect --kit "$scratch/kit" --out "$scratch/out" --volume "C=$cut" --take '**' --profile none \
		>"$scratch/stdout" 2>"$scratch/stderr" || code=$?
	[ "$code" -le 1 ] || { corpus_fail "$where: collect exits $code: $(tail -n 1 "$scratch/stderr")"; return; }
	bundle=$(tail -n 1 "$scratch/stdout")
	"$kanshiki" verify "$bundle" --keys "$keys" >/dev/null 2>"$scratch/stderr" ||
		corpus_fail "$where: verify: $(tail -n 1 "$scratch/stderr")"
	"$kanshiki" extract "$bundle" -C "$scratch/extracted" --keys "$keys" >/dev/null 2>"$scratch/stderr" ||
		corpus_fail "$where: extract: $(tail -n 1 "$scratch/stderr")"
	load_rows
	peer=icat
	if fsstat -f ntfs "$cut" >/dev/null 2>&1; then
		check_by_fls
	else
		peer=ntfscat
		check_by_ntfscat
	fi
}

corpus_each_volume check_volume < <(corpus_ntfs_paths)
corpus_end
