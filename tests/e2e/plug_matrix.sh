#!/bin/bash
# The plug pulled: the directory as of the last flush before a random point of a run's write log, with what came after that
# dropped at random (tests/plug.py). What is sealed verifies, salvage gives back exactly the entries whose frames are there, and
# going on ends in the content of a run that nobody disturbed.
# usage: tests/e2e/plug_matrix.sh BUILD [RUNS [POINTS]]   1 run, 12 points; the whole of it is 20 and 1000
set -euo pipefail
build=${1:?usage: tests/e2e/plug_matrix.sh BUILD [RUNS [POINTS]]}
. "$(dirname "$0")/../lib.sh"
. "$tests/resume_lib.sh"
runs=${2:-1} points=${3:-12}
pulled=0 sealed=0 spoiled=0

# usage: pull WHAT POINT SEED
pull() {
	rm -rf "$work/plugged"
	mkdir "$work/plugged"
	python3 "$tests/plug.py" "$work/log" "$2" "$3" "$work/plugged" >"$work/lost"
	bundle=$(find "$work/plugged" -mindepth 1 -maxdepth 1)
	[ -n "$bundle" ] || return 0
	[ "$(cat "$work/lost")" = "{}" ] || spoiled=$((spoiled + 1))
	salvaged "$1" "$work/lost"
	[ -f "$bundle/MANIFEST.sha256" ] || return 0 # before the first seal nothing was taken
	sealed=$((sealed + 1))
	gone_on_with "$1"
}

make_work
need python3
make_kit
undisturbed
for ((i = 0; i < runs; i++)); do
	mib=$((i % 2 + 1))
	rm -rf "$work/out-dir" "$work/witness" "$work/log"
	mkdir "$work/out-dir" "$work/witness"
	WITNESS=$work/witness WRITE_LOG=$work/log run "run $i" 0 "$build/tests/mkbundle" "$work/kit" "$work/out-dir" "$size" "$mib"
	# One in six leaves a hole: some more of them, until there is one at all.
	share=$(((i + 1) * points / runs - i * points / runs))
	python3 "$tests/plug.py" "$work/log" points $((share + 100)) $RANDOM >"$work/points"
	for ((j = 0; j < share || (j < share + 100 && spoiled == 0); j++)); do
		read -r point <&3
		seed=$RANDOM
		pull "run $i, point $point, seed $seed" "$point" "$seed"
		pulled=$((pulled + 1))
	done 3<"$work/points"
done
echo "$runs runs, plug pulled $pulled times: $sealed times after the first seal, $spoiled times with holes in files;" \
	"$there entries there and given back, $kept entries kept, $aside volumes set aside"
[ "$kept" -gt 0 ] || complain "nothing was ever kept"
[ "$spoiled" -gt 0 ] || complain "no file had ever lost anything"
[ "$there" -gt 0 ] || complain "nothing was ever there"
finish
