#!/bin/bash
# Makes an NTFS volume that looks like a small Windows, from nothing: hives, logs, browsers, streams, Japanese
# and hostile names, deleted, fragmented, sparse and compressed files, a change journal.
# usage: tests/make-image.sh OUT.img [SIZE]          SIZE as truncate takes it (64M)
#        tests/make-image.sh --needs                 the targets that must be built before
#
# OUT.img.json tells what is in it: {"host", "size", "files": [{"path", "size", "sha256"}], "deleted": [...]};
# a stream's path is "file:stream".
# KANSHIKI_BUILD   where the tools of tests/fixtures lie built (build/linux)
# KANSHIKI_BULK    so many files of 1 MiB in Bulk/, which do not compress (0)
# KANSHIKI_HOLE    bytes of the hole at the start of $J (268435456: more than the volume)
# Needs root, /dev/fuse, ntfs-3g and setfattr; exits 77 with "skipped: WHAT" without them.
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd "$(dirname "$0")/.." && pwd)
build=${KANSHIKI_BUILD:-$root/build/linux}
hole=${KANSHIKI_HOLE:-268435456}
bulk=${KANSHIKI_BULK:-0}
programs="mkfixtures mkusn mkstomp"
work=

die() {
	echo "make-image: $*" >&2
	exit 1
}

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
	for tool in mkntfs ntfs-3g setfattr mountpoint; do
		command -v "$tool" >/dev/null || skip "NTFS image ($tool is not installed)"
	done
	[ -e /dev/fuse ] || mknod /dev/fuse c 10 229 2>/dev/null || true
	(exec 3<>/dev/fuse) 2>/dev/null || skip "NTFS image (/dev/fuse cannot be opened)"
	for tool in $programs; do
		[ -x "$build/tests/$tool" ] ||
			die "'$build/tests/$tool' is not built: cmake --build --preset linux --target $tool"
	done
}

make_volume() {
	rm -f "$out" "$out.json"
	truncate -s "$size" "$out" || die "'$out' cannot be made"
	mkntfs -F -Q -q -L 鑑識 "$out" >"$work/mkntfs.log" 2>&1 || die "mkntfs: $(tail -n 1 "$work/mkntfs.log")"
	mount_volume
}

mount_volume() {
	ntfs-3g -o streams_interface=windows,compression,show_sys_files,noatime "$out" "$mnt" 2>"$work/mount.log" ||
		skip "NTFS image (ntfs-3g cannot mount: $(tail -n 1 "$work/mount.log"))"
}

# usage: lines COUNT TEXT   text that compresses
lines() {
	local i
	for ((i = 0; i < $1; i++)); do echo "$2 $i"; done
}

make_documents() {
	local dir=$mnt/Users/花子/Documents i
	mkdir -p "$dir" "$mnt/Users/花子/Downloads"
	lines 100 請求書 >"$dir/請求書.docx"
	printf '[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://cleaner.example/無料.exe\r\n' \
		>"$dir/請求書.docx:Zone.Identifier"
	cp "$mnt/ProgramData/cleaner.exe" "$mnt/Users/花子/Downloads/無料クリーナー.exe"
	printf '[ZoneTransfer]\r\nZoneId=3\r\n' >"$mnt/Users/花子/Downloads/無料クリーナー.exe:Zone.Identifier"
	# A stream without content beside an empty file, a big one, one on a directory.
	: >"$dir/empty.txt"
	: >"$dir/empty.txt:empty"
	cp "$mnt/ProgramData/cleaner.exe" "$dir/empty.txt:隠しデータ"
	echo "on a directory" >"$dir:note"
	# So many streams that their attributes need an attribute list.
	for ((i = 0; i < 60; i++)); do
		lines 4 "stream number $i of a file with many" >"$dir/many-streams.txt:stream-$i"
	done
	lines 10 "the unnamed stream" >"$dir/many-streams.txt"
}

make_layouts() {
	local dir=$mnt/Layouts i
	mkdir -p "$dir/compressed" "$dir/many"
	truncate -s 8M "$dir/sparse.bin"
	printf 'in the middle' | dd of="$dir/sparse.bin" bs=1 seek=4000000 conv=notrunc status=none
	printf 'at the end' | dd of="$dir/sparse.bin" bs=1 seek=8388000 conv=notrunc status=none
	truncate -s 100000 "$dir/all-hole.bin"
	# New files inherit it: LZNT1 units of 16 clusters, one that does not compress, one mixed.
	setfattr -n system.ntfs_attrib_be -v 0x00000800 "$dir/compressed"
	lines 20000 "a line that compresses well" >"$dir/compressed/text.log"
	cp "$mnt/Sizes/1048577.bin" "$dir/compressed/noise.bin"
	{
		lines 3000 text
		cat "$mnt/Sizes/65537.bin"
		head -c 300000 /dev/zero
		lines 3000 text
	} >"$dir/compressed/mixed.bin"
	echo "small" >"$dir/compressed/resident.txt"
	for ((i = 0; i < 400; i++)); do echo "$i" >"$dir/many/file with a longer name $i.txt"; done
	echo "one content, three names" >"$dir/name-1.txt"
	ln "$dir/name-1.txt" "$dir/name-2.txt"
	ln "$dir/name-1.txt" "$dir/many/名前-3.txt"
}

make_names() {
	local dir=$mnt/Names kanji
	mkdir -p "$dir"
	kanji=$(printf '鑑%.0s' {1..86})
	echo "86 kanji" >"$dir/$kanji"
	echo "86 kanji and an extension" >"$dir/$(printf '識%.0s' {1..86}).txt"
	echo "emoji" >"$dir/📷🔍 camera.txt"
	echo "right to left" >"$dir/invoice"$'\u202e'"fdp.exe"
	echo "escape" >"$dir/colour"$'\e'"[31m.txt"
	echo "new line" >"$dir/two"$'\n'"lines.txt"
	echo "backslash" >"$dir/a\\b.txt"
	echo "looks escaped" >"$dir/<U+202E>.txt"
	echo "percent" >"$dir/100%4.txt"
	echo "trailing dot" >"$dir/trailing."
	echo "trailing space" >"$dir/trailing "
	echo "device name" >"$dir/CON"
	echo "upper" >"$dir/Case.txt"
	echo "lower" >"$dir/case.txt"
	# A lone surrogate, which NTFS allows; not every ntfs-3g does.
	(echo "lone surrogate" >"$dir/lone-"$'\xed\xa0\x80'".txt") 2>/dev/null || true
}

make_deleted() {
	local dir=$mnt/Users/花子/Downloads
	mkdir -p "$dir/temp"
	# What mkusn creates later takes the first free records; these are for it.
	local i
	for ((i = 0; i < 6; i++)); do : >"$dir/$i"; done
	lines 1000 "deleted" >"$dir/削除済み.txt"
	cp "$mnt/ProgramData/cleaner.exe" "$dir/setup_deleted.exe"
	echo "in a deleted directory" >"$dir/temp/inside.txt"
	rm -r "$dir"/[0-5] "$dir/削除済み.txt" "$dir/setup_deleted.exe" "$dir/temp"
}

make_bulk() {
	local i
	[ "$bulk" -gt 0 ] || return 0
	mkdir -p "$mnt/Bulk"
	{ openssl enc -aes-128-ctr -K 4b616e7368696b69 -iv 00 -in /dev/zero 2>/dev/null || true; } |
		for ((i = 0; i < bulk; i++)); do
			head -c 1048576 >"$mnt/Bulk/$(printf %05d "$i").bin"
		done
}

# Times to 100 ns: created, modified, read; "changed" becomes now.
make_times() {
	local file=$mnt/Users/花子/Documents/times.txt
	echo "2001-02-03T04:05:06.7890123Z 2010-11-12T13:14:15.1617181Z 2020-12-24T01:02:03.0000001Z" >"$file"
	setfattr -n system.ntfs_times_be -v 0x01c08d967e2d69cb01cb826b813dda9d01d6d99063fc3781 "$file"
	# mkstomp sets the times of these two: long before they were made, to the second; and created in the year 2100.
	cp "$mnt/ProgramData/cleaner.exe" "$mnt/Users/花子/Documents/stomped.exe"
	echo "created after its last change" >"$mnt/Users/花子/Documents/future.txt"
	setfattr -n system.ntfs_attrib_be -v 0x00000006 "$mnt/Users/花子/NTUSER.DAT" # hidden, system
	# A junction (MS-FSCC 2.1.2.5): \??\C:\Users, shown as C:\Users.
	mkdir "$mnt/Documents and Settings"
	setfattr -n system.ntfs_reparse_data -v "0x030000a034000000000018001a001000$(
		printf '\\??\\C:\\Users\0C:\\Users\0' | iconv -t UTF-16LE | od -An -v -tx1 | tr -d ' \n'
	)" "$mnt/Documents and Settings"
}

# usage: json_string TEXT   sets $json
json_string() {
	json=${1//\\/\\\\}
	json=${json//\"/\\\"}
	json=${json//$'\n'/\\n}
	json=${json//$'\e'/\\u001b}
	json=${json//$'\xed\xa0\x80'/\\ud800}
	json=\"$json\"
}

# The paths to list, NUL-ended. Layouts/many and Bulk only by number.
list_paths() {
	local stream
	cd "$mnt"
	find . -mindepth 1 \( -path './$*' ! -path './$Recycle.Bin*' -o -path ./Layouts/many -o -path ./Bulk \) \
		-prune -o -type f -printf '%P\0' | sort -z
	for stream in '請求書.docx:Zone.Identifier' empty.txt:empty empty.txt:隠しデータ many-streams.txt:stream-{0..59}; do
		printf '%s\0' "Users/花子/Documents/$stream"
	done
	printf '%s\0' 'Users/花子/Documents:note' 'Users/花子/Downloads/無料クリーナー.exe:Zone.Identifier'
}

write_list() {
	local path sum size json comma=
	(list_paths) >"$work/paths"
	(cd "$mnt" && xargs -0 sha256sum -z) <"$work/paths" >"$work/sums"
	(cd "$mnt" && xargs -0 stat --printf '%s\0') <"$work/paths" >"$work/sizes"
	printf '{"host":"KANSHIKI-PC1","size":%d,"files":[\n' "$(stat -c %s "$out")"
	while IFS= read -r -d '' path && IFS= read -r -d '' -u 5 sum && IFS= read -r -d '' -u 6 size; do
		json_string "$path"
		printf '%s{"path":%s,"size":%d,"sha256":"%s"}' "$comma" "$json" "$size" "${sum%% *}"
		comma=$',\n'
	done <"$work/paths" 5<"$work/sums" 6<"$work/sizes"
	# mkusn makes this one: 600 pieces of a 4096-byte cluster.
	printf ',\n{"path":"Layouts/fragmented.bin","size":2457600,"sha256":"%s"}' \
		823baf67199f98562b3d75cf1f848b4d220fabb50a78d2e44d8ec67541973e97
	printf '\n],"deleted":["Users/花子/Downloads/削除済み.txt","Users/花子/Downloads/setup_deleted.exe",'
	printf '"Users/花子/Downloads/temp/inside.txt"],"links":["Layouts/name-1.txt","Layouts/name-2.txt",'
	printf '"Layouts/many/名前-3.txt"],"many":400,"bulk":%d}\n' "$bulk"
}

# The serial number is made up by mkntfs; the same each time is easier to talk about.
set_serial() {
	local bytes
	bytes=$(stat -c %s "$out")
	printf 'KANSHIKI' | dd of="$out" bs=1 seek=72 conv=notrunc status=none
	printf 'KANSHIKI' | dd of="$out" bs=1 seek=$((bytes / 512 * 512 - 512 + 72)) conv=notrunc status=none
}

main() {
	[ "${1:-}" != --needs ] || { echo "$programs"; return; }
	[ $# -ge 1 ] && [ $# -le 2 ] || {
		echo "usage: tests/make-image.sh OUT.img [SIZE]" >&2
		exit 64
	}
	out=$1
	size=${2:-64M}
	check_needs
	work=$(mktemp -d)
	mnt=$work/mnt
	trap cleanup EXIT
	mkdir "$mnt"
	make_volume
	"$build/tests/mkfixtures" "$mnt"
	make_documents
	make_layouts
	make_names
	make_bulk
	make_times
	make_deleted
	sync -f "$mnt"
	write_list >"$work/list.json"
	umount "$mnt"
	"$build/tests/mkusn" "$out" "$hole" 500 Users/花子/Documents/請求書.docx Users/花子/Documents/times.txt \
		ProgramData/cleaner.exe Users/花子/Downloads Windows/Prefetch/NOTEPAD.EXE-D8414F97.pf
	"$build/tests/mkstomp" "$out" Users/花子/Documents/stomped.exe 128920004640000000 128920004640000000 \
		Users/花子/Documents/future.txt 157469183991234567 128920004641234567
	set_serial
	mv "$work/list.json" "$out.json"
	echo "made '$out': NTFS, $(stat -c %s "$out") bytes, $(grep -c '"path"' "$out.json") files listed" >&2
}

main "$@"
