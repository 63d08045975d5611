#!/bin/bash
# Killed at random bytes of output: what is sealed verifies, salvage gives back exactly the entries whose frames lie in complete
# chunks on the disk, and going on ends in the content of a run that nobody disturbed.
# usage: tests/e2e/resume_matrix.sh BUILD [KILLS]   15; the whole of it is 1000
set -euo pipefail
build=${1:?usage: tests/e2e/resume_matrix.sh BUILD [KILLS]}
. "$(dirname "$0")/../lib.sh"
. "$tests/resume_lib.sh"
kills=${2:-15}
begun=0

# usage: disturb WHAT BYTE
disturb() {
	rm -rf "$work/out-dir" "$work/witness"
	mkdir "$work/out-dir" "$work/witness"
	WITNESS=$work/witness KILL_AT=$2 run "$1" 137 "$build/tests/mkbundle" "$work/kit" "$work/out-dir" "$size" "$mib"
	bundle=$(find "$work/out-dir" -mindepth 1 -maxdepth 1)
	salvaged "$1"
	[ -f "$bundle/MANIFEST.sha256" ] || return 0 # before the first seal nothing was taken
	begun=$((begun + 1))
	gone_on_with "$1"
}

make_work
need python3
make_kit
undisturbed
total=$(du -sb "$bundle" | cut -f 1)
for ((i = 0; i < kills; i++)); do
	byte=$(((RANDOM * 32768 + RANDOM) % total))
	disturb "killed at byte $byte" "$byte"
done
echo "$kills kills in $total bytes: $begun sealed before it, $there entries there and given back," \
	"$kept entries kept, $aside volumes set aside"
[ "$kept" -gt 0 ] || complain "nothing was ever kept"
[ "$there" -gt 0 ] || complain "nothing was ever there"
finish
