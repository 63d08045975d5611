#!/bin/bash
# mft.sh BUILD MFT [IMAGE]: bench_mft on a $MFT, then the shipped program and the peers that are installed on the same file (and
# fls on an image) to /dev/null: processor seconds (user + system), the best of five.
set -euo pipefail
build=$1 mft=$2 image=${3:-}
"$build/tests/bench_mft" "$mft"

# usage: best WHAT COMMAND...
best() {
	local what=$1 i seconds least=
	shift
	for i in 1 2 3 4 5; do
		seconds=$({ TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }')
		least=$(awk -v a="$seconds" -v b="${least:-$seconds}" 'BEGIN { print a < b ? a : b }')
	done
	printf '%-34s %6.2f s\n' "$what" "$least"
}

for format in jsonl csv bodyfile; do
	best "kanshiki timeline, $format" "$build/kanshiki" timeline "$mft" --format "$format"
done
if command -v mft_dump >/dev/null; then
	best "mft_dump, jsonl" mft_dump -o jsonl "$mft"
	best "mft_dump, csv" mft_dump -o csv "$mft"
fi
if [ -n "$image" ]; then
	best "kanshiki timeline, image, bodyfile" "$build/kanshiki" timeline "$image" --format bodyfile
	best "fls -r -m, image" fls -r -m / "$image"
fi
