#!/bin/bash
# Files that Windows packed with WOF (compact /exe): libwim's compressors pack them into a real NTFS volume, collect and
# extract give the originals back, byte for byte. A damaged one loses its chunk, and its packed stream comes too.
# usage: tests/e2e/wof.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/wof.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq age zstd tar mkntfs ntfs-3g setfattr openssl
[ "$(id -u)" = 0 ] || skip "NTFS image (needs root to mount)"
[ -x "$build/tests/mkwof" ] || skip "libwim-dev is not installed"

# usage: same WHAT EXPECTED FOUND
same() { [ "$2" = "$3" ] || complain "$1: '$3', not '$2'"; }

rows() {
	local volume
	for volume in "$bundle"/meta.*.age; do age -d -i "$work/keys/recipient.key" "$volume"; done | zstd -dcq |
		tar -xOf - --wildcards 'meta/entries.*' 2>/dev/null
}

# usage: noise BYTES   the same every time
noise() { { openssl enc -aes-128-ctr -K 4b616e7368696b69 -iv 00 -in /dev/zero 2>/dev/null || true; } | head -c "$1"; }

make_originals() {
	local dir=$work/originals size
	mkdir "$dir"
	{ cat "$tests"/*.c 2>/dev/null || true; } | head -c 300000 >"$dir/text"
	head -c 3000000 "$kanshiki" >"$dir/code"
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
	truncate -s 200M "$work/wof.img"
	mkntfs -F -Q -q "$work/wof.img" >/dev/null 2>&1
	mkdir -p "$mnt"
	ntfs-3g -o streams_interface=windows "$work/wof.img" "$mnt" 2>"$work/mount.log" ||
		skip "ntfs-3g cannot mount: $(tail -n 1 "$work/mount.log")"
	number=0
	for algorithm in xpress4k lzx xpress8k xpress16k; do
		mkdir "$mnt/$algorithm"
		for file in "$work/originals"/*; do
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
	umount "$mnt"
}

# One with a chunk overwritten, one of an unknown algorithm, one whose packed stream is gone, one cut short.
make_damaged() {
	local file=$work/originals/text size
	size=$(stat -c %s "$file")
	mkdir "$1"
	"$build/tests/mkwof" lzx "$file" "$work/packed"
	put_packed "$1/unknown" 4 "$size" "$work/packed"
	printf '\xff%.0s' {1..300} | dd of="$work/packed" bs=1 seek=30000 conv=notrunc status=none
	put_packed "$1/chunk" 1 "$size" "$work/packed"
	: >"$1/gone"
	put_packed "$1/gone" 1 "$size" "$work/packed"
	rm "$1/gone:WofCompressedData"
	"$build/tests/mkwof" xpress4k "$file" "$work/packed"
	truncate -s 60000 "$work/packed"
	put_packed "$1/cut" 0 "$size" "$work/packed"
}

# usage: row_of PATH FILTER
row_of() { jq -r "select(.path == \"fs/C/$1\") | $2" "$work/rows"; }

check_whole() {
	local algorithm file name
	for algorithm in xpress4k lzx xpress8k xpress16k; do
		for file in "$work/originals"/*; do
			name=$algorithm/$(basename "$file")
			cmp -s "$file" "$work/extracted/fs/C/$name" || complain "$name: not the original"
			same "$name: row" "taken $algorithm $(stat -c %s "$file")" \
				"$(row_of "$name" '"\(.status) \(.wof.algorithm) \(.stored_size)"')"
			same "$name: sha256" "$(sha256sum "$file" | cut -c1-64)" "$(row_of "$name" .sha256)"
		done
		same "$algorithm/empty" "taken 0" "$(row_of "$algorithm/empty" '"\(.status) \(.size)"')"
	done
	same "packed streams beside whole content" "" "$(jq -r .path "$work/rows" | grep ':WofCompressedData' | grep -v /damaged/ || true)"
}

# Everything but one chunk of 32 KiB, and that is said.
check_damaged() {
	local name bad
	name=damaged/chunk
	same "$name: row" "partial lzx" "$(row_of "$name" '"\(.status) \(.wof.algorithm)"')"
	same "$name: bad" 1 "$(row_of "$name" '.bad_ranges | length')"
	bad=$(row_of "$name" '.bad_ranges[0] | "\(.[0]) \(.[1])"')
	[ "${bad#* }" = 32768 ] || complain "$name: bad range $bad"
	perl -e 'my ($at, $len, @f) = @ARGV; local $/; my @c = map { open my $h, "<", $_ or die; scalar <$h> } @f;
		substr($_, $at, $len) = "" for @c; exit($c[0] ne $c[1])' $bad "$work/originals/text" "$work/extracted/fs/C/$name" ||
		complain "$name: more than that differs"
	for name in damaged/chunk damaged/unknown damaged/cut; do
		same "$name: its packed stream" taken "$(row_of "$name:WofCompressedData" .status)"
	done
	same "damaged/unknown: row" "partial unsupported 0" \
		"$(row_of damaged/unknown '"\(.status) \(.reason_kind) \(.stored_size)"')"
	same "damaged/gone: row" "partial damaged 0" "$(row_of damaged/gone '"\(.status) \(.reason_kind) \(.stored_size)"')"
	same "damaged/cut: row" "partial damaged" "$(row_of damaged/cut '"\(.status) \(.reason_kind)"')"
	cmp -s -n 90000 "$work/originals/text" "$work/extracted/fs/C/damaged/cut" || complain "damaged/cut: the first part is lost"
}

check_reparse() {
	local name
	for name in cloud dedup wim; do
		same "$name: row" "partial $name 0 []" \
			"$(row_of "reparse/$name" '"\(.status) \(.reparse.content) \(.stored_size) \(.sparse_map)"')"
	done
	same "cloud: size" 12345 "$(stat -c %s "$work/extracted/fs/C/reparse/cloud")"
	same "cloud: name" CLOUD_6 "$(row_of reparse/cloud .reparse.name)"
	same "wim: sha1" 0102030405060708090a0b0c0d0e0f1011121314 "$(row_of reparse/wim .reparse.sha1)"
	same "link: target" 'taken a\b.c true' "$(row_of reparse/link '"\(.status) \(.reparse.target) \(.reparse.relative)"')"
	same "cloud: reason" "the content is in the cloud, not on this disk" "$(row_of reparse/cloud .reason)"
}

make_work
make_kit
mkdir "$work/out-dir"
make_originals
make_volume
run "everything" 1 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/wof.img" \
	--profile none --take '**'
bundle_of everything || finish
rows >"$work/rows"
intact everything "$bundle" "0|1"
check_whole
check_damaged
check_reparse
rm -rf "$bundle"
# A pattern that names streams gets the packed one.
run "the packed stream" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/wof.img" \
	--profile none --take 'lzx/text:*'
bundle_of "the packed stream" || finish
same "the packed stream" "fs/C/lzx/text:WofCompressedData" "$("$kanshiki" ls "$bundle" --keys "$work/keys" | grep '^fs/' | paste -sd' ')"
finish
