#!/bin/bash
# indx.sh BUILD: every $I30 of the corpus: the names in use and the remnants together are all the names that lie in its blocks.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" python3
while IFS= read -r path; do
	"$build/tests/corpus_indx" "$corpus/$path" >"$scratch/listing" 2>"$scratch/messages" ||
		{ corpus_fail "$path: $(head -n 1 "$scratch/messages")"; continue; }
	if counts=$(python3 "$(dirname "$0")/indx_peer.py" "$corpus/$path" "$scratch/listing" 2>"$scratch/messages"); then
		corpus_count "entries in use" "${counts% *}"
		corpus_count "names, in use or not" "${counts#* }"
		corpus_count "remnants" "$(grep -vc '^entry' "$scratch/listing" || true)"
	else
		corpus_fail "$path: $(tail -n 1 "$scratch/messages")"
	fi
done < <(corpus_files indx)
corpus_end
