#!/bin/bash
# Names in directory slack: collected as a listing and told by the timeline; none that is there is called gone.
# usage: tests/e2e/slack.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/slack.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq mkntfs ntfs-3g
[ "$(id -u)" = 0 ] || skip "needs root to mount"

# A volume with two directories: one of some hundred files, every other one deleted, one of a few in its MFT record.
make_volume() {
	local i
	truncate -s 32M "$work/volume.img"
	mkntfs -F -Q -q "$work/volume.img" >"$work/mkntfs" 2>&1
	mkdir -p "$work/mnt"
	[ -e /dev/fuse ] || mknod /dev/fuse c 10 229 2>/dev/null || true
	ntfs-3g "$work/volume.img" "$work/mnt" 2>"$work/mount" || skip "ntfs-3g cannot mount"
	mkdir "$work/mnt/many" "$work/mnt/few" "$work/mnt/日本"
	for i in $(seq -w 1 400); do echo "$i" >"$work/mnt/many/report $i.txt"; done
	for i in $(seq -w 1 4); do echo "$i" >"$work/mnt/few/note $i.txt"; done
	for i in $(seq -w 1 2 399); do rm "$work/mnt/many/report $i.txt"; done
	rm "$work/mnt/few/note 4.txt"
	echo 8 >"$work/mnt/日本/秘密.txt"
	rm "$work/mnt/日本/秘密.txt"
	(cd "$work/mnt" && find . -type f -printf '%P\n' | sort) >"$work/there"
	umount "$work/mnt"
	for i in $(seq -w 1 2 399); do echo "many/report $i.txt"; done >"$work/deleted"
	printf '%s\n' 'few/note 4.txt' '日本/秘密.txt' >>"$work/deleted"
	sort -o "$work/deleted" "$work/deleted"
}

check_listing() {
	"$kanshiki" cat "$bundle" deleted/C/index-slack.jsonl --keys "$work/keys" >"$work/slack.jsonl"
	jq -r 'select(.live == "gone") | .path' "$work/slack.jsonl" | sort -u >"$work/gone"
	[ -z "$(comm -12 "$work/gone" "$work/there")" ] || complain "called gone, and there: $(comm -12 "$work/gone" "$work/there" | head -3)"
	[ -z "$(comm -23 "$work/gone" "$work/deleted")" ] || complain "never deleted: $(comm -23 "$work/gone" "$work/deleted" | head -3)"
	echo "names found of $(wc -l <"$work/deleted") deleted: $(wc -l <"$work/gone"), remnants $(wc -l <"$work/slack.jsonl")"
	[ "$(wc -l <"$work/gone")" -ge 5 ] || complain "only $(wc -l <"$work/gone") names found"
	grep -qx 'few/note 4.txt' "$work/gone" || complain "the name at the end of an MFT record was not found"
	jq -e -s 'all(.[]; .live != "unknown" and (.created | startswith("20")) and .directory_record > 4)' \
		"$work/slack.jsonl" >/dev/null || complain "a line is not whole: $(head -1 "$work/slack.jsonl")"
}

make_work
make_volume
make_kit
mkdir "$work/out-dir"
run "collect" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/volume.img" --deleted list
bundle_of collect || finish
check_listing
finish
