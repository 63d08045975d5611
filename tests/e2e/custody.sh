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

make_work
have_image
make_kit
check_facts
check_mistakes
finish
