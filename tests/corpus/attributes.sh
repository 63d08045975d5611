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
		icat -f ntfs -i raw -o "$(($2 / 512))" "$1" "$record-224" >"$scratch/raw" 2>/dev/null || true
		grep -aqF "$name" "$scratch/raw" ||
			corpus_fail "$3: record $record has no attribute '$name' for icat"
		corpus_count "extended attributes that icat has, too"
	done < <(grep '^ea ' "$scratch/found" || true)
}

check_file() { # FILE PATH
	corpus_survive "$2" "$show" "$1" >"$scratch/found" 2>/dev/null || return 0
	check "$2"
}

check_volume() { # FILE OFFSET PATH
	corpus_survive "$3" "$show" "$1" "$2" >"$scratch/found" 2>/dev/null || return 0
	check "$3"
	check_raw "$1" "$2" "$3"
}

corpus_each_file check_file < <(corpus_files mft)
corpus_each_volume check_volume < <(corpus_files ntfs-image)
corpus_end
