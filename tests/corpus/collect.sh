#!/bin/bash
# collect.sh BUILD: `collect --take '**'` of every NTFS image of the corpus, extracted: every file and stream that
# The Sleuth Kit lists is there with the bytes that icat reads (ntfs-3g where TSK cannot open the image), and nothing else but what fls
# leaves out for a reason that check_more knows; the indexes of metafiles and whatever else is an attribute that is not $DATA, too.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" icat istat fls fsstat ntfscat jq gzip xz bsdtar 7zz ewfexport qemu-img mmls
kanshiki=$build/kanshiki
most_contents=2000 # files of one volume whose bytes are compared
declare -A status_of=() target_of=() unshown=() free_names=() path_of=() record_of=()
corpus_kit

digest() { sha256sum | cut -d ' ' -f 1; }

# Every row by its path: what became of it, and where extract put it (NAMES.tsv has the names that were too long). Paths with signs that
# fls shows otherwise (docs/bundle-format.md, Names) also by `record:stream`.
load_rows() {
	local path status record stream target
	status_of=() target_of=() unshown=() path_of=() record_of=()
	"$kanshiki" ls "$bundle" --all --json --keys "$keys" 2>/dev/null |
		jq -r '[.path, .status // "-", .record // "-", "." + (.same_as // ""), "." + (.stream // "")] | @tsv' >"$scratch/rows"
	while IFS=$'\t' read -r path status record _ stream; do
		[ -n "${status_of["$path"]:-}" ] || { status_of["$path"]=$status && record_of["$path"]=$record; }
		[[ $path != *'<U+'* ]] || [ -n "${unshown["$record:${stream#.}"]:-}" ] || unshown["$record:${stream#.}"]=$path
	done <"$scratch/rows"
	[ ! -f "$scratch/extracted/NAMES.tsv" ] ||
		while IFS=$'\t' read -r path target; do target_of["$path"]=$target && path_of["${target#fs/C/}"]=$path; done <"$scratch/extracted/NAMES.tsv"
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
	cut_short=
	fls -f ntfs -r -u -p "$cut" >"$scratch/fls" 2>/dev/null || cut_short=1
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
	if [ -n "$cut_short" ]; then
		corpus_pass_over "whether there is more than fls lists, which does not read it to its end: $where"
		return
	fi
	(cd "$scratch/extracted/fs/C" && find . -type f -printf '%P\n') | sort >"$scratch/ours"
	sort -u "$scratch/names" >"$scratch/theirs"
	comm -23 "$scratch/ours" "$scratch/theirs" | comm -23 - "$scratch/attribute.names" >"$scratch/more"
	while IFS= read -r name; do check_more "$name"; done <"$scratch/more"
}

# usage: same_bytes FILE INODE WHAT   counts WHAT when icat reads the same
same_bytes() {
	local theirs
	theirs=$(icat -f ntfs "$cut" "$2" 2>"$scratch/peer.err" | digest) && [ ! -s "$scratch/peer.err" ] || {
		corpus_pass_over "icat does not read $2: $where: '${1##*/}'"
		return
	}
	if [ "$theirs" = "$(digest <"$1")" ]; then corpus_count "$3"; else corpus_fail "$where: '${1##*/}' differs from icat $2"; fi
}

# What fls leaves out: records that The Sleuth Kit refuses; files in use that have a name, as istat shows, but that no directory lists.
check_more() { # FILE, as extract called it
	local file=$scratch/extracted/fs/C/$1 path=${path_of["$1"]:-fs/C/$1} record
	record=${record_of["$path"]:--}
	if [ "$record" = - ]; then
		corpus_fail "$where: '$1' is nothing that fls lists, nor of a record"
	elif ! istat -f ntfs "$cut" "$record" >"$scratch/istat" 2>/dev/null; then
		corpus_count "files of which The Sleuth Kit refuses the record"
	elif ! grep -q '^Allocated ' "$scratch/istat"; then
		corpus_fail "$where: '$1' is not in fls, and its record is not in use"
	elif name=${path##*/} && ! grep '^Name: ' "$scratch/istat" | grep -qF -- "${name%%:*}" && [[ $path != *'<U+'* ]]; then
		corpus_fail "$where: '$1' is not in fls, and its record has no such name"
	elif [[ ${path##*/} == *:* ]]; then
		corpus_pass_over "a stream of a file that no directory lists: $where: '$1'"
	else
		same_bytes "$file" "$record" "files that no directory lists, equal to icat"
	fi
}

# Attributes by record, type and name; and the copy of the boot sector.
check_attributes() {
	local path record name type status id ours
	local -A types=([\$INDEX_ROOT]=144 [\$INDEX_ALLOCATION]=160 [\$BITMAP]=176 [\$EA]=224 [\$LOGGED_UTILITY_STREAM]=256)
	"$kanshiki" ls "$bundle" --all --json --keys "$keys" 2>/dev/null |
		jq -r 'select(.attribute) | [.path, .record, .attribute, .status, .stream] | @tsv' >"$scratch/attributes"
	{
		cut -f 1 "$scratch/attributes" | while IFS= read -r path; do printf '%s\n' "${target_of["$path"]:-$path}"; done
		printf 'fs/C/$Boot::%s\n' backup last-sector # sectors of no file
	} | sed 's|^fs/C/||' | sort >"$scratch/attribute.names"
	while IFS=$'\t' read -r path record type status name; do
		[ "$status" = taken ] || continue
		if ! istat -f ntfs "$cut" "$record" >"$scratch/istat" 2>/dev/null; then
			corpus_pass_over "The Sleuth Kit refuses record $record: $where: '$path'"
			continue
		fi
		id=$(awk -v type="${types["$type"]}" -v name="${name:-N/A}" '$1 == "Type:" && $5 == name && split(substr($3, 2), id, /[-)]/) && id[1] == type { print id[2] }' "$scratch/istat")
		ours=$(digest <"$scratch/extracted/${target_of["$path"]:-$path}")
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
		check_attributes
		check_by_fls
	else
		peer=ntfscat
		check_by_ntfscat
	fi
}

corpus_each_volume check_volume < <(corpus_ntfs_paths)
corpus_end
