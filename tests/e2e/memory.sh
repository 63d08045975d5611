#!/bin/bash
# Peak memory of collect on a 4 GiB image: at most 150 MB; of verify, extract and timeline the same bound.
# usage: tests/e2e/memory.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/memory.sh BUILD}
. "$(dirname "$0")/../lib.sh"
limit=$((150 * 1000 * 1000 / 1024)) # KiB

# usage: held WHAT CODES COMMAND...
held() {
	local what=$1 codes=$2 start peak
	shift 2
	start=$(date +%s%N)
	run "$what" "$codes" "$build/tests/peak" "$work/peak" "$@"
	peak=$(cat "$work/peak")
	echo "$what: $((peak / 1024)) MiB at most, $((($(date +%s%N) - start) / 1000000)) ms"
	[ "$peak" -le "$limit" ] || complain "$what: $peak KiB, more than $limit"
	[ "$peak" -gt 1000 ] || complain "$what: $peak KiB cannot be true"
}

make_work
KANSHIKI_BULK=${KANSHIKI_BULK:-300} KANSHIKI_BUILD=$build "$tests/make-image.sh" "$work/big.img" 4G >"$work/image.log" 2>&1 ||
	{ cat "$work/image.log"; exit 77; }
make_kit
mkdir "$work/out-dir"
held "collect" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/big.img" --take '**'
bundle_of "collect" || finish
held "verify" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
held "extract" "0|1" "$kanshiki" extract "$bundle" -C "$work/extracted" --keys "$work/keys"
held "timeline" "0|1" "$kanshiki" timeline "$work/big.img"
perl "$tests/compare_tree.pl" "$work/big.img.json" "$work/extracted/fs/C" || complain "files differ"
[ "$(find "$work/extracted/fs/C/Bulk" -type f | wc -l)" -eq "${KANSHIKI_BULK:-300}" ] || complain "files of Bulk are missing"
finish
