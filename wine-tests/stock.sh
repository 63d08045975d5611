#!/bin/bash
# Every line of "With stock tools" in the bundle format, on a bundle that kanshiki.exe made under Wine: openssl,
# sha256sum, age, zstd and tar open it without our program.
# usage: wine-tests/stock.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need openssl sha256sum age zstd tar

make_work
have_image
make_kit
use_wine win64
map_volume X "$image"
mkdir "$work/out-dir"
run "collect" "0|1" kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$work/out-dir")" \
	--volume 'C=\\.\X:' --take '**'
bundle_of_exe "collect" || finish
cp "$work/keys/evidence-ca.pem" "$work/ca.pem"
cp "$work/keys/recipient.key" "$work/key.txt"
cd "$bundle"

openssl cms -verify -binary -cades -inform DER -in MANIFEST.p7s -content MANIFEST.sha256 -CAfile "$work/ca.pem" \
	-out /dev/null 2>"$work/err" || complain "openssl cms -verify: $(cat "$work/err")"
sha256sum --strict --quiet -c MANIFEST.sha256 || complain "sha256sum -c"
sha512sum --strict --quiet -c MANIFEST.sha512 || complain "sha512sum -c"
ls | sort >"$work/there"
{
	grep -v '^#' MANIFEST.sha256 | sed 's/^[0-9a-f]*[ *]*//'
	echo MANIFEST.sha256
	echo MANIFEST.p7s
} | sort >"$work/listed"
diff "$work/there" "$work/listed" || complain "MANIFEST.sha256 does not list exactly what is there"

set -o pipefail
for v in meta.*.age; do age -d -i "$work/key.txt" "$v" || exit 1; done | zstd -dc |
	tar -tvf - --warning=no-unknown-keyword >"$work/meta.txt" || complain "meta: age | zstd | tar"
for name in collection.json receipt.json journal.jsonl entries.; do
	grep -q "meta/$name" "$work/meta.txt" || complain "meta: no '$name'"
done
for set in files live; do
	for v in "$set".*.age; do age -d -i "$work/key.txt" "$v" || exit 1; done | zstd -dc >"$work/$set.tar" ||
		complain "$set: age | zstd"
	tar -tf "$work/$set.tar" --warning=no-unknown-keyword >"$work/$set.txt" || complain "$set: tar -t"
done
grep -q '^live/' "$work/live.txt" || complain "live.tar holds no live/"
# GNU tar cannot write names over 255 bytes, which NTFS has, and of a file with two listed names one is stored (the
# other is a row same_as); everything else must come out right.
mkdir "$work/untarred" "$work/salvaged"
tar -xf "$work/files.tar" -C "$work/untarred" --warning=no-unknown-keyword 2>"$work/err" || true
! grep -vE 'File name too long|Exiting with failure' "$work/err" || complain "tar -x complains of something else"
perl "$tests/compare_tree.pl" "$image.json" "$work/untarred/fs/C" some | tee "$work/compared"
grep -q ' 0 wrong$' "$work/compared" || complain "tar -x: files differ"
missing=$(sed -nE 's/.* right, ([0-9]+) missing.*/\1/p' "$work/compared")
[ "$missing" -eq "$(($(grep -c 'Cannot open: File name too long' "$work/err") + 1))" ] || complain "tar -x: $missing files are missing"

# The salvage line, on volumes that lost their end.
for v in files.*.age; do
	cp "$v" "$work/$v.part"
	truncate -s -100000 "$work/$v.part"
done
cd "$work"
for v in files.*.age*; do
	age -d -i key.txt "$v" 2>/dev/null | zstd -dcq 2>/dev/null | tar -xf - -C salvaged -i 2>/dev/null || true
done
# The one file that was cut through is short.
perl "$tests/compare_tree.pl" "$image.json" "$work/salvaged/fs/C" some | tee "$work/compared" || true
grep -qE ' [01] wrong$' "$work/compared" || complain "salvage: more than one file differs"
salvaged=$(sed -nE 's/^([0-9]+) of .*/\1/p' "$work/compared")
[ "$salvaged" -gt 100 ] || complain "salvage: only $salvaged files"
finish
