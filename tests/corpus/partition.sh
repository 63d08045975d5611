#!/bin/bash
# Partition tables of real disks: every partition where mmls of The Sleuth Kit sees one (sfdisk, where mmls refuses the
# table; gpt_peer.py for a GPT of which the backup at the end is missing, which mmls takes for the one partition of its protective MBR),
# and no other; for whole disks of type ntfs-image as well. An empty table has no partition.
# usage: tests/corpus/partition.sh BUILD
set -euo pipefail
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" mmls jq python3

check() { # TYPE FILE PATH
	local image=$2 name=$3 kind sector
	! corpus_is_text "$image" || return 0
	"$build/tests/corpus_disk_dump" "$image" >"$scratch/ours" 2>"$scratch/said" ||
		{ corpus_fail "$name: $(cat "$scratch/said")"; return; }
	read -r kind sector <"$scratch/ours"
	if [ "$kind" = none ]; then
		[ "$1" = partition ] || return 0
		# sfdisk takes the code of a boot sector for a table.
		if corpus_volume_type "$image" >/dev/null; then
			corpus_count "volumes without a table, for fsstat too"
		elif [ -n "$(corpus_partitions "$image" 512)$(corpus_partitions "$image" 4096)$(python3 "$(dirname "$0")/gpt_peer.py" "$image" || true)" ]; then
			corpus_fail "$name: no table found"
		else
			corpus_pass_over "no table, for mmls and sfdisk neither: $name"
		fi
		return
	fi
	tail -n +2 "$scratch/ours" | cut -d' ' -f2,3 | sort -n >"$scratch/our-ranges"
	if [ "$kind" = gpt ] && ! mmls -t gpt -b "$sector" "$image" >/dev/null 2>&1; then
		python3 "$(dirname "$0")/gpt_peer.py" "$image" "$sector" | sort -n >"$scratch/their-ranges"
		corpus_count "tables that mmls does not read, compared with gpt_peer.py"
	else
		corpus_partitions "$image" "$sector" >"$scratch/their-ranges"
	fi
	if ! cmp -s "$scratch/our-ranges" "$scratch/their-ranges"; then
		corpus_fail "$name: partitions differ from those of mmls or sfdisk"
		diff "$scratch/our-ranges" "$scratch/their-ranges" || true
	fi
	corpus_count "$1 ($kind, $sector-byte sectors)"
	corpus_count "partitions" "$(wc -l <"$scratch/our-ranges")"
}

for type in partition ntfs-image; do
	corpus_each_file check "$type" < <(corpus_files "$type")
done
corpus_end
