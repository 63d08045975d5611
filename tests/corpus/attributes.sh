#!/bin/bash
# attributes.sh BUILD: reparse points, extended attributes and object ids of every $MFT and image of the corpus are
# understood to their end; the raw bytes of those in images are what The Sleuth Kit finds.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" gzip xz bsdtar 7zz mmls icat
show=$build/tests/corpus_attributes

# usage: check KEY   of $scratch/found
check() {
	local bad
	bad=$(grep -c '^bad ' "$scratch/found" || true)
	[ "$bad" -eq 0 ] || corpus_fail "$1: $(grep -m 1 '^bad ' "$scratch/found")"
	corpus_count "reparse points" "$(grep -c '^reparse ' "$scratch/found" || true)"
	corpus_count "extended attributes" "$(grep -c '^ea ' "$scratch/found" || true)"
	corpus_count "object ids" "$(grep -c '^object ' "$scratch/found" || true)"
	corpus_count "object ids in the index" "$(grep -c '^object .* indexed$' "$scratch/found" || true)"
	! grep -qE '^reparse [0-9a-f]{8} - ' "$scratch/found" ||
		echo "$1: tags without a name: $(grep -E '^reparse [0-9a-f]{8} - ' "$scratch/found" | sort -u | paste -sd' ')"
}

# usage: check_raw FILE OFFSET KEY   the names of extended attributes are in what icat gives of type 224
check_raw() {
	local record name _
	while read -r _ record name _; do
		icat -i raw -o "$(($2 / 512))" "$1" "$record-224" >"$scratch/raw" 2>/dev/null || true
		grep -aqF "$name" "$scratch/raw" ||
			corpus_fail "$3: record $record has no attribute '$name' for icat"
		corpus_count "extended attributes that icat has, too"
	done < <(grep '^ea ' "$scratch/found" || true)
}

while IFS= read -r path; do
	corpus_unpack "$path" || { echo "cannot be unpacked: $path"; continue; }
	while IFS= read -r file; do
		"$show" "$file" >"$scratch/found" 2>/dev/null || continue
		check "$path"
	done < <(corpus_below "$unpacked")
	rm -rf "$unpacked"
done < <(corpus_files mft)
while IFS= read -r path; do
	corpus_unpack "$path" || { echo "cannot be unpacked: $path"; continue; }
	while IFS=$'\t' read -r file offset; do
		"$show" "$file" "$offset" >"$scratch/found" 2>/dev/null || continue
		check "$path"
		check_raw "$file" "$offset" "$path"
	done < <(corpus_ntfs_volumes "$path")
	rm -rf "$unpacked"
done < <(corpus_files ntfs-image)
corpus_end
