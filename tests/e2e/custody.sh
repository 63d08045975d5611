#!/bin/bash
# Custody: who, what and which clock stand in collection.json and on the sheet.
# usage: tests/e2e/custody.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/custody.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq age

collect() {
	"$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --profile none \
		--take 'c:\programdata\CLEANER.exe' --no-read-back "$@"
}

meta() { "$kanshiki" cat "$bundle" "meta/$1" --keys "$work/keys"; }

# usage: same WHAT EXPECTED FOUND
same() { [ "$2" = "$3" ] || complain "$1: '$3', not '$2'"; }

check_facts() {
	echo '{"operator":{"name":"of the file","org":"SOC"},"evidence_no":"E-7"}' >"$work/facts.json"
	run "facts" 0 collect --facts "$work/facts.json" --operator '<b>田中 & "太郎"</b>' --nonce n0nce-42 --case '</td><script>x' \
		--reference-time "$(TZ=Asia/Tokyo date -d '-100 seconds' +%Y-%m-%dT%H:%M:%S+09:00)"
	bundle_of "facts" || finish
	meta collection.json >"$work/collection.json"
	same "operator" '<b>田中 & "太郎"</b>' "$(jq -r .operator.name "$work/collection.json")"
	same "organization" SOC "$(jq -r .operator.org "$work/collection.json")"
	same "nonce" n0nce-42 "$(jq -r .dispatch.nonce "$work/collection.json")"
	same "offset" true "$(jq '.clock.offset_ms | 99000 < . and . < 110000' "$work/collection.json")"
	same "clock at start and end" true "$(jq '.clock | .start.utc < .end.utc and .start.uptime_ms <= .end.uptime_ms' "$work/collection.json")"
	same "clock not set" true "$(jq '.clock.set_by_ms | -50 < . and . < 50' "$work/collection.json")"
	same "why no w32time" true "$(jq '.why["clock.w32time"] != null' "$work/collection.json")"
	grep -qF '田中 & "太郎"' "$bundle/CUSTODY.txt" || complain "sheet: no operator"
	grep -qF 'n0nce-42' "$bundle/CUSTODY.txt" || complain "sheet: no nonce"
	grep -qE '\+0?(99|10[0-9])\.[0-9]{3} s' "$bundle/CUSTODY.txt" || complain "sheet: no offset"
}

check_mistakes() {
	run "no time" 64 collect --reference-time 07:04
	says_one_line "no time" "reference-time is written"
	run "empty name" 64 collect --operator ''
	says_one_line "empty name" "--operator takes"
}

# usage: check_page WHAT FILE   nothing of it runs, loads or leaves its place
check_page() {
	! grep -qiE '<script|<b>田|javascript:|src=|href=|url\(' "$2" || complain "$1: mark-up of the evidence in the page"
	grep -qF "default-src 'none'; style-src 'unsafe-inline'" "$2" || complain "$1: no policy"
	grep -qF '&lt;/td&gt;&lt;script&gt;x' "$2" || complain "$1: no case"
	grep -qF '&lt;b&gt;田中 &amp; &quot;太郎&quot;&lt;/b&gt;' "$2" || complain "$1: no operator"
	same "$1: boxes" 64 "$(grep -o '<i>' "$2" | wc -l)"
}

# The page's QR code as a picture, five dots a module.
draw_qr() {
	perl -CS -ne 'next unless /viewBox="0 0 (\d+)/; my $n = $1; my @d; $d[$2][$1] = 1 while /M(\d+) (\d+)h1v1h-1z/g;
		print "P1\n", 5 * $n, " ", 5 * $n, "\n";
		for my $y (0 .. 5 * $n - 1) { print join(" ", map { $d[$y / 5][$_ / 5] ? 1 : 0 } 0 .. 5 * $n - 1), "\n" }' "$1"
}

check_sheet() {
	local number id
	number=$(sha256sum "$bundle/MANIFEST.sha256" | cut -c1-64)
	id=$(sed -n 's/^# collection_id: //p' "$bundle/MANIFEST.sha256")
	check_page "sealed page" "$bundle/CUSTODY.html"
	! grep -q '<svg' "$bundle/CUSTODY.html" || complain "sealed page: a code before there is a number"
	! grep -oE '<i>[^<]*</i>' "$bundle/CUSTODY.html" | grep -qv nbsp || complain "sealed page: boxes are not empty"
	run "custody" 0 "$kanshiki" custody "$bundle" --ca "$work/keys/evidence-ca.pem" --html "$work/sheet.html"
	same "number" "$number" "$(grep -E '^( \[[0-9a-f]\]){8}$' "$work/out" | tr -d ' []\n')"
	check_page "filled page" "$work/sheet.html"
	same "number of the page" "$number" "$(grep -oE '<i>[0-9a-f]</i>' "$work/sheet.html" | tr -d '</i>\n')"
	grep -q '█' "$work/out" || complain "no code on the screen"
	run "never over another file" 73 "$kanshiki" custody "$bundle" --keys "$work/keys" --html "$work/sheet.html"
	if command -v zbarimg >/dev/null; then
		draw_qr "$work/sheet.html" >"$work/qr.pbm"
		same "QR code" "$number $id" "$(zbarimg -q --raw "$work/qr.pbm")"
	else
		echo "zbarimg is not installed: the QR code was not read"
	fi
	cp -a "$bundle" "$work/changed"
	sed -i 's/n0nce-42/n0nce-43/' "$work/changed/CUSTODY.txt"
	run "changed sheet" 65 "$kanshiki" custody "$work/changed" --keys "$work/keys"
	says "changed sheet" "'CUSTODY.txt'"
	[ ! -s "$work/out" ] || complain "changed sheet: shown"
}

make_work
have_image
make_kit
check_facts
check_sheet
check_mistakes
finish
