#!/bin/bash
# salvage.sh BUILD: a bundle damaged in every way gives back all but what was hit, never fewer entries than the loop of stock
# tools in docs/bundle-format.md, and says of each entry what became of it: whole is the same to the byte.
set -euo pipefail
build=${1:?usage: salvage.sh BUILD}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need age zstd
make_work
make_kit
mkdir "$work/made"
run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work/made" 60
bundle_of "mkbundle" || finish
run "extract" 0 "$kanshiki" extract "$bundle" -C "$work/whole" --keys "$work/keys"
grep AGE-SECRET-KEY "$work/keys/recipient.key" >"$work/id"

# usage: flip FILE OFFSET
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# How many entries the stock loop saves.
stock() {
	local volume
	rm -rf "$work/stock" && mkdir "$work/stock"
	for volume in files.*.age*; do
		{ age -d -i "$work/id" "$volume" 2>/dev/null | zstd -dcq 2>/dev/null | tar -xf - -C "$work/stock" -i 2>/dev/null; } || true
	done
	find "$work/stock" -type f | while read -r file; do cmp -s "$file" "$work/whole/${file#"$work/stock/"}" && echo; done | wc -l
}

# usage: are_same STATE   how many files that the report calls so are as they were
are_same() {
	grep -P "^($1)[^\t]*\t[^\t]*\t[^\t]*\tfs/" "$work/x/SALVAGE.tsv" | cut -f 4 |
		while read -r path; do cmp -s "$work/x/$path" "$work/whole/$path" && echo; done | wc -l || true
}

# usage: try WHAT CODES LOST COMMANDS   COMMANDS damage a copy; at most LOST entries may be gone or in part (a frame of 4 MiB holds eight)
try() {
	local what=$1 codes=$2 most=$3 whole saved
	rm -rf "$work/b" "$work/x"
	cp -r "$bundle" "$work/b"
	(cd "$work/b" && eval "$4")
	run "$what" "$codes" "$kanshiki" salvage "$work/b" -C "$work/x" --keys "$work/keys"
	[ -f "$work/x/SALVAGE.tsv" ] || return 0
	whole=$(grep -cP '^whole[^\t]*\t[^\t]*\t[^\t]*\tfs/' "$work/x/SALVAGE.tsv" || true)
	[ "$(are_same whole)" -eq "$whole" ] || complain "$what: of $whole entries that are called whole $(are_same whole) are as they were"
	[ "$whole" -ge $((60 - most)) ] || complain "$what: only $whole of 60 entries are whole: $(grep -vP '^whole' "$work/x/SALVAGE.tsv" | head -n 5)"
	(cd "$work/b" && stock) >"$work/stock.count"
	saved=$(are_same 'whole|partial')
	[ "$saved" -ge "$(cat "$work/stock.count")" ] || complain "$what: stock tools save $(cat "$work/stock.count"), we $saved"
	! compgen -G "$work/b/meta.*" >/dev/null || [ "$whole" -ge "$(cat "$work/stock.count")" ] ||
		complain "$what: stock tools save $(cat "$work/stock.count"), of ours $whole are called whole though the rows are there"
	unchecked=$((unchecked + saved - whole))
	echo "$what: $saved of 60 as they were, $whole of them called whole, stock tools $(cat "$work/stock.count"), exit $code"
}
unchecked=0

# usage: adds_up WHAT   each row is counted once
adds_up() {
	[ "$(sed -nE 's/^Whole: ([0-9]+)\. In part: ([0-9]+)\. Lost: ([0-9]+)\. Besides.*/\1 + \2 + \3/p' "$work/err" | xargs expr)" = 60 ] ||
		complain "$1: the numbers do not add up to 60: $(grep Whole "$work/err")"
}

try "nothing is wrong" 0 0 true
adds_up "nothing is wrong"
try "a flipped bit" 1 8 'flip files.003.tar.zst.age 500000'
adds_up "a flipped bit"
try "many flipped bits" 1 12 'for at in 300000 400000 900000; do for v in 002 005 009; do flip files.$v.tar.zst.age $at; done; done'
try "a missing volume" 1 5 'rm files.005.tar.zst.age'
adds_up "a missing volume"
try "the last two volumes missing" 1 10 'ls files.* | tail -n 2 >"$work/gone"; rm $(cat "$work/gone")'
while read -r name; do says "the last two volumes missing" "'$name': it is missing"; done <"$work/gone"
try "no volume of files" 1 60 'rm files.*'
says "no volume of files" "'files.001.tar.zst.age': it is missing"
try "no MANIFEST" 1 0 'rm MANIFEST*'
try "no meta" 1 0 'rm meta.*'
try "neither MANIFEST nor meta" 1 0 'rm MANIFEST* meta.*'
try "a volume cut" 1 5 'truncate -s 700000 files.007.tar.zst.age'
# Inside a frame: what its blocks before the cut hold comes back, whole where its row's hash says so.
for at in 200000 400000 600000 800000; do
	try "a volume cut at $at" 1 6 "truncate -s $at files.004.tar.zst.age"
	try "the same without rows" 1 8 "truncate -s $at files.004.tar.zst.age; rm meta.*"
done
[ "$unchecked" -gt 0 ] || complain "a frame without its end gives nothing where no row is"
grep -q 'no row tells its hash$' "$work/x/SALVAGE.tsv" || complain "the report does not say why what is all there is called partial"
try "the last volume cut, unnamed" 1 5 'last=$(ls files.* | tail -n 1); truncate -s 300000 $last; mv $last $last.part; rm meta.*'
try "the first chunk of a volume" 1 5 'flip files.003.tar.zst.age 1000'
try "an age header" 1 5 'flip files.003.tar.zst.age 30'
try "a seek table and a chunk" 1 5 'flip files.004.tar.zst.age $(($(stat -c %s files.004.tar.zst.age) - 20)); flip files.004.tar.zst.age 300000'
try "the same without rows" 1 5 'rm meta.*; flip files.004.tar.zst.age $(($(stat -c %s files.004.tar.zst.age) - 20)); flip files.004.tar.zst.age 300000'
try "half of meta" 1 5 'for v in meta.*; do truncate -s 3000 $v; done'
try "another volume under a name" 1 8 'cp files.002.tar.zst.age files.006.tar.zst.age'
run "a wrong key" "65|66" "$kanshiki" salvage "$bundle" -C "$work/y" --identity /dev/null
run "kit new" 0 "$kanshiki" kit new "$work/kit2" --keys "$work/keys2" --name Other
run "another's keys" 65 "$kanshiki" salvage "$bundle" -C "$work/y2" --keys "$work/keys2"
[ "$(grep -c "none of the keys given opens" "$work/err")" = 1 ] || complain "another's keys: $(cat "$work/err")"
[ "$(grep -c "^volume.*none of the keys" "$work/y2/SALVAGE.tsv")" = "$(ls "$bundle"/*.age | wc -l)" ] || complain "another's keys: the report has not all volumes"
cp -r "$bundle" "$work/b2"
age -d -i "$work/id" "$bundle/files.002.tar.zst.age" | age -e -R <(grep -o 'age1[0-9a-z]*' "$work/keys2/recipient.key") >"$work/b2/files.002.tar.zst.age"
run "a volume to another key" 1 "$kanshiki" salvage "$work/b2" -C "$work/z" --keys "$work/keys"
says "a volume to another key" "no key opens it: .*volumes that none of the keys given opens: 1"
# The report is larger than any file of it.
run "a report that cannot be written" 65 bash -c 'trap "" XFSZ; ulimit -f 1; exec "$@"' - "$kanshiki" salvage "$work/b2" -C "$work/z2" --keys "$work/keys"
says "a report that cannot be written" "'$work/z2/SALVAGE.tsv': larger than the file system can hold"
run "no bundle" 66 "$kanshiki" salvage "$work/kit" -C "$work/y" --keys "$work/keys"
run "a second time into the same" 73 "$kanshiki" salvage "$bundle" -C "$work/x" --keys "$work/keys"
says "a second time into the same" "SALVAGE.tsv"
finish
