#!/bin/bash
# Every line of "With stock tools" in docs/bundle-format.md, as it stands there, on a bundle of several volumes: openssl, sha256sum,
# age, zstd and tar open it without us; a damaged volume costs only itself.
# usage: tests/e2e/writer_stock.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/writer_stock.sh BUILD}
. "$(dirname "$0")/../lib.sh"

page=$tests/../docs/bundle-format.md

# usage: stock N   runs line N of the page's first block in $copy
stock() {
	local line
	line=$(sed -n '/^## With stock tools/,/^## /p' "$page" | sed -n '/^```/,/^```/p' | sed '/^```/d' | sed -n "$1p")
	[ -n "$line" ] || {
		complain "the page has no line $1"
		return 0
	}
	(cd "$copy" && bash -c "$line")
}

need openssl sha256sum age zstd tar
make_work
have_image
make_kit
mkdir "$work/out-dir"
run collect "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '**'
bundle_of collect || finish
copy=$work/copy
cp -r "$bundle" "$copy"
export keys=$work/keys # as the lines name it

run "signature" 0 stock 1
run "hashes" 0 stock 2
run "SHA-512" 0 bash -c "cd '$copy' && sha512sum --strict --quiet -c MANIFEST.sha512"
run "list of meta" 0 stock 3
for name in collection.json receipt.json journal.jsonl toc.json entries.001.jsonl; do
	grep -q "meta/$name" "$work/out" || complain "no meta/$name in the list"
done
[ ! -s "$work/err" ] || complain "tar complains: $(head -n 3 "$work/err")"
run "plain tar" 0 stock 4
run "plain tar is whole" 0 tar -tf "$copy/files.tar" --warning=no-unknown-keyword
[ ! -s "$work/err" ] || complain "tar complains: $(head -n 3 "$work/err")"
rm -rf "$work/stock" "$work/extracted"
mkdir "$work/stock"
# Names of more than 255 bytes are legal in NTFS and not here: tar cannot make those files, extract shortens them.
run "tar extracts" "0|2" tar -xf "$copy/files.tar" -C "$work/stock" --no-same-owner --delay-directory-restore --warning=no-unknown-keyword
! grep -vE 'File name too long|Exiting with failure' "$work/err" || complain "tar complains"
intact "collect" "$bundle" "0|1"
# Our extract gives what tar gives; only stored runs ($J) it puts back where they were.
diff -rq "$work/stock/fs" "$work/extracted/fs" >"$work/diff" || true
! grep ' differ$' "$work/diff" | grep -v 'UsnJrnl:\$J differ' | grep -q . || complain "extract and tar differ: $(head -n 3 "$work/diff")"

# Salvage: whole, then with a bit flipped in the middle of a volume, then cut off as a .part.
files=$(tar -tf "$copy/files.tar" --warning=no-unknown-keyword | wc -l)
run "salvage of the whole" "0|2" stock 5
[ "$(find "$copy/out" -type f | wc -l)" -ge $((files * 9 / 10)) ] || complain "salvage of a whole bundle gives $(find "$copy/out" -type f | wc -l) of $files"
rm -rf "$copy/out"
volume=$(find "$copy" -name 'files.*.age' | sort | tail -n 1)
size=$(stat -c %s "$volume")
head -c $((size * 3 / 4)) "$volume" >"$volume.part"
rm "$volume"
run "salvage of a .part" "0|1|2" stock 5
[ "$(find "$copy/out" -type f | wc -l)" -gt 0 ] || complain "nothing salvaged from a .part of $size bytes"
run "the hash tells" 1 stock 2

# README.txt has the same lines, twice, and nothing else to type.
readme() { sed -e ':a' -e '/\\$/N; s/ *\\\n */ /; ta' "$bundle/README.txt" | grep -E '^  [a-z]' | grep -v '^  kanshiki '; }
sed -n '/^## With stock tools/,/^## /p' "$page" | sed -n '/^```/,/^```/p' | sed -e '/^```/d' -e 's/^/  /' -e 's/   # salvage$//' |
	sort >"$work/page.lines"
readme | grep -vE '^  (sha256sum MANIFEST|keys=)' | sort | uniq -c | sed 's/^ *2 //' >"$work/readme.lines"
cmp -s "$work/page.lines" "$work/readme.lines" || complain "README.txt: $(diff "$work/page.lines" "$work/readme.lines" | head -n 4)"

# Our own commands as the pages and README.txt print them: each one whole, and each works on a bundle.
said=0
while IFS= read -r line; do
	said=$((said + 1))
	for word in "BUNDLE|証拠一式|DIRECTORY|フォルダー=$bundle" "KEYDIR|keys|鍵フォルダー=$work/keys" "FILE|sheet.html=$work/made-$said" "DIR|OUTPUT|出力先=$work/below-$said"; do
		line=$(sed -E "s#(^| )(${word%%=*})( |\$)#\1${word#*=}\3#g" <<<"$line")
	done
	run "$line" 0 bash -c "\"$kanshiki\"${line#kanshiki}"
done < <({
	grep -v '^#' "$tests"/../docs/{verify,bundle-format}.md "$tests"/../docs/formats/case.md "$tests"/../README.md -h | tr '\n' ' ' |
		grep -oE '`kanshiki [a-z]+ (BUNDLE|証拠一式) [^`]*`' | tr -d '`' | grep -v -e --url
	grep -oE '^  kanshiki .*' "$bundle/README.txt" | sed 's/^ *//'
} | sort -u)
[ "$said" -ge 10 ] || complain "the pages print only $said commands of ours"
[ "$(find "$work" -maxdepth 1 -name 'made-*' -size +1k | wc -l)" -ge 4 ] || complain "files that were asked for were not made: $(ls "$work")"

# The signature holds for the MANIFEST as it is, and for no other.
sed -i 's/^# case: .*/# case: other/' "$copy/MANIFEST.sha256"
run "a changed MANIFEST" "1|4" stock 1
finish
