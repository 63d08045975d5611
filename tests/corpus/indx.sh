#!/bin/bash
# indx.sh BUILD: every $I30 of the corpus: the names in use and the remnants together are all the names that lie in its blocks.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" python3 gzip bsdtar 7zz

check_index() { # FILE PATH
	local counts
	if ! grep -qa INDX "$1"; then
		corpus_pass_over "no index block: $2"
		return
	fi
	"$build/tests/corpus_indx" "$1" >"$scratch/listing" 2>"$scratch/messages" ||
		{ corpus_fail "$2: $(head -n 1 "$scratch/messages")" && return; }
	if counts=$(python3 "$(dirname "$0")/indx_peer.py" "$1" "$scratch/listing" 2>"$scratch/messages"); then
		corpus_count "entries in use" "${counts% *}"
		corpus_count "names, in use or not" "${counts#* }"
		corpus_count "remnants" "$(grep -vc '^entry' "$scratch/listing" || true)"
	else
		corpus_fail "$2: $(tail -n 1 "$scratch/messages")"
	fi
}

corpus_each_file check_index < <(corpus_files indx)
corpus_end
