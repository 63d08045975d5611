# shellcheck shell=bash
# Builds disks with partition tables out of the volume of make-image.sh; sourced after lib.sh, with $image and $work.

# usage: with_letters OUT LETTER=...   the volume with other drive letters in its SYSTEM hive; OUT.json tells of it
with_letters() {
	local out=$1
	shift
	rm -f "$work/hive"
	"$build/tests/mkmounted" "$work/hive" "$@"
	cp --sparse=always "$image" "$out"
	ntfscp -q -f "$out" "$work/hive" Windows/System32/config/SYSTEM >"$work/ntfscp.log" 2>&1 ||
		{ cat "$work/ntfscp.log"; exit 1; }
	# Not by jq: the names hold lone surrogates.
	perl -pe 'BEGIN { ($sum, $size) = splice @ARGV, 0, 2 } if (m{"Windows/System32/config/SYSTEM"}) {
		s/"sha256": *"[0-9a-f]*"/"sha256": "$sum"/; s/"size": *[0-9]+/"size": $size/ }' \
		"$(sha256sum <"$work/hive" | cut -c1-64)" "$(stat -c %s "$work/hive")" "$image.json" >"$out.json"
}

# usage: put DISK SECTOR FILE   in sectors of 512
put() { dd if="$3" of="$1" bs=512 seek="$2" conv=notrunc,sparse status=none; }

# usage: make_fillers   $work/small.ntfs with one file, $work/fat.img, $work/linux.img
make_fillers() {
	[ ! -f "$work/small.ntfs" ] || return 0
	truncate -s 8M "$work/small.ntfs"
	mkntfs -F -Q -q -L Data "$work/small.ntfs" >"$work/mkntfs.log" 2>&1
	echo "on another partition" >"$work/other.txt"
	ntfscp -q -f "$work/small.ntfs" "$work/other.txt" other.txt >"$work/ntfscp.log" 2>&1
	mkfs.vfat -C "$work/fat.img" 8192 >/dev/null
	truncate -s 8M "$work/linux.img"
	mkswap "$work/linux.img" >/dev/null 2>&1
}

# An MBR disk: 1 data (no letter), 2 Windows (C), then an extended partition with 5 swap, 6 data (E), 7 FAT, 8 Linux.
# DISK.windows is its volume C, DISK.windows.json tells of it.
# usage: make_mbr_disk DISK
make_mbr_disk() {
	make_fillers
	with_letters "$1.windows" "C=4b414e53:$((20480 * 512))" "E=4b414e53:$((184320 * 512))" "Z=11111111:512"
	rm -f "$1"
	truncate -s 140M "$1"
	sfdisk -q "$1" <<-'END'
		label: dos
		label-id: 0x4b414e53
		start=2048, size=16384, type=7
		start=20480, size=131072, type=7, bootable
		start=153600, size=110592, type=5
		start=155648, size=16384, type=82
		start=184320, size=16384, type=7
		start=204800, size=16384, type=b
		start=225280, size=16384, type=83
	END
	put "$1" 2048 "$work/small.ntfs"
	put "$1" 20480 "$1.windows"
	put "$1" 184320 "$work/small.ntfs"
	put "$1" 204800 "$work/fat.img"
	put "$1" 225280 "$work/linux.img"
}

# A GPT disk: 1 EFI system (FAT), 2 Microsoft reserved, 3 Windows (C), 4 recovery (no letter).
# usage: make_gpt_disk DISK
make_gpt_disk() {
	make_fillers
	with_letters "$1.windows" 'C={11223344-5566-7788-99AA-BBCCDDEEFF03}'
	rm -f "$1"
	truncate -s 110M "$1"
	sgdisk -a 8 -U 00112233-4455-6677-8899-AABBCCDDEEFF -n 1:2048:+8M -t 1:ef00 -c 1:'EFI system partition' \
		-n 2:20480:+1M -t 2:0c01 -n 3:24576:+64M -t 3:0700 -c 3:'Basic data partition' \
		-u 3:11223344-5566-7788-99AA-BBCCDDEEFF03 -n 4:159744:+8M -t 4:2700 -u 4:11223344-5566-7788-99AA-BBCCDDEEFF04 \
		"$1" >"$work/sgdisk.log" || { cat "$work/sgdisk.log"; exit 1; }
	put "$1" 2048 "$work/fat.img"
	put "$1" 24576 "$1.windows"
	put "$1" 159744 "$work/small.ntfs"
}
