#!/bin/bash
# The custody sheet on paper: one page of A4 with all its parts, however long the values are.
# usage: tests/e2e/sheet.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/sheet.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need chromium pdfinfo pdftotext jq
fc-list :lang=ja | grep -q . || skip "no Japanese font is installed"

# usage: page NAME FACTS WORD...   FACTS go into the sheet, the page holds each WORD
page() {
	local name=$1 word
	printf '%s' "$2" >"$work/$name.json"
	shift 2
	run "$name: collect" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --profile none \
		--take 'c:\programdata\CLEANER.exe' --no-read-back --case "$name-2026$more" --facts "$work/$name.json"
	bundle_of "$name" || finish
	run "$name: custody" 0 "$kanshiki" custody "$bundle" --keys "$work/keys" --html "$work/$name.html"
	timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/chromium" --no-pdf-header-footer \
		--print-to-pdf="$work/$name.pdf" "$work/$name.html" >"$work/chromium.log" 2>&1 || skip "chromium does not print: $(tail -n 1 "$work/chromium.log")"
	[ "$(pdfinfo "$work/$name.pdf" | sed -n 's/^Pages: *//p')" = 1 ] || complain "$name: $(pdfinfo "$work/$name.pdf" | grep Pages)"
	pdfinfo "$work/$name.pdf" | grep -q '^Page size:.*A4' || complain "$name: not A4"
	pdftotext -layout "$work/$name.pdf" "$work/$name.txt"
	for word in "$name-2026" 証拠物件管理票 'Custody sheet' 収集者 立会人 Signature 管理番号 授受記録 備考 "$@"; do
		grep -qF -- "$word" "$work/$name.txt" || complain "$name: no '$word' on the page"
	done
	[ "$(grep -o '日時 When' "$work/$name.txt" | wc -l)" -eq 6 ] || complain "$name: not six handovers"
}

# usage: long WORDS TIMES
long() { printf "$1%.0s" $(seq "$2"); }

# usage: facts WORDS TIMES   every field that a person fills in, that long
facts() {
	jq -n --arg v "$(long "$1" "$2")" '{evidence_no: $v, operator: {name: $v, org: $v}, witness: [{name: $v, org: $v}], authority: {basis: $v},
		location: {address: $v}, state_found: $v, dispatch: {nonce: $v}, clock: {reference: $v}}'
}

more=
make_work
have_image
make_kit
page blank '{}'
page names '{"operator":{"name":"田中 太郎","org":"みどり警備"},"witness":{"name":"鈴木 花子"}}' '田中 太郎' みどり警備 '鈴木 花子'
page kanji "$(facts '株式会社緑会計事務所西日本支社情報部' 12)" 株式会社緑会計事務所 …
for times in 6 10 14 18; do # a little longer than a line, and what tells that something was cut
	more=$(long 株式会社緑会計事務所西日本支社情報部 "$times")
	page "case$times" "{}"
done
more=
page latin "$(facts 'The quick brown fox at Green Accounting Ltd. ' 12)" 'The quick brown fox' …
page wide "$(facts 'W' 900)" WWWWWWWW …
finish
