#!/bin/bash
# Ctrl-C in the console of kanshiki.exe: what is taken is sealed, exit 1, and says so. (Closing the window, logging off and
# shutting down: docs/unproven.md.)
# usage: wine-tests/stop.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

stop_it() {
	local job code=0 out=$work/out-$arch
	use_wine "$arch"
	map_volume X "$work/big.img"
	mkdir -p "$out"
	(
		trap - INT # what bash ignores for background jobs, the program would ignore too
		exec perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$WINE" "$exe" collect --kit "$(win_path "$work/kit")" \
			--out "$(win_path "$out")" --volume 'C=\\.\X:' --take '**'
	) >"$work/out" 2>"$work/err" </dev/null &
	job=$!
	for _ in $(seq 1000); do
		[ -z "$(find "$out" -name 'files.*')" ] || break
		sleep 0.01
	done
	kill -INT "$job" # Wine turns it into CTRL_C_EVENT
	wait "$job" || code=$?
	[ "$code" -eq 1 ] || complain "$arch: exit $code, not 1: $(tail -n 2 "$work/err")"
	says "$arch" "stop|interrupt"
	bundle_of_exe "$arch" || return 0
	intact "$arch" "$bundle" "0|1"
	! compgen -G "$bundle/*.part" >/dev/null || complain "$arch: a .part is left"
	right_or_said "$arch" "$bundle" "$work/big.img.json"
}

make_work
KANSHIKI_BULK=200 KANSHIKI_BUILD=$build "$tests/make-image.sh" "$work/big.img" 320M >"$work/image.log" 2>&1 ||
	{ cat "$work/image.log"; exit 77; }
make_kit
for arch in win64 win32; do
	has_wine "$arch" || continue
	stop_it
done
finish
