#!/bin/bash
# kanshiki.exe killed under Wine, then collect --resume: intact, and every file is right.
# usage: wine-tests/resume.sh [COUNT]
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$tests/kill_lib.sh"

killed() {
	kill_under_way "$1" "$WINE" "$exe" collect --kit "$(win_path "$work/kit")" --out "$(win_path "$work/out-dir")" \
		--volume 'C=\\.\X:' --take '**' --no-live
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
	killed "0.$((RANDOM % 3))$((RANDOM % 10))" || continue
	tried=$((tried + 1))
	run "the same again" "0|1" kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$work/out-dir")" \
		--volume 'C=\\.\X:' --take '**' --no-live
	grep -qE -e " collect --kit \S+ --resume \S+${bundle##*/}"$'\r?$' "$work/err" ||
		complain "the same again does not tell how to go on: $(grep -e --resume "$work/err")"
	run "another request" 64 "$WINE" "$exe" collect --resume "$(win_path "$bundle")" --kit "$(win_path "$work/kit")" --take '*.txt'
	grep -q -e '--take was another, or none, when it was begun' "$work/err" || complain "another request: $(cat "$work/err")"
	# The kit holds the program, as it does on site: nothing but the bundle is typed.
	cp "$exe" "$work/kit/kanshiki.exe"
	run "resume" "0|1" "$WINE" "$work/kit/kanshiki.exe" collect --resume "$(win_path "$bundle")"
	rm "$work/kit/kanshiki.exe"
	grep -qF -e '--volume C=\\.\X: --profile default --take "**" --public names --no-live' "$work/err" || complain "resume does not show what was asked for"
	intact "resume" "$bundle" 0
	perl "$tests/compare_tree.pl" "$work/big.img.json" "$work/extracted/fs/C" some >"$work/compared" ||
		complain "resume: $(head -n 3 "$work/compared")"
done
[ "$tried" -gt 0 ] || complain "no kill hit a run under way"
echo "$tried runs killed and gone on with"
finish
