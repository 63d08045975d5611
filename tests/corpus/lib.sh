# shellcheck shell=bash
# Sourced by the corpus tests: walks the manifest by type, unpacks archives, cuts images. No file of the
# corpus is named here or in a test.
#
#	. "$(dirname "$0")/lib.sh"
#	corpus_begin "$1" icat jq          # the build directory; programs needed
#	corpus_each_file check_one < <(corpus_files mft)
#	corpus_end
#
# Sets: build, corpus, scratch (removed at the end). Tests print with corpus_fail and corpus_count.

# shellcheck source=tests/venv.sh
. "$(dirname "${BASH_SOURCE[0]}")/../venv.sh"

corpus_begin() {
	local tool
	export LC_ALL=C.UTF-8
	# shellcheck disable=SC2034 # for the test
	build=$1
	shift
	corpus=${KANSHIKI_CORPUS:-$(cd "$(dirname "$0")/../../.." && pwd)/shared/testdata}
	[ -f "$corpus/MANIFEST.tsv" ] || { echo "skipped: no corpus"; exit 77; }
	for tool; do
		type -P "$tool" >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
	done
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/kanshiki-corpus.XXXXXX")
	set -E
	trap '[ "$BASH_SUBSHELL" -ne 0 ] || corpus_where="${BASH_SOURCE[0]##*/}, line $LINENO: $BASH_COMMAND"' ERR
	trap 'corpus_leave $?' EXIT
	trap 'exit 130' INT TERM
	exec 9>&1 # for corpus_fail, wherever the output goes
	corpus_failures=0 corpus_ended='' corpus_where=''
	declare -gA corpus_counts=() corpus_seen=()
	corpus_at=
}

# However a test ends: what it could not judge is no success, and says where it was.
corpus_leave() { # EXIT CODE
	rm -rf "$scratch"
	[ -z "$corpus_ended" ] && [ "$1" -ne 77 ] || return 0
	echo "FAIL: ended early (exit $1)${corpus_at:+ at $corpus_at}${corpus_where:+; $corpus_where}"
	[ "$1" -ne 0 ] || exit 1
}

# Peers that a damaged or huge image keeps busy for ever are ended: then they do not read it.
icat() { timeout 240 icat "$@"; }
fls() { timeout 240 fls "$@"; }
istat() { timeout 60 istat "$@"; }
fsstat() { timeout 20 fsstat "$@"; }
mmls() { timeout 60 mmls "$@"; }
ntfscat() { timeout 240 ntfscat "$@"; }
fsntfsinfo() { timeout 240 fsntfsinfo "$@"; }

# Prints the paths of all files of a type, as in MANIFEST.tsv.
corpus_files() {
	awk -F'\t' -v type="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["type"] == type { print $at["path"] }' "$corpus/MANIFEST.tsv"
}

# Prints the types that the manifest has.
corpus_types() {
	awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ print $at["type"] }' "$corpus/MANIFEST.tsv" | sort -u
}

# Prints what MANIFEST-inner.tsv expects: `member TAB sha256 TAB bytes TAB expected` of an archive.
corpus_members() {
	[ -f "$corpus/MANIFEST-inner.tsv" ] || return 0
	awk -F'\t' -v OFS='\t' -v archive="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["archive"] == archive { print $at["member"], $at["sha256"], $at["bytes"], $at["expected"] }' \
		"$corpus/MANIFEST-inner.tsv"
}

# From here on what is counted is about this file of the manifest.
corpus_look() {
	corpus_at=$1
	corpus_seen[$1]=${corpus_seen[$1]:-0}
}

# Unpacks a file of the manifest into a new directory and sets `unpacked` to it; what is no archive is linked
# there. Sparse images stay sparse, images in an archive become raw ones. Fails when the tool for it fails or is missing. No unpacker may ask
# for a password (the usual one of samples is tried), nor read the list that the caller reads.
corpus_unpack() {
	corpus_look "$1"
	[ -e "$corpus/$1" ] || return 1
	unpacked=$(mktemp -d "$scratch/unpacked.XXXXXX")
	corpus_unpack_to "$corpus/$1" "$unpacked" </dev/null && return
	rm -rf "$unpacked"
	return 1
}

corpus_unpack_to() { # FILE DIRECTORY
	local path=$1 to=$2 name bare
	name=$(basename -- "$1") bare=${1##*/}
	bare=${bare%.*}
	case ${name,,} in
	# By content: some are called .tgz and are not packed.
	*.tgz | *.tar | *.tar.* | *.tbz2 | *.txz) bsdtar -xSf "$path" -C "$to" && corpus_unwrap ;;
	*.gz | *.xz | *.bz2 | *.zst | *.lz4) corpus_inflate "$path" "$to/$bare" ;;
	*.zip | *.cab | *.rar) bsdtar --passphrase infected -xf "$path" -C "$to" && corpus_unwrap ;;
	*.7z) 7zz x -y -pinfected "-o$to" -- "$path" >/dev/null && corpus_unwrap ;;
	# Raw in parts: the first one is the image, the others are of it.
	*.001)
		if corpus_is_set "$path"; then cat "${path%001}"[0-9][0-9][0-9] | corpus_sparse "$to/$name"; else ln -s "$path" "$to/$name"; fi
		;;
	*.[0-9][0-9][0-9]) [ -e "${path%???}001" ] || ln -s "$path" "$to/$name" ;;
	*.e01) ewfexport -q -u -f raw -S 0 -t "$to/$bare" "$path" >/dev/null 2>&1 &&
		mv "$to/$bare.raw" "$to/$bare" && rm -f "$to"/*.info ;;
	*.qcow2 | *.vhd | *.vhdx | *.vmdk | *.vdi) qemu-img convert -O raw "$path" "$to/$bare" ;;
	*) ln -s "$path" "$to/$name" ;;
	esac
}

# One packed file, by its ending.
corpus_inflate() { # FILE TO
	case ${1,,} in
	*.gz) gzip -dc -- "$1" ;;
	*.xz) xz -dc -- "$1" ;;
	*.bz2) bzip2 -dc -- "$1" ;;
	*.zst) zstd -dcq -- "$1" ;;
	*.lz4) lz4 -dcq -- "$1" ;;
	esac | corpus_sparse "$2"
}

# Images that lie packed in an archive are unpacked, too (once). Those of virtual machines become raw ones of the same name (a fixed VHD is
# one, but for its end), and so do E01; raw parts become one, called as the first.
corpus_unwrap() {
	local file
	find "$unpacked" -type f -regextype posix-extended -iregex '.*\.(dd|raw|img|bin|vhdx?|vmdk|mft)\.(gz|xz|bz2|zst|lz4)' |
		while IFS= read -r file; do
			! corpus_inflate "$file" "${file%.*}" 2>/dev/null || rm -f "$file"
		done
	find "$unpacked" -type f -name '*.001' | while IFS= read -r file; do
		corpus_is_set "$file" || continue
		cat "${file%001}"[0-9][0-9][0-9] | corpus_sparse "$file.whole" && rm -f "${file%001}"[0-9][0-9][0-9] && mv "$file.whole" "$file"
	done
	find "$unpacked" -type f -size +7 | while IFS= read -r file; do
		case $(head -c 72 "$file" | tr -c '[:print:]' .) in
		conectix* | vhdxfile* | KDMV* | QFI.* | "<<< "*VirtualBox*"Disk Image >>>"*) ;;
		EVF*)
			! ewfexport -q -u -f raw -S 0 -t "$file.new" "$file" >/dev/null 2>&1 || mv "$file.new.raw" "$file"
			rm -f "$file.new"*
			continue
			;;
		*) continue ;;
		esac
		! qemu-img convert -O raw "$file" "$file.raw" 2>/dev/null || mv "$file.raw" "$file"
	done
}

# Whether parts of an image follow FILE.001.
corpus_is_set() {
	[ -e "${1%001}002" ]
}

# Whether a file is text: of an archive, what is beside the images.
corpus_is_text() {
	[ "$(head -c 4096 "$1" | LC_ALL=C tr -d '\t\n\f\r -~\200-\377' | wc -c)" -eq 0 ] && [ -s "$1" ]
}

# Prints the paths of the manifest that may hold NTFS volumes: by type, and where filesystems.json knows one.
corpus_ntfs_paths() {
	local type
	{
		corpus_types | while IFS= read -r type; do
			case $type in
			*fat*) ;;
			ntfs-image | vss | logfile | *image* | *volume* | *ntfs*) corpus_files "$type" ;;
			esac
		done
		jq -r 'to_entries[] | select(any(.value[]; .fs == "NTFS")) | .key' "$corpus/expected/filesystems.json" 2>/dev/null |
			while IFS= read -r path; do [ ! -f "$corpus/$path" ] || printf '%s\n' "$path"; done
	} | sort -u
}

# Writes standard input to a file, holes for zeros.
corpus_sparse() {
	dd of="$1" bs=1M iflag=fullblock conv=sparse 2>/dev/null
}

# Prints the files below a directory, zero-terminated names avoided: the corpus has no newline in one.
corpus_below() {
	find "$1" \( -type f -o -type l \) | sort
}

# Prints `file TAB offset` (bytes) of every NTFS volume in what corpus_unpack unpacked from $1: where
# expected/filesystems.json says, else at the start or in the partitions that mmls finds. Mere heads of volumes, and what does not begin as one
# though we read it (peers do not), are said.
corpus_ntfs_volumes() {
	local file sectors offset
	while IFS= read -r file; do
		sectors=$(jq -r --arg path "$1" --arg image "$(basename "$file")" \
			'.[$path] // [] | .[] | select(.image == $image or ($path | endswith($image))) |
			select(.fs == "NTFS") | .sector_offset // 0' "$corpus/expected/filesystems.json" 2>/dev/null) || sectors=
		if [ -z "$sectors" ]; then
			sectors=0
			corpus_is_ntfs "$file" 0 || sectors="0 $(corpus_starts "$file")"
		fi
		for sectors in $sectors; do
			offset=$((sectors * 512))
			if ! corpus_is_ntfs "$file" "$offset"; then
				! corpus_we_open "$file" "$offset" || corpus_pass_over "we read it, but its boot sector is damaged: $1 $(basename "$file") at $offset" >&9
			elif corpus_is_head "$file" "$offset"; then
				corpus_pass_over "the head of a volume: $1 $(basename "$file") at $offset" >&9
			else
				printf '%s\t%s\n' "$file" "$offset"
			fi
		done
	done < <(corpus_below "$unpacked")
	return 0
}

# Whether no more than 1 MiB is there of an NTFS volume that says it has more.
corpus_is_head() { # FILE OFFSET(bytes)
	local there
	there=$(($(stat -Lc %s "$1") - $2))
	[ "$there" -le $((1 << 20)) ] && [ "$there" -lt $(($(od -A n -t u8 -j $(($2 + 40)) -N 8 "$1") * $(od -A n -t u2 -j $(($2 + 11)) -N 2 "$1"))) ]
}

# Whether our own reader opens an NTFS volume there, by the copy of its boot sector or by its $MFT.
corpus_we_open() { # FILE OFFSET(bytes)
	[ $(($(stat -Lc %s "$1") - $2)) -gt $((1 << 20)) ] || return 1
	case $("$build/tests/corpus_ntfs_dump" kind "$1" "$2" 2>/dev/null) in
	NTFS) return 0 ;;
	FAT | exFAT | *disk* | *BitLocker* | *ReFS* | *Linux*) return 1 ;;
	esac
	"$build/tests/corpus_ntfs_dump" damage "$1" "$2" >/dev/null 2>&1
}

# Where partitions begin, in units of 512 bytes, in whichever table and size of sectors: as mmls sees them.
corpus_starts() { # IMAGE
	local size
	for size in 512 4096; do
		{ mmls -b "$size" "$1" 2>/dev/null || true; } |
			awk -v unit="$((size / 512))" '$1 ~ /^[0-9]+:$/ && $2 != "Meta" && $2 !~ /^-+$/ { printf "%.0f\n", $3 * unit }'
	done | sort -nu
}

# Calls COMMAND… FILE PATH KEY for every file in what the paths on standard input unpack to. KEY is the path, for a
# member of an archive PATH!MEMBER.
corpus_each_file() {
	local path file key
	while IFS= read -r path; do
		corpus_unpack "$path" || { echo "cannot be unpacked: $path"; continue; }
		while IFS= read -r file; do
			key=$path
			[ -L "$file" ] || key="$path!${file#"$unpacked"/}"
			"$@" "$file" "$path" "$key"
		done < <(corpus_below "$unpacked")
		rm -rf "$unpacked"
	done
}

# Calls COMMAND… FILE OFFSET(bytes) PATH for every NTFS volume in what the paths on standard input unpack to.
corpus_each_volume() {
	local path file offset
	while IFS= read -r path; do
		corpus_unpack "$path" || { echo "cannot be unpacked: $path"; continue; }
		while IFS=$'\t' read -r file offset; do
			"$@" "$file" "$offset" "$path"
		done < <(corpus_ntfs_volumes "$path")
		rm -rf "$unpacked"
	done
}

# usage: corpus_cut FILE OFFSET(bytes)   sets `cut` to the volume alone, for programs that take no offset
corpus_cut() {
	cut=$scratch/cut.img
	rm -f "$cut"
	if [ "$2" -eq 0 ]; then
		ln -s "$(realpath "$1")" "$cut"
	else
		python3 "$(dirname "${BASH_SOURCE[0]}")/cut.py" "$1" "$2" "$cut"
	fi
}

# Makes a kit in $scratch/kit whose keys lie in `keys`.
corpus_kit() {
	keys=$scratch/keys
	"$build/kanshiki" kit new "$scratch/kit" --keys "$keys" --name Corpus >/dev/null 2>&1 || { echo "no kit"; exit 1; }
}

# Prints the body file expected of a volume: corpus_listing PATH FILE OFFSET(bytes). Nothing where there is none.
corpus_listing() {
	local listing
	listing=$(jq -r --arg path "$1" --arg image "$(basename "$2")" --argjson sector "$(($3 / 512))" \
		'[.[$path] // [] | .[] | select((.image == $image or ($path | endswith($image)) or (.image | startswith($image))) and
		(.sector_offset // 0) == $sector) | .listing // empty][0] // ""' "$corpus/expected/filesystems.json" 2>/dev/null) || listing=
	[ -z "$listing" ] || [ ! -f "$corpus/expected/$listing" ] || printf '%s\n' "$corpus/expected/$listing"
}

corpus_is_ntfs() {
	[ "$(dd if="$1" bs=1 skip="$(($2 + 3))" count=8 2>/dev/null | tr -d '\0')" = "NTFS    " ]
}

# Sets python to one that has the peers (dissect.ntfs, pyfsntfs, mft), and peers to their packages; to the system's and to
# nothing where they cannot be had, which is said.
corpus_peers() {
	python=python3 peers=
	if venv_make ntfs-peers dissect.ntfs==3.16 libfsntfs-python==20260827 mft==0.7.0; then
		# shellcheck disable=SC2034 # for the test
		python=$venv/bin/python peers="dissect.ntfs 3.16, libfsntfs 20260827, mft 0.7.0"
	else
		echo "not compared with dissect, libfsntfs and mft_dump: $venv_why"
	fi
}

# usage: corpus_mft_peers LISTING MFT NAME   every time, name, parent and path in the listing (JSON Lines) of a bare $MFT against libfsntfs and the
# Rust mft. Sets peer_found: that one of them reads it at all.
corpus_mft_peers() {
	local code=0 peer sets paths
	peer_found=
	[ -n "$peers" ] || return 0
	"$python" "$(dirname "$0")/mft_peers.py" "$1" "$2" >"$scratch/counts" 2>"$scratch/differ" || code=$?
	[ "$code" -eq 0 ] || { corpus_fail "$3: differs from a peer's reading" && head -n 6 "$scratch/differ"; }
	while read -r peer sets paths; do
		if [ "$peer" = refused ]; then
			corpus_count "\$MFT files that a peer refuses"
			continue
		fi
		peer_found=1
		corpus_count "sets of four times in \$MFT files equal to $peer" "$sets"
		[ "$paths" = - ] || corpus_count "paths in \$MFT files equal to $peer" "$paths"
	done <"$scratch/counts"
}

# The base of every extension record of a volume, by the bytes of its $MFT.
corpus_bases() { # IMAGE SECTOR
	{ icat -f ntfs -o "$2" "$1" 0 2>/dev/null || true; } | python3 -c '
import struct, sys
data = sys.stdin.buffer.read()
size = struct.unpack_from("<I", data, 28)[0] if data[:4] == b"FILE" else 0
for at in range(0, len(data), size) if size in (1024, 4096) else ():
    base = struct.unpack_from("<Q", data, at + 32)[0] & 0xFFFFFFFFFFFF if data[at:at + 4] == b"FILE" else 0
    print(base) if base else None'
}

# usage: corpus_free_names VOLUME LISTING   `record TAB path` in $scratch/free of what LISTING (JSON Lines) tells as slack and fls as in use: names
# in index blocks that are free (docs/formats/ntfs.md, Differences from peers)
corpus_free_names() {
	python3 "$(dirname "${BASH_SOURCE[0]}")/index_free.py" "$1" 0 "$2" >"$scratch/free"
}

# usage: corpus_rewind NAME VOLUME | NAME MFT JOURNAL   the paths of the journal in $scratch/jsonl against dissect's reading of it, rewound
corpus_rewind() {
	local name=$1 code=0 counts
	shift
	counts=$("$python" "$(dirname "$0")/usn_paths_peer.py" "$scratch/jsonl" "$@" 2>"$scratch/messages") || code=$?
	case $code in
	0)
		read -ra counts <<<"$counts"
		corpus_count "journal records rewound with dissect" "${counts[0]}"
		corpus_count "paths equal to dissect's and rewinding" "${counts[1]}"
		corpus_count "of them in directories that are elsewhere now, or gone" "${counts[2]}"
		;;
	77) corpus_count "journals not read by dissect" ;;
	*) corpus_fail "$name: $(tail -n 1 "$scratch/messages")" ;;
	esac
}

corpus_fail() {
	[ -z "$corpus_at" ] || corpus_seen[$corpus_at]=1
	echo "FAIL: $*" >&9
	corpus_failures=$((corpus_failures + 1))
}

# Prints `first last` (sectors) of each partition that mmls sees in IMAGE with sectors of SIZE, in a table of the kinds that we read (no
# disk label of BSD, Sun or Apple); of one that mmls refuses (partitions behind the end of the image) what sfdisk sees, for 512. An entry
# of type 0, or of no length, is empty.
corpus_partitions() {
	local found
	found=$({ mmls -b "$2" "$1" 2>/dev/null || true; } | awk 'NR == 1 && !/^(DOS|GUID) Partition Table/ { exit }
		$1 ~ /^[0-9]+:$/ && $2 != "Meta" && $2 !~ /^-+$/ && !/Empty \(0x00\)/ { printf "%.0f %.0f\n", $3, $4 }')
	if [ -z "$found" ] && [ "$2" -eq 512 ]; then
		# Extended ones hold partitions, they are none.
		found=$(sfdisk -J "$1" 2>/dev/null | jq -r '.partitiontable | select(.label == "dos") | .partitions // [] | .[] |
			select(.size > 0 and .start > 0 and (.type | test("^([5f]|85|0)$") | not)) | "\(.start) \(.start + .size - 1)"' 2>/dev/null) || found=
	fi
	[ -z "$found" ] || sort -n <<<"$found"
}

# Prints what fsstat takes the whole image for, as NTFS or FAT16; false: for nothing.
corpus_volume_type() { # IMAGE
	fsstat "$1" 2>/dev/null | awk '/^File System Type:/ && !found { print $4; found = 1 } END { exit !found }'
}

# usage: corpus_survive NAME COMMAND…   runs a program of ours: what it reads may be damaged, and no program of ours ends by a signal
corpus_survive() {
	local name=$1 code=0
	shift
	"$@" || code=$?
	[ "$code" -lt 128 ] || corpus_fail "$name: $(basename "$1") ended by signal $((code - 128))"
	return "$code"
}

# Something that this test cannot check, and why: said, and not counted as checked.
corpus_pass_over() {
	echo "not checked: $*"
}

# corpus_count WHAT [N]: adds to what is printed at the end; the file at hand was checked.
corpus_count() {
	[ -z "$corpus_at" ] || [ "${2:-1}" -eq 0 ] || corpus_seen[$corpus_at]=1
	corpus_counts[$1]=$((${corpus_counts[$1]:-0} + ${2:-1}))
}

# Prints the first answer of expected/oracle.jsonl of a kind for a file; nothing where there is none.
corpus_oracle() { # KIND KEY
	[ -f "$corpus/expected/oracle.jsonl" ] || return 0
	jq -nc --arg kind "$1" --arg key "$2" 'first(inputs | select(.kind == $kind and .path == $key))' "$corpus/expected/oracle.jsonl"
}

# Prints how many files of each type were checked, of all that the manifest has of it.
corpus_types_checked() {
	local path
	for path in "${!corpus_seen[@]}"; do printf '%s\t%s\n' "$path" "${corpus_seen[$path]}"; done >"$scratch/seen"
	awk -F'\t' 'FILENAME == ARGV[1] { seen[$1] = $2; next }
		FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		{ type = $at["type"]; all[type]++ }
		$at["path"] in seen { looked[type]++; checked[type] += seen[$at["path"]] }
		END { for (type in looked) print "files checked of type " type ": " checked[type] + 0 " of " all[type] }' \
		"$scratch/seen" "$corpus/MANIFEST.tsv" | sort
}

# Prints the counts and ends the test. No file checked at all is "skipped".
corpus_end() {
	local what total=0
	corpus_ended=1
	while IFS= read -r what; do
		[ -n "$what" ] || continue
		echo "$what: ${corpus_counts[$what]}"
		total=$((total + ${corpus_counts[$what]}))
	done < <(printf '%s\n' "${!corpus_counts[@]}" | sort)
	corpus_types_checked
	if [ "$corpus_failures" -gt 0 ]; then
		echo "$corpus_failures failures"
		exit 1
	fi
	[ "$total" -gt 0 ] || { echo "skipped: nothing of these types in the corpus"; exit 77; }
	exit 0
}
