#!/bin/bash
# Ctrl-C and SIGTERM: what is taken is sealed, exit 1, and says so.
# usage: tests/e2e/stop.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/stop.sh BUILD}
. "$(dirname "$0")/../lib.sh"

# usage: stop_with SIGNAL
stop_with() {
	local pid code=0
	rm -rf "$work/out-dir"
	mkdir "$work/out-dir"
	(
		trap - INT # what bash ignores for background jobs, the program would ignore too
		exec perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$kanshiki" collect --kit "$work/kit" \
			--out "$work/out-dir" --volume "C=$work/big.img" --take '**'
	) >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	for _ in $(seq 500); do
		[ -z "$(find "$work/out-dir" -name 'files.*')" ] || break
		sleep 0.01
	done
	kill "-$1" "$pid"
	wait "$pid" || code=$?
	[ "$code" -eq 1 ] || complain "$1: exit $code, not 1: $(tail -n 2 "$work/err")"
	says "$1" "stop|interrupt"
	bundle_of "$1" || return 0
	intact "$1" "$bundle" "0|1"
	! compgen -G "$bundle/*.part" >/dev/null || complain "$1: a .part is left"
	right_or_said "$1" "$bundle" "$work/big.img.json"
	"$kanshiki" cat "$bundle" meta/receipt.json --keys "$work/keys" | grep -q '"skipped"' || complain "$1: no receipt"
}

make_work
KANSHIKI_BULK=200 KANSHIKI_BUILD=$build "$tests/make-image.sh" "$work/big.img" 320M >"$work/image.log" 2>&1 ||
	{ cat "$work/image.log"; exit 77; }
make_kit
stop_with INT
stop_with TERM
finish
