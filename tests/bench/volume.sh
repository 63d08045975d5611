#!/bin/bash
# volume.sh OUT FILES: an NTFS volume of so many empty files, 15 in a directory, with names as long as those of Windows: for
# what costs by the record. Needs root, /dev/fuse, mkntfs and ntfs-3g; exits 77 with "skipped: WHAT" without them.
# 120,000 files take 20 s and 170 MB of OUT, which is sparse.
set -euo pipefail
export LC_ALL=C.UTF-8
out=$(realpath -m "$1") files=$2
[ "$(id -u)" = 0 ] || { echo "skipped: NTFS volume (needs root to mount)"; exit 77; }
for tool in mkntfs ntfs-3g mountpoint; do
	command -v "$tool" >/dev/null || { echo "skipped: NTFS volume ($tool is not installed)"; exit 77; }
done
mnt=$(mktemp -d)
trap 'mountpoint -q "$mnt" && umount "$mnt"; rm -f "$out.list"; rmdir "$mnt"' EXIT

directories() {
	awk -v files="$files" 'BEGIN {
		split("amd64_microsoft-windows- wow64_microsoft-windows- x86_netfx4- msil_system.", kinds, " ")
		for (i = 0; i < files / 15; i++)
			printf "Windows/WinSxS/%scomponent.resources_31bf3856ad364e35_6.1.7600.%d_none_%08x%08x%c",
				kinds[i % 4 + 1], 16385 + i % 977, i * 2654435761 % 4294967296, i * 40503 % 4294967296, 0 }'
}

names() {
	awk -v files="$files" 'BEGIN { RS = "\0"; split("dll exe mui cat manifest inf sys xml log", types, " ") }
		{ for (i = 0; i < 15 && k < files; i++)
			printf "%s/component-%04x%s.%s%c", $0, k * 7919 % 65536, i % 3 ? "" : "-resources", types[k++ % 9 + 1], 0 }'
}

rm -f "$out"
truncate -s "$((files * 3 / 1024 + 64))M" "$out"
mkntfs -F -Q -q "$out" >/dev/null 2>&1
ntfs-3g -o noatime,big_writes "$out" "$mnt" 2>/dev/null || {
	rm -f "$out"
	echo "skipped: NTFS volume (ntfs-3g cannot mount)"
	exit 77
}
directories >"$out.list"
(cd "$mnt" && xargs -0 mkdir -p <"$out.list" && names <"$out.list" | xargs -0 touch)
