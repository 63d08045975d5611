#!/bin/bash
# Facts asked in a Windows console: Japanese typed and read, both ways.
# usage: wine-tests/ask.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need jq python3

# Wine's console draws: what moves the cursor is taken out.
ask_it() {
	local found
	use_wine "$arch"
	map_volume X "$image"
	"$WINE" cmd /c exit </dev/null >/dev/null 2>&1 || true
	run "$arch" 0 python3 "$tests/talk.py" 120 'C-5' '' '田中 太郎' '大阪支店' '' '社長 𠮷田様' '' '25:00' "$(date -d '-100 seconds' +%H:%M:%S)" -- \
		"$WINE" "$exe" collect --lang ja --kit "$(win_path "$work/kit")" --out "$(win_path "$work/out-$arch")" \
		--volume 'C=\\.\X:' --profile none --take 'c:\programdata\CLEANER.exe'
	sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' "$work/out" | tr -d '\r' >"$work/screen"
	for text in 管理票のために 事案番号: 時刻として読めません 田中; do
		grep -qF "$text" "$work/screen" || complain "$arch: '$text' is not on the screen"
	done
	bundle=$(compgen -G "$work/out-$arch/C-5_*") || { complain "$arch: no bundle"; return 0; }
	"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" >"$work/collection.json"
	found=$(jq -r '[.case_id, .dispatch.nonce, .operator.name, .operator.org, .witness.name, .authority.basis] | map(. // "-") | join("|")' "$work/collection.json")
	[ "$found" = 'C-5|-|田中 太郎|大阪支店|-|社長 𠮷田様' ] || complain "$arch: '$found'"
	[ "$(jq '.clock.offset_ms | 95000 < . and . < 120000' "$work/collection.json")" = true ] || complain "$arch: offset $(jq .clock.offset_ms "$work/collection.json")"
	run "$arch: --unattended" 0 python3 "$tests/talk.py" 120 -- "$WINE" "$exe" collect --unattended --kit "$(win_path "$work/kit")" \
		--out "$(win_path "$work/out-$arch")" --volume 'C=\\.\X:' --profile none --take 'c:\programdata\CLEANER.exe'
	! grep -q 'Some questions' "$work/out" || complain "$arch: --unattended asked"
}

make_work
have_image
make_kit
for arch in win64 win32; do
	has_wine "$arch" || continue
	ask_it
done
finish
