#!/bin/bash
# corrupt.sh BUILD [FROM [COUNT]]: images spoiled at random (bytes, sectors, whole records, in every eighth a boot sector; the seed is the number): collect
# neither crashes nor hangs, and takes every file that was not hit, to the byte. A few as a test; `tests/e2e/corrupt.sh
# build/linux 1 1000` for the matrix.
set -euo pipefail
build=${1:?usage: corrupt.sh BUILD [FROM [COUNT]]}
from=${2:-1}
count=${3:-25}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq openssl
make_work
have_image
make_kit

# usage: taken WHAT BUNDLE FILE   RECORD-SEQUENCE, stream, hash of what was taken whole
taken() {
	"$kanshiki" ls "$2" --all --json --keys "$work/keys" >"$work/rows" 2>"$work/err" ||
		complain "$1: its bundle cannot be listed: exit $?: $(tail -n 1 "$work/err")"
	jq -r 'select(.status == "taken" and .record != null) | "\(.record)-\(.sequence)\t\(.stream // "")\t\(.sha256)"' "$work/rows" | sort -u >"$3"
}

# Every other image goes through all collectors: slack, deleted files, $LogFile, shadow copies.
collect() {
	local profile=none
	[ $(($2 % 2)) -eq 0 ] || profile=default
	timeout 20 "$kanshiki" collect --kit "$work/kit" --out "$work/out.d" --volume "C=$1" --profile $profile --take '**' --no-live
}

one() {
	local seed=$1 code=0
	"$build/tests/corrupt" "$image" "$work/spoiled.img" "$seed" 2>"$work/done" | sort >"$work/sound"
	rm -rf "$work/out.d"
	collect "$work/spoiled.img" "$seed" >"$work/out" 2>"$work/err" </dev/null || code=$?
	case $code in
	0 | 1) ;;
	65) [ ! -s "$work/sound" ] || complain "seed $seed: refused: $(tail -n 1 "$work/err")" && return ;;
	124) complain "seed $seed: hangs" && return ;;
	*) complain "seed $seed: exit $code: $(tail -n 3 "$work/err")" && return ;;
	esac
	taken "seed $seed" "$(tail -n 1 "$work/out")" "$work/taken"
	# Of what the sound image gives, all that is not hit.
	awk -F '\t' 'NR == FNR { sound[$1 "\t" $2] = 1; next } ($1 "\t" $2) in sound' "$work/sound" "$work/all" >"$work/wanted"
	asked=$((asked + $(wc -l <"$work/wanted")))
	comm -23 "$work/wanted" "$work/taken" >"$work/missing"
	[ ! -s "$work/missing" ] || complain "seed $seed: $(wc -l <"$work/missing") sound streams are not taken as they are: $(head -n 3 "$work/missing")"
}

asked=0
run "collect the sound image" "0|1" collect "$image" 0
taken "the sound image" "$(tail -n 1 "$work/out")" "$work/all"
[ "$(wc -l <"$work/all")" -gt 500 ] || complain "only $(wc -l <"$work/all") streams of the sound image"
for ((seed = from; seed < from + count; seed++)); do one "$seed"; done
# These found something once: two streams of one name, two change journals, a directory with an empty name, boot sectors that say
# another size of records.
for seed in 110 413 1047 92 132; do one "$seed"; done
echo "$count images, $asked streams asked for"
[ "$asked" -gt $((count * 200)) ] || complain "too few streams were asked for: $asked"
finish
