#!/bin/bash
# volumes.sh BUILD: what the first sectors say (volume_kind), boot sectors, and LZNT1 buffers of the corpus.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" jq gzip xz bsdtar 7zz od
dump=$build/tests/corpus_ntfs_dump

# Where filesystems.json says that the volume of a file begins; 0 when it does not know the file.
offset_of() { # PATH FILE
	jq -r --arg path "$1" --arg image "$(basename "$2")" '[.[$path] // [] | .[] | select(.image == $image) |
		(.sector_offset // 0) * 512][0] // 0' "$corpus/expected/filesystems.json" 2>/dev/null || echo 0
}

# A file is one of the kinds expected of its type. What is no volume to us (a piece of one, a whole disk) is reported;
# another file system than expected is wrong.
check_kind() { # TYPE KINDS FILE PATH   KINDS one a line
	local type=$1 kinds=$2 file=$3 path=$4 kind
	! corpus_is_text "$file" || return 0
	# What filesystems.json knows of a partition table are the volumes behind it.
	corpus_survive "$path" "$dump" kind "$file" "$([ "$type" = partition ] && echo 0 || offset_of "$path" "$file")" >"$scratch/kind" || true
	kind=$(cat "$scratch/kind")
	if grep -qxF -- "$kind" <<<"$kinds"; then
		corpus_count "type $type: kinds as expected"
		return
	fi
	case $kind in
	"" | nothing* | not* | "a whole disk"*)
		[ "$type" != fat-image ] || return 0 # pieces of volumes and whole disks: fat.sh looks into them
		corpus_pass_over "$path: $(basename "$file") is '$kind' to us"
		;;
	*)
		# A partition by itself, called so; what BitLocker was taken off from.
		if [[ $type =~ ^(partition|bitlocker)$ ]] && [[ $(corpus_volume_type "$file") == "$kind"* ]]; then
			corpus_count "type $type: a volume, for fsstat too"
		else
			corpus_fail "$path: '$kind', not ${kinds//$'\n'/ }"
		fi
		;;
	esac
}

field() { # FILE OFFSET BYTES
	od -A n -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# Whether a boot sector may be refused: a field that the specification bounds is out of its bounds. Sizes of records are bytes as a
# negative power of two, else clusters.
is_impossible() { # FILE
	local sector cluster at size
	[ "$(stat -Lc %s "$1")" -ge 512 ] && [ "$(field "$1" 510 2)" = 43605 ] || return 0
	sector=$(field "$1" 11 2) cluster=$(field "$1" 13 1)
	case $sector in 256 | 512 | 1024 | 2048 | 4096) ;; *) return 0 ;; esac
	case $cluster in 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128) cluster=$((cluster * sector)) ;; 24[4-9] | 25[0-5]) cluster=$(((1 << (256 - cluster)) * sector)) ;; *) return 0 ;; esac
	[ "$cluster" -le $((2 << 20)) ] && [ "$(field "$1" 40 8)" != 0 ] || return 0
	for at in 64 68; do
		size=$(field "$1" "$at" 1)
		if [ "$size" -gt 127 ]; then size=$((256 - size < 32 ? 1 << (256 - size) : 0)); else size=$((size * cluster)); fi
		[ "$size" -ge 512 ] && [ "$size" -le 65536 ] && [ $((size & (size - 1))) -eq 0 ] || return 0
	done
	return 1
}

check_boot() {
	local path file told sector cluster record index sectors clusters serial
	while IFS= read -r path; do
		corpus_unpack "$path" || { echo "cannot be unpacked: $path"; continue; }
		file=$(corpus_below "$unpacked" | head -n 1)
		[ -f "$file" ] || { corpus_pass_over "not there: $path"; continue; }
		if [ "$("$dump" kind "$file" 0)" != NTFS ]; then
			corpus_pass_over "$path: no NTFS: $("$dump" kind "$file" 0)"
			continue
		fi
		if ! told=$("$dump" boot "$file" 2>/dev/null); then
			if is_impossible "$file"; then
				corpus_count "type boot: refused, a field is out of its bounds"
			else
				corpus_fail "$path: not read as a boot sector"
			fi
			continue
		fi
		read -r sector cluster record index sectors clusters serial <<<"$told"
		[ "$sector" = "$(field "$file" 11 2)" ] && [ "$sectors" = "$(field "$file" 40 8)" ] &&
			[ "$((16#$serial))" = "$(($(field "$file" 72 8)))" ] && [ $((cluster % sector)) = 0 ] &&
			[ "$clusters" = $((sectors / (cluster / sector))) ] || corpus_fail "$path: $told"
		echo "boot $path: sector $sector, cluster $cluster, record $record, index $index"
		corpus_count "type boot: files"
	done < <(corpus_files boot)
}

# usage: is_chunk FILE OFFSET   a header of LZNT1 stands there, and its chunk ends in the file
is_chunk() {
	local head
	head=$(field "$1" "$2" 2)
	[ -n "$head" ] && [ $((head & 0x7000)) -eq $((0x3000)) ] && [ $(($2 + (head & 0xfff) + 3)) -le "$(stat -Lc %s "$1")" ]
}

# A file of the type is packed when what comes out of it is another file of the type. In the registry both
# lengths stand before the packed bytes.
check_lznt1() {
	local path other at files=() could_be=0
	while IFS= read -r path; do [ ! -f "$corpus/$path" ] || files+=("$path"); done < <(corpus_files lznt1)
	for path in "${files[@]}"; do
		at=0
		corpus_look "$path"
		[ "$(field "$corpus/$path" 0 4)" != "$(stat -Lc %s "$corpus/$path")" ] || at=8
		if ! "$dump" lznt1 "$corpus/$path" "$at" >"$scratch/out" 2>/dev/null; then
			! is_chunk "$corpus/$path" "$at" || could_be=$((could_be + 1))
			continue
		fi
		corpus_count "type lznt1: unpacked"
		for other in "${files[@]}"; do
			[ "$other" != "$path" ] && cmp -s "$scratch/out" "$corpus/$other" || continue
			corpus_count "type lznt1: pairs of packed and unpacked"
			corpus_look "$other"
			corpus_count "type lznt1: files that came out of another"
			corpus_look "$path"
		done
	done
	# Without its other half a file is only unpacked.
	[ "$could_be" -eq 0 ] || [ "${corpus_counts["type lznt1: unpacked"]:-0}" -gt 0 ] || corpus_fail "no lznt1 file can be unpacked"
}

corpus_each_file check_kind bitlocker "BitLocker (locked)" < <(corpus_files bitlocker)
corpus_each_file check_kind fat-image $'FAT\nexFAT' < <(corpus_files fat-image)
corpus_each_file check_kind partition "a whole disk, not a volume" < <(corpus_files partition)
check_boot
check_lznt1
corpus_end
