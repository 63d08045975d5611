#!/bin/bash
# Makes an NTFS volume of files that WOF packed (compact /exe) with libwim's compressors, whole and damaged, and of reparse
# points, extended attributes and object ids. The originals of the packed files go to DIRECTORY.
# usage: tests/make-wof-image.sh OUT.img DIRECTORY
#
# KANSHIKI_BUILD   where mkwof and kanshiki lie built (build/linux)
# Needs root, /dev/fuse, ntfs-3g, setfattr and libwim-dev (mkwof); exits 77 with "skipped: WHAT" without them.
set -euo pipefail
export LC_ALL=C.UTF-8

tests=$(cd "$(dirname "$0")" && pwd)
build=${KANSHIKI_BUILD:-$tests/../build/linux}
work=

skip() {
	echo "skipped: $*"
	exit 77
}

cleanup() {
	[ -n "$work" ] || return 0
	if mountpoint -q "$work/mnt"; then umount "$work/mnt" || umount -l "$work/mnt"; fi
	rm -rf "$work"
}

check_needs() {
	local tool
	[ "$(id -u)" = 0 ] || skip "NTFS image (needs root to mount)"
	for tool in mkntfs ntfs-3g setfattr mountpoint openssl; do
		command -v "$tool" >/dev/null || skip "NTFS image ($tool is not installed)"
	done
	[ -x "$build/tests/mkwof" ] || skip "files packed by WOF (libwim-dev is not installed)"
	[ -e /dev/fuse ] || mknod /dev/fuse c 10 229 2>/dev/null || true
	(exec 3<>/dev/fuse) 2>/dev/null || skip "NTFS image (/dev/fuse cannot be opened)"
}

# usage: noise BYTES   the same every time
noise() { { openssl enc -aes-128-ctr -K 4b616e7368696b69 -iv 00 -in /dev/zero 2>/dev/null || true; } | head -c "$1"; }

make_originals() {
	local dir=$originals size
	mkdir -p "$dir"
	{ cat "$tests"/*.c 2>/dev/null || true; } | head -c 300000 >"$dir/text"
	head -c 3000000 "$build/kanshiki" >"$dir/code"
	[ ! -f "$build/../win64/kanshiki.exe" ] || head -c 2000000 "$build/../win64/kanshiki.exe" >"$dir/exe"
	head -c 1000000 /dev/zero >"$dir/zeros"
	noise 200000 >"$dir/noise"
	{ head -c 50000 "$dir/text"; noise 40000; head -c 90000 /dev/zero; head -c 123456 "$dir/code"; } >"$dir/mixed"
	for size in 1 2 9 10 11 511 4095 4096 4097 8191 8192 8193 16383 16384 16385 32767 32768 32769 65536 65537; do
		head -c "$size" "$dir/text" >"$dir/size-$size"
	done
}

# usage: put_packed PATH ALGORITHM-NUMBER SIZE STREAM
put_packed() {
	truncate -s "$3" "$1"
	cp "$4" "$1:WofCompressedData"
	setfattr -n system.ntfs_reparse_data \
		-v "0x1700008010000000010000000200000001000000$(printf %02x "$2")000000" "$1"
}

make_volume() {
	local algorithm number file mnt=$work/mnt
	truncate -s 200M "$out"
	mkntfs -F -Q -q "$out" >/dev/null 2>&1
	mkdir -p "$mnt"
	ntfs-3g -o streams_interface=windows "$out" "$mnt" 2>"$work/mount.log" ||
		skip "ntfs-3g cannot mount: $(tail -n 1 "$work/mount.log")"
	number=0
	for algorithm in xpress4k lzx xpress8k xpress16k; do
		mkdir "$mnt/$algorithm"
		for file in "$originals"/*; do
			"$build/tests/mkwof" "$algorithm" "$file" "$work/packed"
			put_packed "$mnt/$algorithm/$(basename "$file")" "$number" "$(stat -c %s "$file")" "$work/packed"
		done
		: >"$work/packed"
		put_packed "$mnt/$algorithm/empty" "$number" 0 "$work/packed"
		number=$((number + 1))
	done
	make_damaged "$mnt/damaged"
	# A link, a cloud file, a deduplicated one: what they say of themselves.
	mkdir "$mnt/reparse"
	: >"$mnt/reparse/link"
	setfattr -n system.ntfs_reparse_data -v "0x0c0000a02000000000000a000a000a0001000000$(
		printf 'a\\b.ca\\b.c' | iconv -t UTF-16LE | od -An -v -tx1 | tr -d ' \n'
	)" "$mnt/reparse/link"
	truncate -s 12345 "$mnt/reparse/cloud"
	setfattr -n system.ntfs_reparse_data -v 0x1a6000900400000001020304 "$mnt/reparse/cloud"
	truncate -s 23456 "$mnt/reparse/dedup"
	setfattr -n system.ntfs_reparse_data -v 0x130000800400000001020304 "$mnt/reparse/dedup"
	truncate -s 34567 "$mnt/reparse/wim"
	setfattr -n system.ntfs_reparse_data \
		-v "0x17000080300000000100000001000000020000000000000007000000000000000102030405060708090a0b0c0d0e0f101112131400000000" "$mnt/reparse/wim"
	: >"$mnt/reparse/wsl"
	setfattr -n system.ntfs_ea -v "0x1400000000060400244c5855494400e8030000001400000080060400244c584d4f4400a481000000" "$mnt/reparse/wsl"
	setfattr -n system.ntfs_object_id -v "0x$(printf %02x {1..64})" "$mnt/reparse/wsl"
	umount "$mnt"
}

# One with a chunk overwritten, one of an unknown algorithm, one whose packed stream is gone, one cut short.
make_damaged() {
	local file=$originals/text size at
	size=$(stat -c %s "$file")
	mkdir "$1"
	"$build/tests/mkwof" lzx "$file" "$work/packed"
	put_packed "$1/unknown" 4 "$size" "$work/packed"
	# Chunk 2 begins with a block of a type that there is not.
	at=$((4 * ((size - 1) / 32768) + $(od -An -tu4 -j4 -N4 "$work/packed")))
	printf '\0\0\0\0' | dd of="$work/packed" bs=1 seek="$at" conv=notrunc status=none
	put_packed "$1/chunk" 1 "$size" "$work/packed"
	: >"$1/gone"
	put_packed "$1/gone" 1 "$size" "$work/packed"
	rm "$1/gone:WofCompressedData"
	"$build/tests/mkwof" xpress4k "$file" "$work/packed"
	truncate -s 60000 "$work/packed"
	put_packed "$1/cut" 0 "$size" "$work/packed"
}

[ $# -eq 2 ] || {
	echo "usage: tests/make-wof-image.sh OUT.img DIRECTORY" >&2
	exit 64
}
out=$1
originals=$2
check_needs
work=$(mktemp -d)
trap cleanup EXIT
make_originals
make_volume
