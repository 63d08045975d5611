#!/bin/bash
# What a collection leaves behind: the evidence is the same to the last byte and time, nothing is made but the bundle, and
# collection.json tells how much that was.
# usage: tests/e2e/footprint.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/footprint.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq

# usage: state DIRECTORY   name, size, times and hash of everything in it, directories too
state() {
	(cd "$1" && find . -printf '%p %y %s %T@ %C@ %m %U\n' | sort && find . -type f -exec sha256sum {} + | sort)
}

make_work
have_image
make_kit
mkdir "$work/evidence" "$work/home" "$work/tmp" "$work/here" "$work/out-dir"
cp --sparse=always "$image" "$work/evidence/disk.img"
for part in evidence home tmp here kit keys; do state "$work/$part" >"$work/$part.before"; done
cd "$work/here"
run "collect" 0 env HOME="$work/home" TMPDIR="$work/tmp" XDG_RUNTIME_DIR="$work/tmp" "$kanshiki" collect --kit "$work/kit" \
	--out "$work/out-dir" --volume "C=$work/evidence/disk.img" --case F-1
cd "$work"
bundle_of "collect" || finish
for part in evidence home tmp here kit keys; do
	state "$work/$part" >"$work/$part.after"
	cmp -s "$work/$part.before" "$work/$part.after" || complain "$part changed: $(diff "$work/$part.before" "$work/$part.after" | head -n 4)"
done
[ "$(find "$work/out-dir" -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ] || complain "more than the bundle was made in --out"

"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" >"$work/collection.json"
is() { [ "$(jq -r "$2" "$work/collection.json")" = "$3" ] || complain "$1: $(jq -c .footprint "$work/collection.json")"; }
is "directories" .footprint.directories_made 1
is "program" .footprint.program "$(realpath "$kanshiki")"
is "written below" .footprint.written_below "$work/out-dir"
# All but what is sealed after it was told: this file itself, sheet, MANIFEST.
sealed=$(find "$bundle" -name '*.age' ! -name 'meta.*' -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
whole=$(find "$bundle" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
is "bytes" ".footprint | .bytes_to_files >= $sealed and .bytes_to_files <= $whole + 65536 and .bytes_written >= .bytes_to_files" true
is "bytes read" ".footprint.bytes_read > $((1 << 20))" true
is "memory" ".footprint.peak_memory | 1000000 < . and . < 150000000" true
finish
