#!/bin/bash
# images.sh BUILD: every image of type ntfs-image as it lies there, E01 sets and whole disks too, without export,
# offset or loop device: what collect takes has the bytes that icat gives for the record (-i ewf, -o where the
# partition begins), and timeline's lines are those of the volume cut out of it.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" icat mmls jq ewfexport python3
kanshiki=$build/kanshiki
most_contents=2000 # files of one volume whose bytes are compared

# usage: is_ewf FILE
is_ewf() { [ "$(head -c 3 "$1" | tr -d '\0')" = EVF ]; }

# usage: is_cut_set E01   the last file that is there says that another one follows (EWF: the last section, 76 bytes, is "next")
is_cut_set() {
	local number=1 last=$1
	while [ -e "${1%[0-9][0-9]}$(printf %02d "$number")" ]; do
		last=${1%[0-9][0-9]}$(printf %02d "$number")
		number=$((number + 1))
	done
	[ "$(tail -c 76 "$last" | head -c 4 | tr -d '\0')" = next ]
}

# Prints `volume TAB sector` of each volume in the bundle: as its partition list says, else at 0.
volumes() {
	"$kanshiki" cat "$bundle" 'fs/$disk_0/partitions.jsonl' --keys "$scratch/keys" 2>/dev/null >"$scratch/partitions" || true
	if [ -s "$scratch/partitions" ]; then
		jq -r 'select(.volume) | "\(.volume)\t\(.offset / 512)"' "$scratch/partitions"
	else
		jq -r '.path | select(startswith("fs/")) | split("/")[1]' "$scratch/rows" | sort -u | sed 's/$/\t0/'
	fi
}

# The unnamed streams of files, whole: the peer by record.
check_contents() {
	local image=$1 name=$2 volume sector record sum theirs
	local -a how
	while IFS=$'\t' read -r volume sector; do
		how=(-f ntfs -o "$sector")
		! is_ewf "$image" || how+=(-i ewf)
		icat "${how[@]}" "$image" 0 >/dev/null 2>&1 || { corpus_pass_over "icat reads no NTFS there (FAT: fat.sh): $name, $volume"; continue; }
		while IFS=$'\t' read -r record sum; do
			theirs=$(icat "${how[@]}" "$image" "$record" 2>/dev/null | sha256sum | cut -c1-64) || { corpus_count "files that icat cannot read" && continue; }
			if [ "$sum" = "$theirs" ]; then
				corpus_count "files equal to icat"
			else
				corpus_fail "$name: record $record of $volume differs from icat"
			fi
		done < <(jq -r --arg volume "fs/$volume/" 'select((.path | startswith($volume)) and .kind == "file" and .status == "taken"
			and .stored != "runs" and (.compressed | not) and .sha256) | select((.streams // []) | map(select(.name == "WofCompressedData")) == []) |
			"\(.record)\t\(.sha256)"' "$scratch/rows" | sort -u |
			awk -v most="$most_contents" '{ row[NR] = $0 } END { every = int(NR / most) + 1; for (i = every; i <= NR; i += every) print row[i] }')
		corpus_count "volumes taken from $(is_ewf "$image" && echo E01 || { [ "$sector" = 0 ] && echo "raw volumes" || echo disks; })"
	done < <(volumes)
}

# Whether The Sleuth Kit (or sfdisk) finds a volume or a partition in it.
is_for_peers() {
	corpus_is_ntfs "$1" 0 || corpus_volume_type "$1" >/dev/null || [ -n "$(corpus_partitions "$1" 512)$(corpus_partitions "$1" 4096)" ]
}

check_collect() {
	local image=$1 name=$2 code=0
	rm -rf "$scratch/out"
	bundle=$("$kanshiki" collect --kit "$scratch/kit" --out "$scratch/out" --volume "$image" --take '**' 2>"$scratch/said" | tail -n 1) || code=$?
	if [ ! -d "$bundle" ]; then
		if [ "$code" -eq 65 ] && grep -q 'convert it first' "$scratch/said"; then
			corpus_pass_over "a container that we do not open: $name: $(tail -n 1 "$scratch/said")"
		# A damaged head of a disk, with nothing in it for mmls and sfdisk neither.
		elif [ "$code" -eq 65 ] && [[ $kind == *disk* ]] && ! is_for_peers "$image"; then
			corpus_count "disks without partitions, refused"
		elif [ "$code" -eq 65 ] && ! is_for_peers "$image"; then
			corpus_pass_over "nothing that we or peers know: $name: $(tail -n 1 "$scratch/said")"
		elif [ "$code" -eq 66 ] && is_ewf "$image" && is_cut_set "$image"; then
			corpus_count "E01 sets that are not whole, refused"
		else
			corpus_fail "$name: not collected: $(tail -n 2 "$scratch/said")"
		fi
		return 1
	fi
	"$kanshiki" ls "$bundle" --all --json --keys "$scratch/keys" >"$scratch/rows" 2>/dev/null || true
	check_contents "$image" "$name"
}

# usage: same_lines LINES EXPECTED NAME
same_lines() {
	if cmp -s <(jq -rc '[.kind, .record, .created, .usn]' "$1") <(jq -rc '[.kind, .record, .created, .usn]' "$2") && [ -s "$2" ]; then
		corpus_count "timelines equal to the volume's alone"
	else
		corpus_fail "$3: the timeline differs from that of the volume cut out"
	fi
}

# The lines of each volume of a disk (under its letter, else p1, p2 …), and of an E01 set, are those of the volume cut out.
check_timeline() {
	local image=$1 name=$2 place sector
	corpus_survive "$name" "$kanshiki" timeline "$image" >"$scratch/lines" 2>/dev/null || true
	if is_ewf "$image"; then
		ewfexport -q -u -f raw -S 0 -t "$scratch/raw" "$image" >/dev/null 2>&1
		"$kanshiki" timeline "$scratch/raw.raw" >"$scratch/expected" 2>/dev/null || true
		same_lines "$scratch/lines" "$scratch/expected" "$name"
		rm -f "$scratch"/raw*
		return
	fi
	while IFS=$'\t' read -r place sector; do
		corpus_cut "$image" "$((sector * 512))"
		"$kanshiki" timeline "$cut" >"$scratch/expected" 2>/dev/null || true
		jq -c --arg place "$place/" 'select(.path | startswith($place))' "$scratch/lines" >"$scratch/of_volume"
		case $("$build/tests/corpus_ntfs_dump" kind "$cut" 0 2>/dev/null || true) in
		NTFS | FAT | exFAT) ;;
		*)
			# Locked, or not formatted: it has no lines, and no other volume's.
			[ -s "$scratch/of_volume" ] || [ -s "$scratch/expected" ] || { corpus_count "partitions of no file system, without lines" && continue; }
			;;
		esac
		same_lines "$scratch/of_volume" "$scratch/expected" "$name: $place"
		rm -f "$cut"
	done < <(jq -r 'select(.volume) | (if .volume | startswith("$vol_") then "p\(.partition)" else .volume end) + "\t\(.offset / 512)"' "$scratch/partitions")
}

corpus_kit
while IFS= read -r path; do
	unpacked=
	# By its second file a set is opened as well; all the others would be the same again.
	[[ ! $path =~ \.[Ee]([0-9][3-9]|[1-9][0-9])$ ]] || [ ! -e "$corpus/${path%??}01" ] || { corpus_count "later files of an E01 set" && continue; }
	if is_ewf "$corpus/$path"; then
		images=$corpus/$path
	else
		corpus_unpack "$path" || { echo "cannot be unpacked: $path"; continue; }
		images=$(corpus_below "$unpacked")
	fi
	while IFS= read -r image; do
		kind=$("$build/tests/corpus_ntfs_dump" kind "$image" 0 2>/dev/null) || kind=
		if ! is_ewf "$image" && [ "$kind" != NTFS ] && [[ $kind != *disk* ]]; then
			corpus_is_text "$image" || corpus_pass_over "neither NTFS nor a disk (${kind:-unreadable}): $path $(basename "$image")"
			continue
		fi
		: >"$scratch/partitions"
		check_collect "$image" "$path" || continue
		[ "$kind" = NTFS ] || check_timeline "$image" "$path"
	done <<<"$images"
	[ -z "$unpacked" ] || rm -rf "$unpacked"
done < <(corpus_files ntfs-image)
corpus_end
