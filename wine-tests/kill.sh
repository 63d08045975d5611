#!/bin/bash
# kanshiki.exe killed under Wine at 50 random moments: every closed volume verifies and opens. Ctrl-C seals, exit 1.
# usage: wine-tests/kill.sh [COUNT]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$tests/kill_lib.sh"
need age zstd tar

# A script that becomes the program: the process that is killed must be the program itself, no shell around it.
write_collect() {
	printf '#!/bin/bash\nexec %q %q collect --kit %q --out %q --volume %q --take %q\n' "$WINE" "$exe" \
		"$(win_path "$work/kit")" "$(win_path "$work/out-dir")" 'C=\\.\X:' '**' >"$work/collect"
	chmod +x "$work/collect"
}

check_ctrl_c() {
	local pid code=0
	rm -rf "$work/out-dir"
	mkdir "$work/out-dir"
	# A job in the background ignores SIGINT, and what it starts with it.
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$work/collect" >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	for _ in $(seq 200); do
		[ -z "$(find "$work/out-dir" -name 'files.*')" ] || break
		sleep 0.05
	done
	kill -INT "$pid"
	wait "$pid" || code=$?
	[ "$code" -eq 1 ] || complain "Ctrl-C: exit $code, not 1: $(tail -n 2 "$work/err")"
	bundle_of_exe "Ctrl-C" || return 0
	intact "Ctrl-C" "$bundle" "0|1"
	[ ! -e "$bundle"/files.001.tar.zst.age.part ] || complain "Ctrl-C: a .part is left"
}

make_work
KANSHIKI_BULK=${KANSHIKI_BULK:-100} KANSHIKI_BUILD=$build "$tests/make-image.sh" "$work/big.img" 256M ||
	skip "kill under Wine (no image)"
make_kit
use_wine win64
map_volume X "$work/big.img"
"$WINESERVER" -p # stays, so that a start takes no second
write_collect
kill_many "${1:-50}" "$work/big.img.json" "$work/collect"
check_ctrl_c
finish
