#!/bin/bash
# Whole disks: MBR with logical partitions, GPT with 512 and 4096-byte sectors and with a damaged start, as raw, split
# and E01 images: collect takes every volume under its letter, names what it leaves, timeline has all of them.
# usage: tests/e2e/disks.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/disks.sh BUILD}
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../disk_lib.sh"
need jq mcopy sfdisk sgdisk ntfscp mkfs.vfat ewfacquire mkswap

collect() { "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" "$@"; }

# usage: same WHAT EXPECTED FOUND
same() { [ "$2" = "$3" ] || complain "$1: '$3', not '$2'"; }

rows() { "$kanshiki" ls "$bundle" --all --json --keys "$work/keys" 2>/dev/null; }

# The two data partitions that hold one file; the second has a letter.
check_mbr() {
	make_mbr_disk "$work/mbr.img"
	run "MBR" 1 collect --volume "$work/mbr.img" --take '**'
	bundle_of "MBR" || return 0
	intact "MBR" "$bundle" "0|1"
	perl "$tests/compare_tree.pl" "$work/mbr.img.windows.json" "$work/extracted/fs/C" || complain "MBR: the files of C differ"
	same "MBR: E" "on another partition" "$(cat "$work/extracted/fs/E/other.txt")"
	same "MBR: partition 1" "on another partition" "$(cat "$work/extracted/fs/\$vol_p1/other.txt")"
	cmp -n 1048576 "$work/mbr.img" "$work/extracted/fs/\$disk_0/first-sectors" || complain "MBR: first sectors"
	same "MBR: the table" "1:\$vol_p1 2:C 5:\$vol_p5 6:E 7:\$vol_p7 8:\$vol_p8" \
		"$(jq -r '"\(.partition):\(.volume)"' "$work/extracted/fs/\$disk_0/partitions.jsonl" | paste -sd' ')"
	rows >"$work/rows"
	same "MBR: swap is left out" "left out: partitions of this type hold no files" \
		"$(jq -r 'select(.path == "fs/$vol_p5") | .reason' "$work/rows")"
	same "MBR: Linux is named" "not NTFS: Linux" "$(jq -r 'select(.path == "fs/$vol_p8") | .reason' "$work/rows")"
	same "MBR: receipt" "4b414e53 mbr 512 6" \
		"$("$kanshiki" cat "$bundle" meta/receipt.json --keys "$work/keys" | jq -r '.disks[0] | "\(.id) \(.table) \(.sector_size) \(.partitions)"')"
	rm -rf "$bundle"
}

# Which partition a letter stands for.
check_choice() {
	run "C by the registry" 0 collect --dry-run --volume "C=$work/mbr.img" --profile registry
	grep -qx 'fs/C/Windows/System32/config/SYSTEM' "$work/out" || complain "C by the registry: no SYSTEM"
	run "a letter of nobody" 64 collect --dry-run --volume "Q=$work/mbr.img" --profile registry
	says "a letter of nobody" 'Q=disk.img@2'
	says "a letter of nobody" '2: C: NTFS'
	run "a partition" 0 collect --dry-run --volume "Q=$work/mbr.img@1" --profile none --take '*.txt'
	same "a partition" "fs/Q/other.txt" "$(cat "$work/out")"
	run "a partition without a letter" 0 collect --dry-run --volume "$work/mbr.img@6" --profile none --take '*.txt'
	same "a partition without a letter" "fs/E/other.txt" "$(cat "$work/out")"
	run "no such partition" 64 collect --dry-run --volume "$work/mbr.img@4" --profile registry
	says_one_line "no such partition" 'no partition 4; there are: 1, 2, 5, 6'
	run "a volume has no partition" 64 collect --dry-run --volume "C=$image@1" --profile registry
	says_one_line "a volume has no partition" 'no partitions'
	run "a volume without a letter" 0 collect --dry-run --volume "$work/small.ntfs" --profile none --take '*.txt'
	same "a volume without a letter" 'fs/$vol_p0/other.txt' "$(cat "$work/out")"
	run "two disks" 1 collect --dry-run --volume "$work/mbr.img" --volume "$work/mbr.img@1" --profile none --take '*.txt'
	same "two disks" 'fs/$vol_d1_p1/other.txt fs/$vol_p1/other.txt fs/E/other.txt' "$(sort "$work/out" | paste -sd' ')"
}

check_gpt() {
	make_gpt_disk "$work/gpt.img"
	run "GPT" "0|1" collect --volume "$work/gpt.img" --take '**'
	bundle_of "GPT" || return 0
	intact "GPT" "$bundle" "0|1"
	perl "$tests/compare_tree.pl" "$work/gpt.img.windows.json" "$work/extracted/fs/C" || complain "GPT: the files of C differ"
	same "GPT: recovery" "on another partition" "$(cat "$work/extracted/fs/\$vol_{11223344-5566-7788-99AA-BBCCDDEEFF04}/other.txt")"
	cmp <(tail -c 16896 "$work/gpt.img") "$work/extracted/fs/\$disk_0/last-sectors" || complain "GPT: last sectors"
	same "GPT: names" "EFI system partition|Basic data partition" \
		"$(jq -r '.name | select(. != "" and . != "Microsoft reserved partition")' "$work/extracted/fs/\$disk_0/partitions.jsonl" | head -n 2 | paste -sd'|')"
	rm -rf "$bundle"
	cp --sparse=always "$work/gpt.img" "$work/wiped.img"
	dd if=/dev/zero of="$work/wiped.img" bs=512 count=34 conv=notrunc status=none
	run "GPT from its backup" 1 collect --volume "C=$work/wiped.img" --profile partition-tables,registry
	says "GPT from its backup" 'disk_0'
	bundle_of "GPT from its backup" || return 0
	same "GPT from its backup" true \
		"$("$kanshiki" cat "$bundle" meta/receipt.json --keys "$work/keys" | jq -r '.disks[0].from_backup')"
	"$kanshiki" ls "$bundle" --keys "$work/keys" | grep -qx 'fs/C/Windows/System32/config/SYSTEM' || complain "GPT from its backup: no SYSTEM"
	rm -rf "$bundle"
}

# GPT and NTFS with sectors of 4096 bytes.
check_4096() {
	local disk=$work/large.img
	truncate -s 64M "$disk"
	printf '%s\n' g n 1 512 +24M n 2 8192 +16M w | fdisk -b 4096 "$disk" >"$work/fdisk.log" 2>&1
	truncate -s 24M "$work/large.ntfs"
	mkntfs -F -Q -q -s 4096 "$work/large.ntfs" >"$work/mkntfs.log" 2>&1
	ntfscp -q -f "$work/large.ntfs" "$work/other.txt" other.txt >"$work/ntfscp.log" 2>&1
	put "$disk" 4096 "$work/large.ntfs"
	run "4096" 0 collect --dry-run --volume "C=$disk" --profile none --take '*.txt'
	same "4096" "fs/C/other.txt" "$(cat "$work/out")"
}

# The same disk in other wrappings gives the same lines; a missing part is said by name.
check_wrappings() {
	local i
	run "timeline" 1 "$kanshiki" timeline "$work/mbr.img"
	says "timeline: what is left out" "partition 8: Linux"
	cp "$work/out" "$work/lines"
	same "timeline: volumes" "C E p1" "$(jq -r '.path // "" | split("/")[0]' "$work/lines" | sort -u | grep -v '^$' | paste -sd' ')"
	run "timeline of the volume" 0 "$kanshiki" timeline "$work/mbr.img.windows"
	same "timeline: lines of C" "$(jq -r '.path // empty' "$work/out" | sort | sha256sum)" \
		"$(jq -r '.path // empty | select(startswith("C/")) | .[2:]' "$work/lines" | sort | sha256sum)"
	split -b 30000000 -d -a 3 "$work/mbr.img" "$work/digits."
	split -b 30000000 "$work/mbr.img" "$work/letters."
	for i in 0 1 2 3 4; do ln "$work/digits.00$i" "$work/ftk.00$((i + 1))"; done
	(cd "$work" && ewfacquire -u -c fast -S 1048576 -t ewf mbr.img) >"$work/ewf.log" 2>&1
	[ -f "$work/ewf.E03" ] || complain "E01: one file alone tests nothing"
	for i in digits.000 letters.aa ftk.001 ewf.E01; do
		run "timeline of $i" 1 "$kanshiki" timeline "$work/$i"
		cmp -s "$work/lines" "$work/out" || complain "timeline of $i: other lines"
	done
	run "collect from E01" "0|1" collect --volume "C=$work/ewf.E01" --take '**'
	if bundle_of "collect from E01"; then
		intact "collect from E01" "$bundle" "0|1"
		perl "$tests/compare_tree.pl" "$work/mbr.img.windows.json" "$work/extracted/fs/C" || complain "E01: the files of C differ"
		rm -rf "$bundle"
	fi
	run "a later part" 64 "$kanshiki" timeline "$work/ftk.003"
	says_one_line "a later part" "give the first, '.*ftk.001'"
	mv "$work/ftk.002" "$work/away"
	run "a part is missing" 66 "$kanshiki" timeline "$work/ftk.001"
	says_one_line "a part is missing" "ftk.002' of the image is missing"
	head -c 1000 "$work/away" >"$work/ftk.002"
	run "a part is cut" 65 "$kanshiki" timeline "$work/ftk.001"
	says_one_line "a part is cut" "ftk.002' of the image has 1000 bytes"
	mv "$work/ewf.E02" "$work/away"
	run "an E02 is missing" 66 "$kanshiki" timeline "$work/ewf.E01"
	says_one_line "an E02 is missing" "after .ewf.E01. is missing"
	mv "$work/away" "$work/ewf.E02"
}

# Parts behind a link, split(1)'s own names, and an E01 called otherwise.
check_other_names() {
	local i links=$work/links
	mkdir "$links"
	split -b 30000000 "$work/mbr.img" "$work/x"
	split -b 30000000 -a 1 --numeric-suffixes=1 "$work/mbr.img" "$work/mbr.dd."
	ln -s ../letters.aa "$links/disk.001"
	ln -s ../ewf.E01 "$links/disk.E01"
	ln -s ../ewf.E01 "$links/disk"
	for i in xaa mbr.dd.1 links/disk.001 links/disk.E01 links/disk; do
		run "timeline of $i" 1 "$kanshiki" timeline "$work/$i"
		cmp -s "$work/lines" "$work/out" || complain "timeline of $i: other lines"
	done
	rm "$work"/x?? "$work"/mbr.dd.?
}

# The file that is cut is to blame, not a checksum.
check_cut_e01() {
	(cd "$work" && ewfacquire -u -c fast -t single small.ntfs) >"$work/ewf.log" 2>&1
	cp "$work/single.E01" "$work/alone"
	run "an E01 without an extension" 0 "$kanshiki" timeline "$work/alone"
	truncate -s $(($(stat -c %s "$work/single.E01") * 2 / 3)) "$work/single.E01"
	run "a cut E01" 65 "$kanshiki" timeline "$work/single.E01"
	says_one_line "a cut E01" "'single.E01' ends before its end mark: it is cut off; copy it again"
	cp "$work/ewf.E01" "$work/away"
	truncate -s 300000 "$work/ewf.E01"
	run "a cut E01 of a set" 65 "$kanshiki" timeline "$work/ewf.E01"
	says_one_line "a cut E01 of a set" "'ewf.E01' ends before its end mark: it is cut off"
	mv "$work/away" "$work/ewf.E01"
}

# A chunk whose checksum is wrong: its range of a file is bad in the row, the rest is there.
check_bad_chunk() {
	local disk=$work/bad.img offset
	truncate -s 12M "$work/bad.ntfs"
	mkntfs -F -Q -q "$work/bad.ntfs" >"$work/mkntfs.log" 2>&1
	head -c 4000000 /dev/urandom >"$work/random"
	printf 'a place to spoil' | dd of="$work/random" bs=1 seek=2000000 conv=notrunc status=none
	ntfscp -q -f "$work/bad.ntfs" "$work/random" random >"$work/ntfscp.log" 2>&1
	(cd "$work" && ewfacquire -u -c none -t bad bad.ntfs) >"$work/ewf.log" 2>&1
	offset=$(LC_ALL=C grep -abo 'a place to spoil' "$work/bad.E01" | cut -d: -f1)
	printf 'X' | dd of="$work/bad.E01" bs=1 seek="$((offset + 100))" conv=notrunc status=none
	run "a bad chunk" 1 collect --volume "C=$work/bad.E01" --profile none --take 'random'
	bundle_of "a bad chunk" || return 0
	rows >"$work/rows"
	same "a bad chunk: row" "partial 1 true" \
		"$(jq -r 'select(.path == "fs/C/random") | "\(.status) \(.bad_ranges | length) \(.bad_ranges[0][1] <= 32768)"' "$work/rows")"
	jq -r 'select(.path == "fs/C/random") | .reason' "$work/rows" | grep -q 'wrong checksum' || complain "a bad chunk: no reason"
	"$kanshiki" cat "$bundle" fs/C/random --keys "$work/keys" >"$work/taken" 2>"$work/err" || true
	same "a bad chunk: size" 4000000 "$(stat -c %s "$work/taken")"
	same "a bad chunk: the rest" true \
		"$([ "$(cmp -l "$work/random" "$work/taken" | wc -l)" -le 32768 ] && echo true)"
	rm -rf "$bundle"
}

# The first chunk cannot be read: the backup of the table is at the end of the disk.
check_bad_start() {
	local offset
	(cd "$work" && ewfacquire -u -c none -t start gpt.img) >"$work/ewf.log" 2>&1
	run "timeline of GPT" "0|1" "$kanshiki" timeline "$work/gpt.img"
	cp "$work/out" "$work/lines"
	offset=$(LC_ALL=C grep -abo -m 1 'EFI PART' "$work/start.E01" | head -n 1 | cut -d: -f1)
	printf 'X' | dd of="$work/start.E01" bs=1 seek="$((offset + 100))" conv=notrunc status=none
	run "a bad first chunk" 1 "$kanshiki" timeline "$work/start.E01"
	says "a bad first chunk" 'partition table: the first sector: .*wrong checksum'
	cmp -s "$work/lines" "$work/out" || complain "a bad first chunk: other lines"
}

# The process that holds libewf may die: it is started again, and nothing is lost.
check_death() {
	local pid child lines=0 line
	mkfifo "$work/fifo"
	"$kanshiki" timeline "$work/ewf.E01" >"$work/fifo" 2>"$work/err" &
	pid=$!
	while IFS= read -r line; do
		printf '%s\n' "$line"
		lines=$((lines + 1))
		[ $((lines % 1000)) -eq 500 ] || continue
		read -r child _ <"/proc/$pid/task/$pid/children" || true
		[ -z "${child:-}" ] || kill -9 "$child" || true
	done <"$work/fifo" >"$work/out"
	wait "$pid" || true
	cmp -s "$work/lines" "$work/out" || complain "a reader of E01 that dies: other lines"
}

# Images of which bytes are otherwise: refused, or read with the damage said; never a crash, never a hang.
check_hostile() {
	local i
	for i in $(seq 40); do
		perl -e 'srand shift; local $/; open my $in, "<:raw", shift; my $all = <$in>; my $n = length $all;
			for (1 .. 1 + int rand 8) { my $at = rand() < 0.5 ? int rand 2000 : rand() < 0.5 ? $n - 1 - int rand 2000 : int rand $n;
				substr($all, $at, 1) = chr int rand 256 }
			$all = substr $all, 0, int rand $n if rand() < 0.1; binmode STDOUT; print $all' "$i" "$work/bad.E01" >"$work/hostile.E01"
		run "hostile E01 $i" "0|1|65|66" timeout 60 "$kanshiki" timeline "$work/hostile.E01"
	done
	! pgrep -P $$ kanshiki >/dev/null || complain "a reader of E01 is left over"
}

# usage: blank IMAGE   nothing is left of the first sector but its end mark
blank() { dd if=/dev/zero of="$1" bs=1 count=510 conv=notrunc status=none; }

# usage: poke IMAGE OFFSET BYTES   as printf %b takes them
poke() { printf "%b" "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# usage: read_both WHAT IMAGE   an image of a volume, and a disk with it as its one partition: other.txt is in both
read_both() {
	local disk=$work/around.img
	truncate -s 0 "$disk"
	truncate -s "$(($(stat -c %s "$2") + 2097152))" "$disk"
	printf '%s\n' 'label: dos' "start=2048, size=$(($(stat -c %s "$2") / 512)), type=7" | sfdisk -q "$disk"
	put "$disk" 2048 "$2"
	for i in "$2" "$disk" "$disk@1"; do
		run "$1: $i" "0|1" collect --dry-run --volume "C=$i" --profile none --take '*.txt'
		same "$1: $i" fs/C/other.txt "$(cat "$work/out")"
		run "$1: timeline of $i" "0|1" "$kanshiki" timeline "$i"
		grep -q 'other.txt' "$work/out" || complain "$1: timeline of $i: no other.txt"
	done
}

# A damaged boot sector without code looks like an empty partition table: the volume is read by its backup, NTFS also by $MFT.
check_like_empty() {
	local size
	truncate -s 48M "$work/like.fat"
	mkfs.vfat -F 32 -s 1 "$work/like.fat" >/dev/null
	mcopy -i "$work/like.fat" "$work/other.txt" ::other.txt
	dd if=/dev/zero of="$work/like.fat" bs=1 seek=90 count=420 conv=notrunc status=none
	poke "$work/like.fat" 13 '\0003'
	read_both "FAT32" "$work/like.fat"
	blank "$work/like.fat"
	read_both "FAT32, blank" "$work/like.fat"
	dd if=/dev/zero of="$work/like.fat" bs=512 count=1 conv=notrunc status=none
	read_both "FAT32, zeros" "$work/like.fat"
	cp "$work/small.ntfs" "$work/like.ntfs"
	blank "$work/like.ntfs"
	read_both "NTFS" "$work/like.ntfs"
	size=$(stat -c %s "$work/like.ntfs")
	dd if=/dev/zero of="$work/like.ntfs" bs=512 seek="$((size / 512 - 1))" conv=notrunc count=1 status=none
	read_both "NTFS without a backup" "$work/like.ntfs"
}

# A table that is called a volume: eight bytes at 3, or a whole boot sector of one that is not there.
check_called_volume() {
	local mark disk=$work/called.img
	truncate -s 12M "$disk"
	sgdisk -n 1:2048:+8M -t 1:0700 "$disk" >"$work/sgdisk.log"
	put "$disk" 2048 "$work/small.ntfs"
	for mark in 'NTFS    ' '-FVE-FS-' 'EXFAT   ' 'ReFS\0\0\0\0'; do
		poke "$disk" 3 "$mark"
		for i in "$disk" "$disk@1"; do
			run "GPT called $mark: $i" "0|1" collect --dry-run --volume "C=$i" --profile none --take '*.txt'
			same "GPT called $mark: $i" fs/C/other.txt "$(cat "$work/out")"
			run "timeline of a GPT called $mark: $i" "0|1" "$kanshiki" timeline "$i"
			grep -q 'other.txt' "$work/out" || complain "timeline of a GPT called $mark: no other.txt"
		done
	done
	head -c 440 "$work/small.ntfs" | dd of="$disk" conv=notrunc status=none
	run "GPT behind a boot sector" "0|1" collect --dry-run --volume "C=$disk@1" --profile none --take '*.txt'
	same "GPT behind a boot sector" fs/C/other.txt "$(cat "$work/out")"
	run "timeline of a GPT behind a boot sector" "0|1" "$kanshiki" timeline "$disk"
	grep -q 'other.txt' "$work/out" || complain "timeline of a GPT behind a boot sector: no other.txt"
	dd if="$disk" of="$work/first" bs=512 count=1 skip=1 status=none
	cp "$work/small.ntfs" "$work/stale.ntfs"
	put "$work/stale.ntfs" 1 "$work/first"
	run "NTFS with a stale GPT header" "0|1" collect --dry-run --volume "C=$work/stale.ntfs" --profile none --take '*.txt'
	same "NTFS with a stale GPT header" fs/C/other.txt "$(cat "$work/out")"
	rm -f "$disk"
	truncate -s 12M "$disk"
	printf '%s\n' 'label: dos' 'start=2048, size=16384, type=7' | sfdisk -q "$disk"
	put "$disk" 2048 "$work/small.ntfs"
	poke "$disk" 3 'NTFS    '
	run "MBR called NTFS" "0|1" collect --dry-run --volume "C=$disk@1" --profile none --take '*.txt'
	same "MBR called NTFS" fs/C/other.txt "$(cat "$work/out")"
}

# Boot sectors of other volumes on a disk: the backup of its last partition, that of a FAT32 which took the whole disk before.
check_backups_on_disk() {
	local disk=$work/ends.img
	truncate -s 9M "$disk"
	printf '%s\n' 'label: dos' 'start=2048, size=16384, type=7' | sfdisk -q "$disk"
	put "$disk" 2048 "$work/small.ntfs"
	run "timeline of a disk that ends with NTFS" "0|1" "$kanshiki" timeline "$disk"
	grep -q 'other.txt' "$work/out" || complain "timeline of a disk that ends with NTFS: no other.txt"
	rm -f "$disk"
	truncate -s 48M "$disk"
	mkfs.vfat -F 32 -s 1 "$disk" >/dev/null
	dd if=/dev/zero of="$disk" bs=512 count=1 conv=notrunc status=none
	printf '%s\n' 'label: dos' 'start=2048, size=16384, type=7' | sfdisk -q "$disk"
	put "$disk" 2048 "$work/small.ntfs"
	run "timeline of a disk that was FAT32" "0|1" "$kanshiki" timeline "$disk"
	grep -q 'other.txt' "$work/out" || complain "timeline of a disk that was FAT32: no other.txt"
	rm -f "$disk"
	truncate -s 48M "$disk"
	mkntfs -F -Q -q -c 512 "$disk" >"$work/mkntfs.log" 2>&1
	mkfs.vfat -F 32 -s 1 "$disk" >/dev/null
	mcopy -i "$disk" "$work/other.txt" ::other.txt
	dd if=/dev/zero of="$disk" bs=512 count=1 conv=notrunc status=none
	run "FAT32 that was NTFS" "0|1" collect --dry-run --volume "C=$disk" --profile none --take '*.txt'
	same "FAT32 that was NTFS" fs/C/other.txt "$(cat "$work/out")"
	run "timeline of FAT32 that was NTFS" "0|1" "$kanshiki" timeline "$disk"
	grep -q 'other.txt' "$work/out" || complain "timeline of FAT32 that was NTFS: no other.txt"
}

check_refusals() {
	local kind
	for kind in qcow2 vmdk vpc vhdx vdi; do
		qemu-img create -q -f "$kind" "$work/disk.$kind" 8M >/dev/null
		run "$kind" 65 "$kanshiki" timeline "$work/disk.$kind"
		says_one_line "$kind" 'qemu-img convert -O raw'
		run "$kind in collect" 65 collect --dry-run --volume "C=$work/disk.$kind"
		says_one_line "$kind in collect" 'qemu-img convert -O raw'
	done
	qemu-img convert -O vpc -o subformat=fixed,force_size=on "$work/small.ntfs" "$work/fixed.vhd"
	truncate -s 8M "$work/no.img"
	printf 'label: dos\n' | sfdisk -q "$work/no.img"
	run "an empty table" 65 collect --dry-run --volume "$work/no.img"
	says_one_line "an empty table" 'a disk without partitions'
	run "an empty table and a volume" 1 collect --dry-run --volume "$work/no.img" --volume "C=$work/small.ntfs" --profile none --take '*.txt'
	says "an empty table and a volume" 'a disk without partitions'
	truncate -s 64M "$work/many.img"
	{
		printf '%s\n' 'label: gpt' 'table-length: 400'
		for kind in $(seq 270); do echo "start=$((2048 + 64 * kind)), size=64"; done
		echo 'start=65536, size=16384, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7'
	} | sfdisk -q "$work/many.img"
	put "$work/many.img" 65536 "$work/small.ntfs"
	run "more partitions than fit" 1 collect --dry-run --volume "$work/many.img" --profile none --take '*.txt'
	says "more partitions than fit" '15 partitions are over the limit'
	grep -q other.txt "$work/out" || complain "more partitions than fit: the one that can be read is not taken"
	run "fixed VHD" 0 collect --dry-run --volume "C=$work/fixed.vhd" --profile none --take '*.txt'
	gzip -k "$work/small.ntfs"
	run "gzip" 65 "$kanshiki" timeline "$work/small.ntfs.gz"
	says_one_line "gzip" "small.ntfs.gz'.*unpack it first"
}

make_work
have_image
make_kit
mkdir "$work/out-dir"
make_fillers
check_mbr
check_choice
check_gpt
check_4096
check_wrappings
check_other_names
check_cut_e01
check_death
check_bad_chunk
check_bad_start
check_hostile
check_like_empty
check_called_volume
check_backups_on_disk
check_refusals
finish
