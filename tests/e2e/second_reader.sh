#!/bin/bash
# A reader written from docs/bundle-format.md alone (tests/interop/reader.py) verifies, lists and unpacks our bundles as we do: of a volume with
# streams, sparse and odd names, of many volumes, unfinished; and refuses the same changes.
# usage: tests/e2e/second_reader.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/second_reader.sh BUILD}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3 age zstd openssl jq perl

reader() { python3 "$tests/interop/reader.py" "$@" --ca "$work/keys/evidence-ca.pem" --identity "$work/keys/recipient.key"; }

# usage: same_as_ours WHAT CODE   $bundle: the same answer, the same list, the same files
same_as_ours() {
	run "$1: kanshiki verify" "$2" "$kanshiki" verify "$bundle" --keys "$work/keys"
	run "$1: reader.py verify" "$2" reader verify "$bundle"
	run "$1: reader.py list" "$2" reader list "$bundle"
	jq -r '.path' "$work/out" | sort >"$work/theirs"
	run "$1: kanshiki ls" "0|$2" "$kanshiki" ls "$bundle" --keys "$work/keys"
	sort "$work/out" >"$work/ours"
	cmp -s "$work/theirs" "$work/ours" || complain "$1: lists differ: $(diff "$work/theirs" "$work/ours" | head -n 3)"
	rm -rf "$work/x" "$work/y"
	run "$1: reader.py extract" "$2" reader extract "$bundle" "$work/x"
	run "$1: kanshiki extract" "0|1" "$kanshiki" extract "$bundle" -C "$work/y" --keys "$work/keys"
	rm -rf "$work/y/meta" "$work/y/NAMES.tsv"
	[ "$(find "$work/y" -type f | wc -l)" -gt 0 ] || [ "$2" -ne 0 ] || complain "$1: nothing came out"
	diff -r "$work/x" "$work/y" >"$work/diff" 2>&1 || [ ! -d "$work/x" ] || complain "$1: files differ: $(head -n 3 "$work/diff")"
}

# usage: both_refuse WHAT   $work/t
both_refuse() {
	run "$1: kanshiki" 65 "$kanshiki" verify "$work/t" --keys "$work/keys"
	run "$1: reader.py" 65 reader verify "$work/t"
	grep -q '^refused: ' "$work/err" || complain "$1: reader.py does not say why"
}

# usage: hostile SCRIPT   $bundle as mkhostile makes it
hostile() {
	mkdir -p "$work/hostile"
	"$build/tests/mkhostile" "$work/kit" "$work/hostile" <<<"$1" >"$work/out" || complain "mkhostile: $1"
	bundle_of "mkhostile" || finish
}

refusals() {
	local name
	for name in $(ls "$bundle"); do
		rm -rf "$work/t" && cp -a "$bundle" "$work/t"
		perl -0777 -pi -e '$at = int(length($_) / 3); substr($_, $at, 1) ^= "\x04"' "$work/t/$name"
		both_refuse "a bit of $name"
		rm "$work/t/$name"
		both_refuse "no $name"
	done
	rm -rf "$work/t" && cp -a "$bundle" "$work/t"
	cp "$bundle/files.001.tar.zst.age" "$work/t/files.009.tar.zst.age"
	both_refuse "a volume more"
	rm "$work/t/files.009.tar.zst.age"
	sed -i 's/^# host: .*/# host: OTHER/' "$work/t/MANIFEST.sha256"
	both_refuse "another host"
	for name in $'entry fs/C/a fs/C/a 100\nentry fs/C/a fs/C/a 200' $'entry fs/C/a fs/C/a 100\nentry fs/C/b - 100' 'entry ../../evil ../../evil 10' \
		'row {"path":"fs/C/c","same_as":"fs/C/c"}' 'row {"path":"fs/C/c","status":"taken"}' 'row {"path":"fs/C/c","status":"same_as"}' \
		'row {"path":"fs/C/c","status":"not_taken","status":"not_taken"}' 'row {"path":"fs/C/c","status":"not_taken","place":{}}' \
		'row {"path":"fs/C/c","status":"not_taken","same_as":""}' 'row {"path":"fs/C/c","status":["taken"]}' \
		"row {\"path\":\"fs/C/c\",\"status\":\"not_taken\",$(seq -s, 255 | sed 's/[0-9]*/"&":0/g')}" $'entry fs/C/a fs/C/b 1'; do
		hostile "$name"
		rm -rf "$work/t" && cp -a "$bundle" "$work/t"
		both_refuse "hostile: ${name%%$'\n'*}"
	done
}

make_work
make_kit
have_image
run "collect" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work" --volume "C=$image" --take '**'
bundle_of "collect" || finish
same_as_ours "a volume" 0
run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work" 10
bundle_of "mkbundle" || finish
same_as_ours "many volumes" 0
refusals
hostile $'entry fs/C/a fs/C/a 100\ncut fs/C/b 200000'
same_as_ours "unfinished" 1
finish
