#!/bin/bash
# Killed at random bytes of output, or the plug pulled there (what was not flushed is dropped at random): what is sealed
# verifies, salvage finds no less, and going on ends in the content of a run that nobody disturbed.
# usage: tests/e2e/resume_matrix.sh BUILD [KILLS [PLUGS]]   15 and 15; the whole of it is 1000 and 1000
set -euo pipefail
build=${1:?usage: tests/e2e/resume_matrix.sh BUILD [KILLS [PLUGS]]}
. "$(dirname "$0")/../lib.sh"
kills=${2:-15} plugs=${3:-15}
count=20
kept=0 begun=0 aside=0

sums() {
	(cd "$1" && find fs -type f -print0 | sort -z | xargs -0 -r sha256sum)
}

# usage: opened WHAT CODES   verify and extract of the bundle; sums in $work/sums
opened() {
	run "$1: verify" "$2" "$kanshiki" verify "$bundle" --keys "$work/keys"
	rm -rf "$work/extracted"
	run "$1: extract" "$2" "$kanshiki" extract "$bundle" -C "$work/extracted" --keys "$work/keys"
	mkdir -p "$work/extracted/fs"
	sums "$work/extracted" >"$work/sums"
}

# Every file that salvage gives has a name and bytes of the undisturbed run's, and there are no fewer than extract gave.
salvaged() {
	compgen -G "$bundle/*.age*" >/dev/null || return 0
	local codes="0|1"
	[ -s "$work/sums" ] || codes="0|1|65" # nothing is sealed yet, and of the one open volume even the header may be gone
	rm -rf "$work/salvaged"
	run "$1: salvage" "$codes" "$kanshiki" salvage "$bundle" -C "$work/salvaged" --keys "$work/keys"
	mkdir -p "$work/salvaged/fs"
	sums "$work/salvaged" >"$work/salvaged.sums"
	[ -z "$(comm -23 <(sort "$work/sums") <(sort "$work/salvaged.sums"))" ] || complain "$1: salvage gives less than extract"
}

# usage: disturb WHAT BYTE   (PLUG may be set)
disturb() {
	local what=$1 byte=$2
	rm -rf "$work/out-dir"
	mkdir "$work/out-dir"
	run "$what" 137 env KILL_AT="$byte" "$build/tests/mkbundle" "$work/kit" "$work/out-dir" "$count"
	bundle=$(find "$work/out-dir" -mindepth 1 -maxdepth 1)
	[ -f "$bundle/MANIFEST.sha256" ] || return 0 # before the first seal nothing was taken
	begun=$((begun + 1))
	opened "$what" "0|1"
	salvaged "$what"
	! grep -q complete <(head -4 "$bundle/MANIFEST.sha256") || return 0
	RESUME=1 run "$what: resume" 0 "$build/tests/mkbundle" "$work/kit" "$bundle" "$count"
	kept=$((kept + $(sed -nE 's/^kept ([0-9]+) .*/\1/p' "$work/err")))
	aside=$((aside + $(sed -nE 's/.*set ([0-9]+) aside/\1/p' "$work/err")))
	opened "$what, gone on with" 0
	cmp -s "$work/sums" "$work/want" || complain "$what: another content: $(diff "$work/sums" "$work/want" | head -n 3)"
}

make_work
make_kit
mkdir "$work/first"
run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work/first" "$count"
bundle_of "mkbundle" || finish
opened "undisturbed" 0
cp "$work/sums" "$work/want"
[ "$(wc -l <"$work/want")" -eq "$count" ] || complain "not $count files: $(wc -l <"$work/want")"
total=$(du -sb "$bundle" | cut -f 1)
for ((i = 0; i < kills; i++)); do disturb "killed, $i" $(((RANDOM * 32768 + RANDOM) % total)); done
export PLUG=1
for ((i = 0; i < plugs; i++)); do disturb "plug pulled, $i" $(((RANDOM * 32768 + RANDOM) % total)); done
echo "$kills kills, $plugs plugs in $total bytes: $begun sealed before it, $kept entries kept, $aside volumes set aside"
[ "$kept" -gt 0 ] || complain "nothing was ever kept"
finish
