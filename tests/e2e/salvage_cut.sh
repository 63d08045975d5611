#!/bin/bash
# A bundle that was interrupted and gone on with, then damaged: what NAME.cutN still holds of it comes from there, each entry
# once, and exactly those that are whole somewhere.
# usage: tests/e2e/salvage_cut.sh BUILD [KILLS]   2
set -euo pipefail
build=${1:?usage: tests/e2e/salvage_cut.sh BUILD [KILLS]}
. "$(dirname "$0")/../lib.sh"
. "$tests/resume_lib.sh"
kills=${2:-2}
from=0

# usage: damaged WHAT COMMANDS   which spoil a copy of the bundle
damaged() {
	rm -rf "$work/damaged"
	cp -r "$sound" "$work/damaged"
	bundle=$work/damaged
	(cd "$bundle" && eval "$2")
	by_stock_tools
	salvaged "$1"
	from=$((from + $(grep -c "from '.*cut" "$work/salvaged/SALVAGE.tsv" || true)))
}

# usage: kill_twice BYTE BYTE   a run killed at that byte, gone on with and killed again, and gone on with
kill_twice() {
	rm -rf "$work/out-dir" "$work"/witness-*
	mkdir "$work/out-dir" "$work"/witness-{1,2,3}
	WITNESS=$work/witness-1 KILL_AT=$1 run "first run" 137 "$build/tests/mkbundle" "$work/kit" "$work/out-dir" "$size" "$mib"
	bundle=$(find "$work/out-dir" -mindepth 1 -maxdepth 1)
	sound=$bundle
	RESUME=1 WITNESS=$work/witness-2 KILL_AT=$2 run "second run" "0|137" "$build/tests/mkbundle" "$work/kit" "$bundle" "$size" "$mib"
	[ "$code" = 0 ] ||
		RESUME=1 WITNESS=$work/witness-3 run "third run" 0 "$build/tests/mkbundle" "$work/kit" "$bundle" "$size" "$mib"
	witness=$work/witness-1:$work/witness-2:$work/witness-3
}

size=54 mib=2
make_work
need age python3 zstd
make_kit
undisturbed
mapfile -t bytes < <(stat -c %s "$bundle"/files.*.age)
for ((i = 0; i < kills; i++)); do
	# In the second or third volume, and in the one behind it: near their ends, or there would be no whole frame.
	n=$((1 + i % 2))
	first=$((bytes[n] * (80 + RANDOM % 20) / 100))
	second=$((bytes[n] + bytes[n + 1] * (80 + RANDOM % 20) / 100))
	for ((j = 0; j < n; j++)); do first=$((first + bytes[j] + 8000)); done
	kill_twice "$first" "$second"
	damaged "sound" true
	[ "$from" -eq 0 ] || complain "sound: something comes from where it was cut off"
	for cut in "$sound"/files.*.cut*; do
		volume=$(basename "$cut")
		volume=${volume%.cut*}
		damaged "without $volume" "rm $volume"
		damaged "$volume cut short" "truncate -s 100000 $volume"
		damaged "without $volume and meta" "rm $volume meta.*.age"
		damaged "without $volume and what was before" "rm $volume files.001.*.age; truncate -s 150000 $(basename "$cut")"
	done
	[ "$from" -gt 0 ] || complain "nothing ever came from where it was cut off"
	echo "kill $i: $(ls "$sound" | grep -c cut) files set aside, $from entries from them"
	from=0
done
echo "$there entries there and given back"
# More of them than are looked into: said by name.
bundle=$work/many
cp -r "$sound" "$bundle"
cut=$(ls "$bundle" | grep -m 1 '^files.*cut')
for ((i = 1; i <= 70; i++)); do [ -e "$bundle/${cut%.cut*}.cut$i" ] || cp "$bundle/$cut" "$bundle/${cut%.cut*}.cut$i"; done
more=$(($(ls "$bundle" | grep -c '^files.*cut') - 64))
run "many cuts: salvage" 1 "$kanshiki" salvage "$bundle" -C "$work/of-many" --keys "$work/keys"
[ "$(grep -c "cut[0-9]*': not looked into: there are more than 64" "$work/err")" -eq "$more" ] || complain "many cuts: not $more lines: $(tail -n 3 "$work/err")"
finish
