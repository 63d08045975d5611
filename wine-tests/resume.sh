#!/bin/bash
# kanshiki.exe killed under Wine, then collect --resume: intact, and every file is right.
# usage: wine-tests/resume.sh [COUNT]
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# usage: killed SECONDS   sets $bundle; false when the run was not under way
killed() {
	local pid
	rm -rf "$work/out-dir"
	mkdir "$work/out-dir"
	"$WINE" "$exe" collect --kit "$(win_path "$work/kit")" --out "$(win_path "$work/out-dir")" \
		--volume 'C=\\.\X:' --take '**' --no-live >/dev/null 2>&1 </dev/null &
	pid=$!
	sleep "$1"
	kill -9 "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	bundle=$(find "$work/out-dir" -mindepth 1 -maxdepth 1)
	[ -n "$bundle" ] && [ -f "$bundle/MANIFEST.sha256" ] && grep -q '^# status: in-progress' "$bundle/MANIFEST.sha256"
}

make_work
KANSHIKI_BULK=${KANSHIKI_BULK:-100} KANSHIKI_BUILD=$build "$tests/make-image.sh" "$work/big.img" 256M ||
	skip "resume under Wine (no image)"
make_kit
use_wine win64
map_volume X "$work/big.img"
"$WINESERVER" -p
tried=0
for ((i = 0; i < ${1:-3} * 4 && tried < ${1:-3}; i++)); do
	killed "$((i % 3)).$((RANDOM % 9 + 1))" || continue
	tried=$((tried + 1))
	run "resume" "0|1" "$WINE" "$exe" collect --kit "$(win_path "$work/kit")" --resume "$(win_path "$bundle")" \
		--volume 'C=\\.\X:' --take '**' --no-live
	intact "resume" "$bundle" 0
	perl "$tests/compare_tree.pl" "$work/big.img.json" "$work/extracted/fs/C" some >"$work/compared" ||
		complain "resume: $(head -n 3 "$work/compared")"
done
[ "$tried" -gt 0 ] || complain "no kill hit a run under way"
echo "$tried runs killed and gone on with"
finish
