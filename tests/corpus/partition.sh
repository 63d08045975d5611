#!/bin/bash
# Partition tables of real disks: every partition where mmls of The Sleuth Kit sees one, and no other; for whole
# disks of type ntfs-image as well. An empty table, which mmls refuses, has no partition.
# usage: tests/corpus/partition.sh BUILD
set -euo pipefail
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" mmls jq

# usage: by_mmls IMAGE SECTOR   "first last" of each partition
by_mmls() {
	{ mmls -b "$2" "$1" 2>/dev/null || true; } |
		awk '$1 ~ /^[0-9]+:$/ && $2 != "Meta" && $2 !~ /^-+$/ { print $3 + 0, $4 + 0 }' | sort -n
}

check() { # TYPE FILE PATH
	local image=$2 name=$3 kind sector
	"$build/tests/corpus_disk_dump" "$image" >"$scratch/ours" 2>"$scratch/said" ||
		{ corpus_fail "$name: $(cat "$scratch/said")"; return; }
	read -r kind sector <"$scratch/ours"
	if [ "$kind" = none ]; then
		[ "$1" = partition ] || return 0
		if [ -n "$(by_mmls "$image" 512)$(by_mmls "$image" 4096)" ]; then
			corpus_fail "$name: no table found"
		else
			corpus_pass_over "no table, for mmls neither: $name"
		fi
		return
	fi
	tail -n +2 "$scratch/ours" | cut -d' ' -f2,3 | sort -n >"$scratch/our-ranges"
	by_mmls "$image" "$sector" >"$scratch/their-ranges"
	if ! cmp -s "$scratch/our-ranges" "$scratch/their-ranges"; then
		corpus_fail "$name: partitions differ from those of mmls"
		diff "$scratch/our-ranges" "$scratch/their-ranges" || true
	fi
	corpus_count "$1 ($kind, $sector-byte sectors)"
	corpus_count "partitions" "$(wc -l <"$scratch/our-ranges")"
}

for type in partition ntfs-image; do
	corpus_each_file check "$type" < <(corpus_files "$type")
done
corpus_end
