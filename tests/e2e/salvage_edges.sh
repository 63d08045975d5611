#!/bin/bash
# A volume cut at the very byte where a frame of it becomes whole, and one byte before: salvage gives back exactly the entries
# whose frames are there, with the rows and without.
# usage: tests/e2e/salvage_edges.sh BUILD [FRAMES]   every fifth frame; FRAMES 1: each
set -euo pipefail
build=${1:?usage: tests/e2e/salvage_edges.sh BUILD [FRAMES]}
. "$(dirname "$0")/../lib.sh"
. "$tests/resume_lib.sh"
every=${2:-5}
cuts=0

# usage: cut VOLUME SIZE   in a copy of the sound bundle, every second time without meta
cut() {
	cuts=$((cuts + 1))
	rm -rf "$work/cut"
	cp -r "$sound" "$work/cut"
	bundle=$work/cut
	truncate -s "$2" "$bundle/$1"
	[ $((cuts % 4)) -gt 1 ] || rm "$bundle"/meta.*
	by_stock_tools
	salvaged "$1 of $2 bytes"
}

make_work
need age python3 zstd
make_kit
mkdir "$work/out-dir" "$work/witness"
WITNESS=$work/witness run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work/out-dir" "$size" "$mib"
bundle_of "mkbundle" || finish
sound=$bundle
salvaged "sound"
python3 "$tests/judge.py" edges "$work/witness" "$sound" >"$work/edges"
while read -r volume size <&3; do
	cut "$volume" "$size"
	cut "$volume" $((size - 1))
done 3< <(awk -v every="$every" 'NR % every == 0' "$work/edges")
echo "$(wc -l <"$work/edges") frames, $cuts cuts: $there entries there and given back"
[ "$cuts" -gt 0 ] || complain "no volume was cut"
finish
