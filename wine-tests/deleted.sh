#!/bin/bash
# Deleted files by kanshiki.exe from \\.\X: under Wine: untouched ones come back, overwritten ones are not called whole.
# usage: wine-tests/deleted.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$root/tests/deleted_lib.sh"
need jq mkntfs ntfs-3g setfattr icat
[ "$(id -u)" = 0 ] && [ -e /dev/fuse ] || skip "deleted files (need root and /dev/fuse)"

check_case() {
	what="$arch: $1"
	make_case "$1" "$work/disk.img"
	mkdir -p "$work/out-$arch"
	run "$what: collect" 0 kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$work/out-$arch")" \
		--volume 'C=\\.\X:' --profile none --deleted all --no-live
	bundle_of_exe "$what" || return 0
	# Wine does not tell which clusters are in use: said, and the map on the disk has to do.
	"$kanshiki" cat "$bundle" meta/journal.jsonl --keys "$work/keys" 2>/dev/null | grep -q '"live-bitmap"' ||
		complain "$what: the journal does not say whether the file system was asked for its map"
	read_results "$bundle"
	judge "$1" "$work/disk.img"
	echo "$what: $full whole, $lost not"
	rm -rf "$bundle"
}

make_work
make_kit
for arch in win64 win32; do
	has_wine "$arch" || continue
	use_wine "$arch"
	map_volume X "$work/disk.img"
	for name in untouched overwritten-by-deleted; do check_case "$name"; done
done
finish
