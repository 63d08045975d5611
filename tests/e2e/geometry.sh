#!/bin/bash
# Every geometry that mkntfs can make: sectors of 512 to 4096 bytes, clusters of 512 bytes to 2 MiB, records of 1 and 4 KiB.
# Files of each are taken with the bytes that were put in; every stream equals what ntfscat gives, and icat where The
# Sleuth Kit opens the volume; sizes are those of libfsntfs. What mkntfs cannot make is in tests/test_ntfs_huge.c.
# usage: tests/e2e/geometry.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/geometry.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need mkntfs ntfscp ntfscat icat fsstat fsntfsinfo

dump=$build/tests/corpus_ntfs_dump
made=0
compared=0

make_files() {
	printf 'resident' >"$work/small"
	head -c 100000 /dev/urandom >"$work/middle"
	head -c 5000001 /dev/urandom >"$work/large"
	: >"$work/empty"
	printf 'in a stream' >"$work/stream"
}

# usage: make_volume SECTOR CLUSTER   false when mkntfs does not make it
make_volume() {
	rm -f "$volume"
	truncate -s $(($2 > 65536 ? 512 : 24))M "$volume"
	mkntfs -F -Q -q -s "$1" -c "$2" "$volume" >"$work/mkntfs.log" 2>&1 || return 1
	local file
	for file in small middle large empty; do
		ntfscp -q -f "$volume" "$work/$file" "$file" >"$work/ntfscp.log" 2>&1 || return 1
	done
	ntfscp -q -f -N ads "$volume" "$work/stream" large >"$work/ntfscp.log" 2>&1
}

# ntfscat and icat give $MFT and index blocks otherwise than stored, or not at all: plain files and a few metafiles.
check_streams() {
	local what=$1 tsk=$2 record type id size used state hash name theirs
	while IFS=$'\t' read -r record type id size used state hash name; do
		[ "$type" = 80 ] && [ "$used" != free ] && [ "$state" = ok ] || continue
		[ "$record" -ge 24 ] || [ "$record" = 4 ] || [ "$record" = 6 ] || [ "$record" = 10 ] || continue
		theirs=$(ntfscat -f -i "$record" -a 128 ${name:+-n "$name"} "$volume" 2>/dev/null | sha256sum | cut -d' ' -f1)
		[ "$hash" = "$theirs" ] || complain "$what: record $record '$name' differs from ntfscat"
		compared=$((compared + 1))
		[ "$tsk" = yes ] && [ -z "$name" ] || continue
		theirs=$(icat "$volume" "$record-128-$id" 2>/dev/null | sha256sum | cut -d' ' -f1)
		[ "$hash" = "$theirs" ] || complain "$what: record $record differs from icat"
	done < <("$dump" streams "$volume" 0 100000000 2>/dev/null)
}

check_geometry() {
	local what=$1 told theirs
	told=$("$dump" boot "$volume" | awk '{ print $1, $2, $3, $4 }')
	theirs=$(fsntfsinfo "$volume" 2>/dev/null | awk -F: '/Bytes per sector/ { s = $2 + 0 } /Cluster block size/ { c = $2 + 0 }
		/MFT entry size/ { m = $2 + 0 } /Index entry size/ { i = $2 + 0 } END { print s, c, m, i }')
	[ "$told" = "$theirs" ] || complain "$what: sector, cluster, record, index '$told', to libfsntfs '$theirs'"
}

check_taken() { # WHAT [STATUS]
	local what=$1 file
	run "$what" "${2:-0}" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$volume" --profile none --take '*' --take '*:ads'
	bundle_of "$what" || return 0
	rm -rf "$work/extracted"
	run "$what: extract" 0 "$kanshiki" extract "$bundle" -C "$work/extracted" --keys "$work/keys" 'fs/C/*'
	for file in small middle large empty; do
		cmp -s "$work/$file" "$work/extracted/fs/C/$file" || complain "$what: '$file' differs"
	done
	cmp -s "$work/stream" "$work/extracted/fs/C/large:ads" || complain "$what: the stream differs"
	rm -rf "$bundle"
}

# Boot sector and its copy gone: the records of $MFT tell where it is.
check_wiped() {
	local what="$1, wiped" size
	size=$(stat -c %s "$volume")
	"$kanshiki" timeline "$volume" | sort >"$work/before"
	dd if=/dev/zero of="$volume" bs=4096 count=1 conv=notrunc status=none
	dd if=/dev/zero of="$volume" bs=4096 count=1 seek=$((size - 4096)) oflag=seek_bytes conv=notrunc status=none
	run "$what" 1 "$kanshiki" timeline "$volume"
	says "$what" 'boot sector and its copy are gone'
	sort "$work/out" | comm -23 "$work/before" - >"$work/lost"
	[ -s "$work/before" ] && [ ! -s "$work/lost" ] || complain "$what: $(wc -l <"$work/lost") lines are lost"
	[ "$2" != 4096 ] || check_taken "$what" 1
}

make_work
make_kit
mkdir "$work/out-dir"
volume=$work/volume.img
make_files
for sector in 512 1024 2048 4096; do
	for cluster in 512 1024 2048 4096 8192 16384 32768 65536 131072 262144 524288 1048576 2097152; do
		[ "$cluster" -ge "$sector" ] || continue
		make_volume "$sector" "$cluster" || { echo "mkntfs does not make sectors of $sector, clusters of $cluster"; continue; }
		made=$((made + 1))
		tsk=no
		! fsstat "$volume" >/dev/null 2>&1 || tsk=yes
		check_geometry "$sector/$cluster"
		check_streams "$sector/$cluster" "$tsk"
		# One run of the program for each cluster size is enough: below it the code is the same.
		[ "$sector" != 512 ] && [ "$cluster" != 4096 ] || check_taken "$sector/$cluster"
		check_wiped "$sector/$cluster" "$cluster"
	done
done
echo "geometries: $made, streams compared: $compared"
[ "$made" -ge 30 ] || complain "only $made geometries"
finish
