#!/bin/bash
# Makes a FAT or exFAT volume from nothing: Japanese and long names, deep and full directories, fragmented files, deleted
# ones of which some were overwritten in part.
# usage: tests/make-fat.sh OUT.img 12|16|16-4k|32|exfat [FILES]     FILES in one directory (200)
#
# OUT.img.json tells what is in it: {"files": [{"path", "size", "sha256"}],
# "deleted": [{"name", "size", "sha256", "is": "full" | "partial" | "overwritten"}]}; name begins after the lost letter, the
# sha256 is that of the whole file as it was, of a partial one with zeros in place of what was overwritten.
# 32 has the 65,534 clusters that make FAT32 and whose numbers still fit into the half that Windows leaves of a deleted entry.
# exFAT needs root, exfat-fuse and a loop device; exits 77 with "skipped: WHAT" without what it needs.
set -euo pipefail
export LC_ALL=C.UTF-8 MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1 TZ=UTC
out=$1 kind=$2 many=${3:-200}
work=$(mktemp -d "${TMPDIR:-/tmp}/make-fat.XXXXXX")
loop=

cleanup() {
	! mountpoint -q "$work/mnt" 2>/dev/null || umount "$work/mnt" || umount -l "$work/mnt"
	[ -z "$loop" ] || losetup -d "$loop" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

skip() {
	echo "skipped: $*"
	exit 77
}

need() {
	local tool
	for tool; do command -v "$tool" >/dev/null || skip "FAT image ($tool is not installed)"; done
}

format() {
	rm -f "$out" "$out.json"
	case $kind in
	12) truncate -s 4M "$out" && mkfs.fat -F 12 -s 4 -n KANSHIKI "$out" ;;
	16) truncate -s 8M "$out" && mkfs.fat -F 16 -s 2 -n KANSHIKI "$out" ;;
	32) truncate -s 33304K "$out" && mkfs.fat -F 32 -s 1 -n KANSHIKI "$out" ;;
	16-4k) truncate -s 20M "$out" && mkfs.fat -F 16 -S 4096 -s 1 -n KANSHIKI "$out" ;;
	exfat) truncate -s 8M "$out" && mkfs.exfat -n KANSHIKI "$out" ;;
	*) echo "make-fat: no such kind '$kind'" >&2 && exit 64 ;;
	esac >"$work/mkfs.log" 2>&1 || { cat "$work/mkfs.log" && exit 1; }
}

mount_exfat() {
	loop=$(losetup -f --show "$out" 2>"$work/loop.log") || skip "exFAT image ($(tail -n 1 "$work/loop.log"))"
	mkdir -p "$work/mnt"
	mount.exfat-fuse "$loop" "$work/mnt" >"$work/mount.log" 2>&1 || skip "exFAT image ($(tail -n 1 "$work/mount.log"))"
	mountpoint -q "$work/mnt" || skip "exFAT image (it cannot be mounted)"
}

# put FILE PATH, take_away PATH, make_dir PATH
put() {
	if [ "$kind" = exfat ]; then cp "$1" "$work/mnt/$2"; else mcopy -i "$out" "$1" "::/$2"; fi
}
take_away() {
	if [ "$kind" = exfat ]; then rm "$work/mnt/$1"; else mdel -i "$out" "::/$1"; fi
}
make_dir() {
	if [ "$kind" = exfat ]; then mkdir "$work/mnt/$1"; else mmd -i "$out" "::/$1"; fi
}
free_bytes() {
	if [ "$kind" = exfat ]; then
		df --output=avail -B1 "$work/mnt" | tail -n 1
	else
		mdir -i "$out" ::/ | awk '/bytes free/ { sub(/ bytes free/, ""); gsub(/ /, ""); print }'
	fi
}

note() { # FILE PATH
	jq -cn --arg path "$2" --argjson size "$(stat -c %s "$1")" --arg sha256 "$(sha256sum "$1" | cut -c1-64)" \
		'{$path, $size, $sha256}' >>"$work/files"
}
keep() { put "$1" "$2" && note "$1" "$2"; }
lost() { # FILE NAME FATE
	jq -cn --arg name "$2" --argjson size "$(stat -c %s "$1")" --arg sha256 "$(sha256sum "$1" | cut -c1-64)" --arg is "$3" \
		'{$name, $size, $sha256, $is}' >>"$work/deleted"
}
random() { head -c "$1" /dev/urandom >"$work/$2"; }

# All of the directory at once.
note_many() {
	(cd "$work/many" && stat -c $'%n\t%s' -- * >"$work/sizes" && sha256sum -- * | sed 's/^\([0-9a-f]*\)  \(.*\)$/\1/' | paste "$work/sizes" -) |
		jq -Rc 'split("\t") | {path: ("many/" + .[0]), size: (.[1] | tonumber), sha256: .[2]}' >>"$work/files"
}

fill_tree() {
	local deep=深い i
	: >"$work/empty"
	random 70000 photo
	random 5 short
	keep "$work/photo" 写真と報告書の長い名前.jpg
	keep "$work/short" "A rather long file name, with a comma.txt"
	keep "$work/empty" empty
	keep "$work/short" UPPER.TXT
	make_dir "$deep"
	for i in 二 三 四 五; do
		deep=$deep/$i
		make_dir "$deep"
	done
	keep "$work/photo" "$deep/報告.docx"
	make_dir many
	mkdir "$work/many"
	for ((i = 0; i < many; i++)); do echo "$i" >"$work/many/file number $i.txt"; done
	note_many
	if [ "$kind" = exfat ]; then cp "$work/many"/* "$work/mnt/many/"; else mcopy -i "$out" "$work/many"/* ::/many/; fi
}

# What is deleted, and then written over: the filler takes all that is free, so that what comes after it finds only the
# clusters of what was deleted before.
delete_some() {
	local cluster=32768
	random $((2 * cluster)) over
	random $((4 * cluster)) part
	random 50000 gone
	random $((3 * cluster)) new
	put "$work/gone" GONE.BIN
	keep "$work/short" wall1
	put "$work/over" OVER.BIN
	keep "$work/short" wall2
	put "$work/part" PART.BIN
	keep "$work/short" wall3
	make_dir OLDDIR
	put "$work/short" OLDDIR/inside.txt
	put "$work/short" PLACE1 # a directory that had to grow would find no cluster later
	put "$work/short" many/PLACE2
	take_away PLACE1
	take_away many/PLACE2
	truncate -s "$(free_bytes)" "$work/filler"
	put "$work/filler" FILLER.BIN
	take_away OVER.BIN
	take_away PART.BIN
	keep "$work/new" many/new.bin # not in the place of their entries
	take_away GONE.BIN
	take_away OLDDIR/inside.txt
	if [ "$kind" = exfat ]; then rmdir "$work/mnt/OLDDIR"; else mrd -i "$out" ::/OLDDIR; fi
	cp "$work/part" "$work/part.left"
	dd if=/dev/zero of="$work/part.left" bs=$cluster count=1 conv=notrunc status=none
	lost "$work/gone" ONE.BIN full
	lost "$work/over" VER.BIN overwritten
	lost "$work/part.left" ART.BIN partial
	lost "$work/short" nside.txt full
}

need jq
if [ "$kind" = exfat ]; then
	need mkfs.exfat mount.exfat-fuse losetup
	[ "$(id -u)" = 0 ] || skip "exFAT image (needs root to mount)"
else
	need mkfs.fat mcopy
fi
: >"$work/files"
: >"$work/deleted"
format
[ "$kind" != exfat ] || mount_exfat
fill_tree
delete_some
if [ "$kind" = exfat ]; then
	umount "$work/mnt"
	losetup -d "$loop"
	loop=
fi
jq -n --slurpfile files "$work/files" --slurpfile deleted "$work/deleted" '{$files, $deleted}' >"$out.json"
