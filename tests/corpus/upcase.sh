#!/bin/bash
# upcase.sh BUILD: which letters we hold for the same is what NTFS holds for the same: text_fold against the $UpCase of every
# NTFS volume of the corpus. Windows before Vista had an older table, with fewer letters: that one is said and not compared.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" jq gzip xz bsdtar 7zz ewfexport qemu-img

check_volume() { # FILE OFFSET PATH
	local differ letters state
	if ! corpus_survive "$3" "$build/tests/corpus_upcase" "$1" "$2" >"$scratch/differ" 2>"$scratch/messages"; then
		echo "no \$UpCase: $3: $(head -n 1 "$scratch/messages")"
		corpus_count "volumes whose \$UpCase cannot be read"
		return
	fi
	IFS=$'\t' read -r differ letters state <"$scratch/differ"
	if [ "$differ" = none ]; then
		echo "overwritten: $3: what lies where \$UpCase is is no table"
		corpus_count "volumes whose \$UpCase was overwritten"
	elif [ "$differ" -eq 0 ]; then
		corpus_count "volumes with our table"
	elif [ "$state" = - ] && [ "$letters" = fewer ]; then
		corpus_pass_over "an older table: $3: $differ of 65536 differ"
	elif [ "$state" = damaged ]; then
		corpus_pass_over "a table that its checksum calls damaged: $3: $differ of 65536 differ"
	else
		corpus_fail "$3: $differ letters differ ($letters letters, checksum: $state)"
	fi
}

corpus_each_volume check_volume < <(corpus_files ntfs-image)
corpus_end
