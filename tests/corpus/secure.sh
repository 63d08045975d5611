#!/bin/bash
# secure.sh BUILD: every $Secure:$SDS of the corpus: each entry's hash is right, its id is found with the same bytes, owner, group
# and every ACE are what dissect (where it is installed) says; and with the descriptors wiped here and there, or a whole
# half block, the mirror copy gives the same listing.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" python3 perl gzip bsdtar 7zz
corpus_peers

# usage: wipe SDS PERL   a copy of it, $_ changed by the expression
wipe() {
	perl -0777 -pe "$2" "$1" >"$scratch/wiped"
	cmp -s "$1" "$scratch/wiped" && corpus_fail "$1: nothing was wiped"
	"$build/tests/corpus_secure" "$scratch/wiped" >"$scratch/again" 2>"$scratch/messages" || true
	cmp -s "$scratch/listing" "$scratch/again" || corpus_fail "$1: another listing after: $2"
	corpus_count "listings out of mirror copies"
}

check_sds() { # FILE PATH
	local file=$1 path=$2 counts
	"$build/tests/corpus_secure" "$file" >"$scratch/listing" 2>"$scratch/messages" ||
		{ corpus_fail "$path: $(head -n 1 "$scratch/messages")" && return; }
	if [ ! -s "$scratch/listing" ]; then
		corpus_pass_over "no descriptor: $path"
		return
	fi
	if counts=$("$python" "$(dirname "$0")/secure_peer.py" "$file" "$scratch/listing" 2>"$scratch/messages"); then
		corpus_count "descriptors" "${counts% *}"
		corpus_count "descriptors compared with dissect" "${counts#* }"
	else
		corpus_fail "$path: $(tail -n 1 "$scratch/messages")"
	fi
	wipe "$file" 'substr($_, 700, 5000) = "\xa5" x 5000'
	wipe "$file" 'for ($i = 0; $i < length; $i += 0x80000) { substr($_, $i + 40, 1) ^= "\x10" }'
	[ "$(stat -Lc %s "$file")" -lt $((0x80000)) ] || wipe "$file" 'substr($_, 0, 0x40000) = "\0" x 0x40000'
}

corpus_each_file check_sds < <(corpus_files secure)
corpus_end
