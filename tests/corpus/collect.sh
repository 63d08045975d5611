#!/bin/bash
# collect.sh BUILD: `collect --take '**'` of every NTFS image of the corpus, extracted: every file and stream that
# The Sleuth Kit lists is there with the bytes that icat reads (ntfs-3g where TSK cannot open the image), and nothing else; the indexes of
# metafiles and whatever else is an attribute that is not $DATA, too.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" icat istat fls fsstat ntfscat jq gzip xz bsdtar 7zz ewfexport qemu-img mmls
kanshiki=$build/kanshiki
most_contents=2000 # files of one volume whose bytes are compared
declare -A status_of=() target_of=() unshown=() free_names=()
corpus_kit

digest() { sha256sum | cut -d ' ' -f 1; }

# Every row by its path: what became of it, and where extract put it (NAMES.tsv has the names that were too long). Paths with signs that
# fls shows otherwise (docs/bundle-format.md, Names) also by `record:stream`.
load_rows() {
	local path status record stream target
	status_of=() target_of=() unshown=()
	"$kanshiki" ls "$bundle" --all --json --keys "$keys" 2>/dev/null |
		jq -r '[.path, .status // "-", .record // "-", "." + (.same_as // ""), "." + (.stream // "")] | @tsv' >"$scratch/rows"
	while IFS=$'\t' read -r path status record _ stream; do
		[ -n "${status_of["$path"]:-}" ] || status_of["$path"]=$status
		[[ $path != *'<U+'* ]] || [ -n "${unshown["$record:${stream#.}"]:-}" ] || unshown["$record:${stream#.}"]=$path
	done <"$scratch/rows"
	[ ! -f "$scratch/extracted/NAMES.tsv" ] ||
		while IFS=$'\t' read -r path target; do target_of["$path"]=$target; done <"$scratch/extracted/NAMES.tsv"
}

# Sets `path` to that of the row of what fls calls so, and `file` to where its bytes are.
find_row() { # NAME INODE
	local record=${2%%-*} key
	path=fs/C/$1
	if [ -z "${status_of["$path"]:-}" ]; then
		key="$record:"
		[[ $1 != *:* ]] || [ -z "${unshown["$record:${1##*:}"]:-}" ] || key="$record:${1##*:}"
		[ -z "${unshown["$key"]:-}" ] || path=${unshown["$key"]}
	fi
	file=$scratch/extracted/${target_of["$path"]:-$path}
}

# usage: compare NAME INODE HASH   what we took under that name; the peer read HASH
compare() {
	local path file status ours
	find_row "$1" "$2"
	status=${status_of["$path"]:-}
	if [ ! -f "$file" ]; then
		corpus_fail "$where: '$1' is not there (status '$status')"
		return
	fi
	ours=$(digest <"$file")
	if [ "$ours" = "$3" ]; then
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
	local path file
	find_row "$1" "$2"
	if [ -f "$file" ] && [ "$(stat -c %s "$file")" -eq "$(icat -f ntfs "$cut" "$2" 2>/dev/null | wc -c)" ]; then
		corpus_count "files packed by WOF, of the size that icat reads"
	elif [[ ${status_of["$path"]:-} =~ ^(partial|failed)$ ]]; then
		corpus_count "files that we say are damaged"
		echo "damaged: $where: '$1'"
	else
		corpus_fail "$where: '$1', packed by WOF, is not there as it was (status '${status_of["$path"]:-}')"
	fi
}

# Whether a file is packed by WOF, and came unpacked.
is_packed() { # NAME INODE
	local path file
	[ -n "${packed["${1%:WofCompressedData}"]:-}" ] || return 1
	find_row "${1%:WofCompressedData}:WofCompressedData" "$2"
	[ ! -f "$file" ]
}

# Names in index blocks that are free: `free_names[path]` is the record.
load_free() {
	local record path
	free_names=()
	"$kanshiki" timeline "$cut" >"$scratch/jsonl" 2>/dev/null || true
	corpus_free_names "$cut" "$scratch/jsonl"
	while IFS=$'\t' read -r record path; do free_names["$path"]=$record; done <"$scratch/free"
}

# Whether fls has this from an index block that is free: the name itself, of that record, a stream of it, or what is below a directory of that name.
is_free() { # RECORD NAME
	local above=$2
	[ ${#free_names[@]} -gt 0 ] || return 1
	[ "${free_names["$2"]:-}" != "$1" ] && [ "${free_names["${2%:*}"]:-}" != "$1" ] || return 0
	while [[ $above == */* ]]; do
		above=${above%/*}
		[ -z "${free_names["$above"]:-}" ] || return 0
	done
	return 1
}

check_by_fls() {
	local inode name theirs path file number=0 every
	local -A packed=()
	fls -f ntfs -r -u -p "$cut" >"$scratch/fls" || true
	while IFS=$'\t' read -r inode name; do
		[[ $name != *:WofCompressedData ]] || packed["${name%:*}"]=1
	done <"$scratch/fls"
	every=$(($(wc -l <"$scratch/fls") / most_contents + 1))
	load_free
	: >"$scratch/names"
	while IFS=$'\t' read -r inode name; do
		inode=${inode%:}
		inode=${inode##* }
		[[ $inode == *-128-* ]] || continue                 # $DATA only: no indexes
		[[ $name != '$BadClus:$Bad' && $name != '$OrphanFiles'* ]] || continue
		[[ $name != */.:* ]] || continue # a stream of a directory, which fls shows a second time as one of its "."
		[[ $name != .:* ]] || name=${name#.} # a stream of the root
		if is_free "${inode%%-*}" "$name"; then
			corpus_count "names in free blocks of an index, and below, which fls takes for names in use"
			continue
		fi
		find_row "$name" "$inode"
		echo "${file#"$scratch/extracted/fs/C/"}" >>"$scratch/names"
		number=$((number + 1))
		if is_packed "$name" "$inode"; then
			[[ $name == *:WofCompressedData ]] || check_packed "$name" "$inode"
			continue
		fi
		if [ $((number % every)) -ne 0 ]; then
			if [ -f "$file" ]; then
				corpus_count "files that are there, of which not every one's bytes were compared"
			else
				corpus_fail "$where: '$name' is not there (status '${status_of["$path"]:-}')"
			fi
			continue
		fi
		theirs=$(icat -f ntfs "$cut" "$inode" 2>"$scratch/peer.err" | digest) && [ ! -s "$scratch/peer.err" ] || {
			corpus_count "files that icat cannot read"
			echo "peer fails: $where: $inode '$name': $(head -n 1 "$scratch/peer.err")"
			continue
		}
		compare "$name" "$inode" "$theirs"
	done <"$scratch/fls"
	# Nothing that the peer does not know.
	(cd "$scratch/extracted/fs/C" && find . -type f -printf '%P\n') | sort >"$scratch/ours"
	sort -u "$scratch/names" >"$scratch/theirs"
	comm -23 "$scratch/ours" "$scratch/theirs" | grep -vE ':\$(EA|BITMAP|INDEX_ROOT|INDEX_ALLOCATION|LOGGED_UTILITY_STREAM)$|^\$Boot::' >"$scratch/more" || true
	# TSK leaves out what it calls orphans or has no $DATA: those must say so in their row.
	while IFS= read -r name; do corpus_count "files that fls does not list" && echo "not in fls: $where: '$name'"; done <"$scratch/more"
}

# Attributes by record, type and name; and the copy of the boot sector.
check_attributes() {
	local path record name type id ours
	local -A types=([\$INDEX_ROOT]=144 [\$INDEX_ALLOCATION]=160 [\$BITMAP]=176 [\$EA]=224 [\$LOGGED_UTILITY_STREAM]=256)
	"$kanshiki" ls "$bundle" --all --json --keys "$keys" 2>/dev/null |
		jq -r 'select(.attribute and .status == "taken") | [.path, .record, .attribute, .stream] | @tsv' >"$scratch/attributes"
	while IFS=$'\t' read -r path record type name; do
		id=$(istat -f ntfs "$cut" "$record" 2>/dev/null |
			awk -v type="${types["$type"]}" -v name="${name:-N/A}" '$1 == "Type:" && $5 == name && split(substr($3, 2), id, /[-)]/) && id[1] == type { print id[2] }')
		ours=$(digest <"$scratch/extracted/$path")
		if [ "$ours" = "$(icat -f ntfs "$cut" "$record-${types["$type"]}-$id" 2>/dev/null | digest)" ]; then
			corpus_count "attributes equal to icat"
		else
			corpus_fail "$where: '$path' ($record-${types["$type"]}-$id) differs"
		fi
	done <"$scratch/attributes"
	[ ! -f "$scratch/extracted/fs/C/\$Boot::backup" ] || corpus_count "copies of the boot sector"
}

check_by_ntfscat() {
	local path status record same name stream theirs
	while IFS=$'\t' read -r path status record same stream; do
		[ "$status" = taken ] && [ "$same" = . ] && [ "$record" != - ] && [[ $path != *:*:\$* ]] || continue
		name=${path#fs/C/} stream=${stream#.}
		# ntfscat undoes the fix-ups of these instead of giving what is stored.
		[[ $record != [01] ]] || continue
		theirs=$(ntfscat -f -i "$record" ${stream:+-n "$stream"} "$cut" 2>/dev/null | digest) || {
			corpus_count "files that ntfscat cannot read"
			continue
		}
		compare "$name" "$record" "$theirs"
	done <"$scratch/rows"
}

check_volume() { # FILE OFFSET PATH
	local code=0
	where="$3 at $2"
	corpus_count "NTFS volumes"
	corpus_cut "$1" "$2"
	rm -rf "$scratch/out" "$scratch/extracted"
	mkdir "$scratch/out"
	"$kanshiki" collect --kit "$scratch/kit" --out "$scratch/out" --volume "C=$cut" --take '**' --profile ntfs-metafiles \
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
		check_attributes
	else
		peer=ntfscat
		check_by_ntfscat
	fi
}

corpus_each_volume check_volume < <(corpus_ntfs_paths)
corpus_end
