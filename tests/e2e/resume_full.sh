#!/bin/bash
# Disks that get full (tmpfs of random sizes) and files that may not grow (RLIMIT_FSIZE, as FAT32's 4 GiB): what is sealed
# opens, and with room it goes on to the content of a run that nobody disturbed.
# usage: tests/e2e/resume_full.sh BUILD [RUNS]   10; the whole of it is 200
set -euo pipefail
build=${1:?usage: tests/e2e/resume_full.sh BUILD [RUNS]}
. "$(dirname "$0")/../lib.sh"
runs=${2:-10}
count=20
full=0

sums() {
	rm -rf "$work/extracted"
	run "$1: verify" "$2" "$kanshiki" verify "$bundle" --keys "$work/keys"
	run "$1: extract" "$2" "$kanshiki" extract "$bundle" -C "$work/extracted" --keys "$work/keys"
	mkdir -p "$work/extracted/fs"
	(cd "$work/extracted" && find fs -type f -print0 | sort -z | xargs -0 -r sha256sum) >"$work/sums"
}

# usage: go_on WHAT   the bundle under $work/disk
go_on() {
	bundle=$(find "$work/disk" -mindepth 1 -maxdepth 1)
	[ -f "$bundle/MANIFEST.sha256" ] || return 0 # no room for the first seal
	sums "$1" "0|1"
	[ -z "$(comm -23 <(sort "$work/sums") <(sort "$work/want"))" ] || complain "$1: wrong bytes"
	grep -q '^# status: in-progress' "$bundle/MANIFEST.sha256" || return 0
	full=$((full + 1))
	[ -z "${2:-}" ] || mount -o "remount,size=$2" "$work/disk"
	RESUME=1 run "$1: resume" 0 "$build/tests/mkbundle" "$work/kit" "$bundle" "$count"
	sums "$1, gone on with" 0
	cmp -s "$work/sums" "$work/want" || complain "$1: another content"
}

make_work
make_kit
mkdir "$work/disk"
run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work/disk" "$count"
bundle_of "mkbundle" || finish
sums "undisturbed" 0
cp "$work/sums" "$work/want"
rm -rf "$bundle"
for limit in 200 700 1000; do # KiB: volumes are of 1024 and more
	run "files of $limit KiB" "0|1" bash -c "trap '' XFSZ; ulimit -f $limit; exec \"\$@\"" - \
		"$build/tests/mkbundle" "$work/kit" "$work/disk" "$count"
	go_on "files of $limit KiB"
	rm -rf "${work:?}/disk"/*
done
[ "$full" -gt 0 ] || complain "no file was ever too large"
mount -t tmpfs -o size=1m tmpfs "$work/disk" 2>/dev/null || {
	echo "no tmpfs can be mounted here: only files that may not grow"
	finish
}
umount "$work/disk"
for ((i = 0; i < runs; i++)); do
	mount -t tmpfs -o "size=$((RANDOM % 7000 + 40))k" tmpfs "$work/disk"
	run "full, $i" "0|1" "$build/tests/mkbundle" "$work/kit" "$work/disk" "$count"
	go_on "full, $i" 64m
	umount "$work/disk"
done
# The shipped program tells what to type when there is room.
have_image
mount -t tmpfs -o size=2500k tmpfs "$work/disk"
run "full" 1 "$kanshiki" collect --kit "$work/kit" --out "$work/disk" --volume "C=$image" --take '**' --case 'a b'
line=$(grep -m 1 -e ' --resume ' "$work/err" || true)
[ -n "$line" ] || complain "full: nothing tells how to go on"
mount -o remount,size=64m "$work/disk"
run "as it was told" "0|1" bash -c "$line"
bundle_of "as it was told" && run "as it was told: verify" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
umount "$work/disk"
echo "$runs disks of random sizes: $full runs ended early and were gone on with"
finish
