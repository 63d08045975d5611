#!/bin/bash
# secure.sh BUILD: every $Secure:$SDS of the corpus: each entry's hash is right, its id is found with the same bytes, owner, group
# and every ACE are what dissect (where it is installed) says; and with the descriptors wiped here and there, or a whole
# half block, the mirror copy gives the same listing: where there is one, with the same bytes.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" python3 perl gzip bsdtar 7zz
corpus_peers

# usage: wipe SDS PERL   a copy of it, changed by the expression: spoil(AT, LENGTH) wipes that, when the mirror copy has the same there and around it
wipe() {
	perl -0777 -pe '
		sub spoil {
			my ($at, $length) = @_;
			my $from = $at - ($at & 0x3ffff) > $at - 4096 ? $at - ($at & 0x3ffff) : $at - 4096;
			my $room = ($at & ~0x3ffff) + 0x40000 - $from < $length + 8192 ? ($at & ~0x3ffff) + 0x40000 - $from : $length + 8192;
			return if $from + 0x40000 + $room > length or substr($_, $from, $room) ne substr($_, $from + 0x40000, $room);
			substr($_, $at, $length) = "\xa5" x $length;
		}
		'"$2" "$1" >"$scratch/wiped"
	if cmp -s "$1" "$scratch/wiped"; then
		corpus_pass_over "without its mirror copy ($2): $path"
		return
	fi
	"$build/tests/corpus_secure" "$scratch/wiped" >"$scratch/again" 2>"$scratch/messages" || true
	cmp -s "$scratch/listing" "$scratch/again" || corpus_fail "$path: another listing after: $2"
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
	wipe "$file" 'spoil(700, 5000)'
	wipe "$file" 'for ($i = 0; $i < length; $i += 0x80000) { spoil($i + 40, 1) }'
	wipe "$file" 'spoil(0, 0x40000)'
}

corpus_each_file check_sds < <(corpus_files secure)
corpus_end
