#!/bin/bash
# A kit whose seal key is under a passphrase, in a Windows console: asked for without echo, and from a file.
# usage: wine-tests/unlock.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need python3

secret='correct horse 馬'
unlock_it() {
	use_wine "$arch"
	map_volume X "$image"
	"$WINE" cmd /c exit </dev/null >/dev/null 2>&1 || true
	local -a collect=("$WINE" "$exe" collect --kit "$(win_path "$work/locked")" --out "$(win_path "$work/out-$arch")" --volume 'C=\\.\X:'
		--profile none --take 'c:\programdata\CLEANER.exe' --operator x --case "C-5")
	run "$arch: a console" 0 python3 "$tests/talk.py" 120 wrong "$secret" '' '' '' '' '' '' '' '' -- "${collect[@]}"
	sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' "$work/out" | tr -d '\r' >"$work/screen"
	grep -q "Passphrase of the kit" "$work/screen" || complain "$arch: not asked: $(tail -n 5 "$work/screen")"
	grep -q "that is not the passphrase" "$work/screen" || complain "$arch: a wrong one is not said"
	! grep -q "horse" "$work/screen" || complain "$arch: the console shows what is typed"
	bundle=$(compgen -G "$work/out-$arch/C-5_*") || { complain "$arch: no bundle"; return 0; }
	run "$arch: verify" 0 "$kanshiki" verify "$bundle" --keys "$work/office"
	rm -rf "$bundle"
	printf '%s\r\n' "$secret" >"$work/secret"
	run "$arch: a file" 0 "${collect[@]}" --unattended --passphrase-file "$(win_path "$work/secret")"
	run "$arch: stdin" 0 sh -c 'cat "$1" | { shift; "$@"; }' - "$work/secret" "${collect[@]}" --unattended --passphrase-file -
	run "$arch: nobody to ask" 64 "${collect[@]}" --unattended
}

make_work
have_image
run "kit" 0 "$kanshiki" kit new "$work/locked" --keys "$work/office" --name Test --seal-passphrase --passphrase-file <(echo "$secret")
for arch in win64 win32; do
	has_wine "$arch" || continue
	unlock_it
done
finish
