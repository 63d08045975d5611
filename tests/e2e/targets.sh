#!/bin/bash
# Where extract puts things is not what it would like: names made up to meet those that it makes itself, a file system that knows no
# case and no colon, one that gets full, one without files of 4 GiB, a directory that turns into a link meanwhile. Every file
# comes out whole or has its line; nothing is replaced, nothing lands outside.
# usage: tests/e2e/targets.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/targets.sh BUILD}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need perl sha256sum

extract() { "$kanshiki" extract "$bundle" -C "$1" --keys "$work/keys" "${@:2}"; }

# usage: hostile   the script of mkhostile on stdin; sets $bundle
hostile() {
	rm -rf "$work/made" && mkdir "$work/made"
	"$build/tests/mkhostile" "$work/kit" "$work/made" >"$work/out" 2>"$work/err" || complain "not made: $(cat "$work/err")"
	bundle_of "mkhostile"
}

# usage: sizes DIR   of the files below, in order: entries of mkhostile are told apart by them
sizes() { find "$1" -type f ! -name NAMES.tsv -path '*/fs/*' -printf '%s\n' | sort -n | tr '\n' ' '; }

# usage: mark TEXT   the eight digits that a changed name carries
mark() { printf '%s' "$1" | sha256sum | cut -c 1-8; }

# The second of two names that differ only in case gets a name apart; a third entry has just that name of its own, in any case.
made_up_names() {
	local how taken
	taken=X~$(mark fs/C/X.txt)
	for how in "entry fs/C/x.txt fs/C/x.txt 100;entry fs/C/X.txt fs/C/X.txt 200;entry fs/C/$taken.txt fs/C/$taken.txt 300" \
		"entry fs/C/x.txt fs/C/x.txt 100;entry fs/C/$taken.TXT fs/C/$taken.TXT 300;entry fs/C/X.txt fs/C/X.txt 200" \
		"entry fs/C/${taken,,}.txt fs/C/${taken,,}.txt 300;entry fs/C/x.txt fs/C/x.txt 100;entry fs/C/X.txt fs/C/X.txt 200" \
		"entry fs/C/a:b fs/C/a:b 100;entry fs/C/a_b~$(mark a:b) fs/C/a_b~$(mark a:b) 200;entry fs/C/A_B~$(mark a:b) fs/C/A_B~$(mark a:b) 300"; do
		hostile <<<"${how//;/$'\n'}"
		for _ in 1 2; do run "made-up names" 0 extract "$work/names" --windows-names --force; done
		[ "$(sizes "$work/names")" = "100 200 300 " ] || complain "made-up names: left are $(sizes "$work/names") of $how"
		[ -z "$(find "$work/names" -printf '%P\n' | tr '[:upper:]' '[:lower:]' | sort | uniq -d)" ] || complain "made-up names: two differ only in case"
		rm -rf "$work/names"
	done
}

# usage: on_strange WHAT FILES   $work/mnt, which knows no case: what is not written has a line, what is there is whole
on_strange() {
	local written failed
	run "$1, names as they are" "0|1" extract "$work/mnt/as"
	written=$(sed -nE 's/^kanshiki: files: ([0-9]+) .*/\1/p' "$work/err")
	failed=$(grep -c '^kanshiki: not supported: .*takes no such name (--windows-names' "$work/err" || true)
	[ $((written + failed)) -eq "$2" ] || complain "$1: $written written and $failed named, not $2: $(head -n 5 "$work/err")"
	run "$1, --windows-names" 0 extract "$work/mnt/windows" --windows-names
	run "$1, --windows-names again" 0 extract "$work/mnt/windows" --windows-names --force
	[ "$(sizes "$work/mnt/windows")" = "100 200 300 400 500 " ] || complain "$1: --windows-names left $(sizes "$work/mnt/windows")"
}

# A bundle written there, stopped by its size, is gone on with where there is room.
onto_exfat() {
	have_image
	rm -rf "${work:?}/mnt"/*
	run "collect onto exFAT" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/mnt" --volume "C=$image" --take '**'
	[ "$code" -eq 1 ] || complain "collect onto exFAT: it should be too small"
	bundle_of "collect onto exFAT" || return 0
	run "verify on exFAT" 1 "$kanshiki" verify "$bundle" --keys "$work/keys"
	cp -r "$bundle" "$work/moved"
	run "resume of it" "0|1" "$kanshiki" collect --kit "$work/kit" --resume "$work/moved"
	run "verify of it" 0 "$kanshiki" verify "$work/moved" --keys "$work/keys"
}

strange_file_systems() {
	hostile <<<$'entry fs/C/Case fs/C/Case 100\nentry fs/C/case fs/C/case 200\nentry fs/C/CASE fs/C/CASE 300\nentry fs/C/a:b fs/C/a:b 400\nentry fs/C/q?/x fs/C/q?/x 500'
	local files
	files=$(extract "$work/plain" 2>&1 | sed -nE 's/^kanshiki: files: ([0-9]+) .*/\1/p')
	mkdir "$work/mnt"
	truncate -s 16M "$work/n.img"
	if mkntfs -qF "$work/n.img" >/dev/null 2>&1 && lowntfs-3g -o ignore_case,windows_names "$work/n.img" "$work/mnt" 2>/dev/null; then
		on_strange "NTFS without case" "$files"
		umount "$work/mnt"
	else
		echo "skipped: NTFS without case (lowntfs-3g cannot mount)"
	fi
	# The driver wants a block device; detached now, it is gone once it is unmounted.
	truncate -s 16M "$work/e.img"
	local loop=
	if mkfs.exfat "$work/e.img" >/dev/null 2>&1 && loop=$(losetup --show -f "$work/e.img" 2>/dev/null) && mount.exfat-fuse "$loop" "$work/mnt" >/dev/null 2>&1; then
		losetup -d "$loop"
		on_strange "exFAT" "$files"
		onto_exfat
		umount "$work/mnt"
	else
		[ -z "$loop" ] || losetup -d "$loop"
		echo "skipped: exFAT (no loop device, or mount.exfat-fuse cannot mount)"
	fi
}

# A full disk: one line, and no half of a file.
full_disk() {
	local path
	run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work" 4
	bundle_of "mkbundle" || return 0
	run "extract" 0 extract "$work/all"
	mount -t tmpfs -o size=1m tmpfs "$work/mnt" 2>/dev/null || {
		echo "skipped: a full disk (no tmpfs can be mounted)"
		return 0
	}
	run "a full disk" 74 extract "$work/mnt/x"
	[ "$(grep -c '^kanshiki: no space left: ' "$work/err")" -eq 1 ] || complain "a full disk: $(cat "$work/err")"
	while read -r path; do
		cmp -s "$work/mnt/x/$path" "$work/all/$path" || complain "a full disk: '$path' is half a file"
	done < <(cd "$work/mnt/x" && find . -type f)
	umount "$work/mnt"
	code=0
	(ulimit -f 256 && extract "$work/small" >"$work/out" 2>"$work/err") || code=$?
	[ "$code" -eq 1 ] || complain "no large files: exit $code"
	grep -q "^kanshiki: larger than allowed: .*'fs/C/Bulk/.*larger than the file system can hold" "$work/err" || complain "no large files: $(head -n 3 "$work/err")"
	while read -r path; do
		cmp -s "$work/small/$path" "$work/all/$path" || complain "no large files: '$path' is half a file"
	done < <(cd "$work/small" && find . -type f)
}

# Somebody puts a link in the place of the directory while files are written into it, again and again.
links_meanwhile() {
	local pid turn=0
	hostile < <(for i in $(seq 3000); do echo "entry fs/C/$((i % 7))/$i fs/C/$((i % 7))/$i 10"; done)
	mkdir "$work/outside" "$work/moving"
	extract "$work/moving" >"$work/out" 2>"$work/err" &
	pid=$!
	until [ -d "$work/moving/fs/C" ] || ! kill -0 $pid 2>/dev/null; do :; done
	while kill -0 $pid 2>/dev/null; do
		turn=$((turn + 1))
		mv "$work/moving/fs/C" "$work/moving/was$turn" 2>/dev/null && ln -s "$work/outside" "$work/moving/fs/C"
		rm -f "$work/moving/fs/C" 2>/dev/null || true
	done
	code=0
	wait $pid || code=$?
	[[ "|0|1|73|" == *"|$code|"* ]] || complain "links meanwhile: exit $code"
	[ -z "$(ls -A "$work/outside")" ] || complain "links meanwhile: $(find "$work/outside" | wc -l) things outside"
	echo "$turn links put there meanwhile"
}

make_work
make_kit
made_up_names
strange_file_systems
full_disk
links_meanwhile
finish
