#!/bin/bash
# Disks that get full (tmpfs of random sizes) and files that may not grow (RLIMIT_FSIZE, as FAT32's 4 GiB): what is sealed
# opens, salvage gives back exactly the entries whose frames lie in complete chunks on the disk, and with room it goes on to
# the content of a run that nobody disturbed.
# usage: tests/e2e/resume_full.sh BUILD [RUNS]   10; the whole of it is 200
set -euo pipefail
build=${1:?usage: tests/e2e/resume_full.sh BUILD [RUNS]}
. "$(dirname "$0")/../lib.sh"
. "$tests/resume_lib.sh"
runs=${2:-10}
full=0

# usage: filled COMMAND...   COMMAND writes below $work/disk until something is full
filled() { run "$what" "0|1" "$@" "$build/tests/mkbundle" "$work/kit" "$work/disk" "$size" "$mib"; }

# usage: go_on WHAT [SIZE]   with the bundle under $work/disk, once that disk has SIZE
go_on() {
	[ -f "$bundle/MANIFEST.sha256" ] || return 0 # no room for the first seal
	grep -q '^# status: in-progress' "$bundle/MANIFEST.sha256" && full=$((full + 1))
	[ -z "${2:-}" ] || mount -o "remount,size=$2" "$work/disk"
	gone_on_with "$1"
}

# usage: counted WHAT BUNDLE SAID   what was lost with its volume is counted as taken neither on the screen nor in the papers
counted() {
	local rows
	rows=$({ "$kanshiki" ls "$2" --all --json --keys "$work/keys" 2>/dev/null || [ $? = 1 ]; } | jq -r 'select(.status == "taken") | .path' | wc -l)
	[ "$3" = "$rows" ] || complain "$1: $3 taken, $rows rows that say so"
	"$kanshiki" cat "$2" meta/receipt.json --keys "$work/keys" 2>/dev/null |
		jq -e --argjson rows "$rows" '.totals | .taken == $rows and .expected == .taken + .partial + .skipped + .failed' >/dev/null ||
		complain "$1: the receipt counts otherwise"
	grep -q "完全 whole $rows," "$2/CUSTODY.txt" || complain "$1: the sheet counts otherwise: $(grep Counts "$2/CUSTODY.txt")"
}

# The last volume alone cannot be closed, as with a stick that is pulled at the end: nothing failed before.
not_closed() {
	head -c 3000000 /dev/urandom >"$work/noise.bin"
	truncate -s 40M "$work/noise.img"
	mkfs.fat -F 32 -s 1 "$work/noise.img" >/dev/null
	MTOOLSRC=/dev/null mcopy -i "$work/noise.img" "$work/noise.bin" ::/
	run "not closed" 1 bash -c 'ulimit -f 2900; exec "$@"' - "$kanshiki" collect --kit "$work/kit" --out "$work/unclosed" \
		--volume "C=$work/noise.img" --profile none --take noise.bin --json
	says "not closed" "files and streams in a volume that could not be closed: 1"
	says "not closed" "^Taken: 0\. In part: 0\. Not taken: 1\."
	bundle=$(tail -n 1 "$work/out" | jq -r .path)
	counted "not closed" "$bundle" "$(tail -n 1 "$work/out" | jq .taken)"
	# Only its file's name told what PC the image is of: that may be another by now.
	mv "$work/noise.img" "$work/renamed.img"
	run "renamed" 0 "$kanshiki" collect --kit "$work/kit" --resume "$bundle" --volume "C=$work/renamed.img"
	"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" | jq -e '.target.hostname == "noise"' >/dev/null ||
		complain "renamed: it has another host now"
	mv "$work/renamed.img" "$work/noise.img"
}

# The last three that were interrupted are told of, whatever their cases are called.
told_of_the_last() {
	local case told
	for case in 2 4 3 1 5; do
		run "case $case" 1 bash -c 'ulimit -f 2900; exec "$@"' - "$kanshiki" collect --kit "$work/kit" --out "$work/cases" \
			--volume "C=$work/noise.img" --profile none --take noise.bin --case "$case"
		sleep 1.1
	done
	told=$(sed -n 's/^  .* --resume .*\/\(.\)_noise_.*/\1/p' "$work/err" | paste -sd' ')
	[ "$told" = "4 3 1 5" ] || complain "told of: $told"
	says "told of the last" "A collection of 'noise' was interrupted and lies there. To go on with it, type instead:"
	# A run of another kit could not go on with them.
	run "another kit" 0 "$kanshiki" kit new "$work/kit2" --keys "$work/keys" --name Other
	run "another kit" 0 "$kanshiki" collect --kit "$work/kit2" --out "$work/cases" --volume "C=$work/noise.img" --profile none --take noise.bin
	! grep -e ' --resume ' "$work/err" || complain "another kit: it is told of what it cannot go on with"
}

make_work
need python3 jq mkfs.fat mcopy
make_kit
undisturbed
mkdir "$work/disk"
for limit in 200 700 1000; do # KiB: volumes are of 1024 and more
	what="files of $limit KiB"
	filled bash -c "trap '' XFSZ; ulimit -f $limit; exec \"\$@\"" -
	bundle=$(find "$work/disk" -mindepth 1 -maxdepth 1)
	go_on "$what"
	rm -rf "${work:?}/disk"/*
done
[ "$full" -gt 0 ] || complain "no file was ever too large"
# The shipped program, where its volume would be larger than a file may be: it seals what there is, and tells how to go on.
have_image
run "a file too large" 1 bash -c 'ulimit -f 2500; exec "$@"' - "$kanshiki" collect --kit "$work/kit" --out "$work/disk" --volume "C=$image" --take '**'
says "a file too large" "--resume"
bundle_of "a file too large" && {
	counted "a file too large" "$bundle" "$(sed -n 's/^Taken: \([0-9]*\)\. .*/\1/p' "$work/err")"
	opened "a file too large" "0|1"
}
not_closed
told_of_the_last
rm -rf "${work:?}/disk"/*
mount -t tmpfs -o size=1m tmpfs "$work/disk" 2>/dev/null || {
	echo "no tmpfs can be mounted here: only files that may not grow"
	finish
}
umount "$work/disk"
for ((i = 0; i < runs; i++)); do
	# Every second one has room for a RESERVE of 32 MiB, which is given back when a write fails in the middle of a volume.
	room=$((RANDOM % 6000 + 40 + i % 2 * 32768))
	mib=$((i % 4 < 2 ? 1 : 3))
	mount -t tmpfs -o "size=${room}k" tmpfs "$work/disk"
	what="a disk of $room KiB"
	rm -rf "$work/witness"
	mkdir "$work/witness"
	WITNESS=$work/witness filled
	bundle=$(find "$work/disk" -mindepth 1 -maxdepth 1)
	[ -z "$bundle" ] || {
		salvaged "$what"
		go_on "$what" 96m
	}
	umount "$work/disk"
done
# The shipped program tells what to type when there is room.
mount -t tmpfs -o size=2500k tmpfs "$work/disk"
run "full" 1 "$kanshiki" collect --kit "$work/kit" --out "$work/disk" --volume "C=$image" --take '**' --case 'a b'
line=$(grep -m 1 -e ' --resume ' "$work/err" || true)
[ -n "$line" ] || complain "full: nothing tells how to go on"
mount -o remount,size=64m "$work/disk"
run "as it was told" "0|1" bash -c "$line"
bundle_of "as it was told" && run "as it was told: verify" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
umount "$work/disk"
echo "$runs disks of random sizes: $full runs ended early and were gone on with; $there entries there and given back"
finish
