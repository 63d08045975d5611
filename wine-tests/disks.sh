#!/bin/bash
# kanshiki.exe on whole disks: MBR and GPT images, split ones, and one behind \\.\PhysicalDrive9; E01 is refused in
# plain words. Every file of C equal to what tests/make-image.sh put in.
# usage: wine-tests/disks.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$root/tests/disk_lib.sh"
need jq sfdisk sgdisk ntfscp mkfs.vfat mkswap

# usage: taken WHAT VOLUME JSON   collects it with all files and compares those of C
taken() {
	local what=$1 volume=$2 json=$3
	run "$what" "0|1" kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$work/out-dir")" \
		--volume "$volume" --take '**' --no-live
	bundle_of_exe "$what" || return 0
	intact "$what" "$bundle" "0|1"
	perl "$tests/compare_tree.pl" "$json" "$work/extracted/fs/C" || complain "$what: the files differ"
	rm -rf "$bundle"
}

# Reads like a device: whole sectors through the bounce buffer.
check_drive() {
	ln -sfn "$work/mbr.img" "$WINEPREFIX/dosdevices/physicaldrive9"
	run "a drive" "0|1" kanshiki_exe collect --dry-run --volume '\\.\PhysicalDrive9' --profile partition-tables,registry
	if grep -q 'no such volume\|not found' "$work/err"; then
		echo 'skipped: \\.\PhysicalDrive9 (this Wine maps no file to it)'
		return
	fi
	grep -q 'fs/C/Windows/System32/config/SYSTEM' "$work/out" || complain "a drive: no SYSTEM: $(tail -n 2 "$work/err")"
	grep -q 'fs/$disk_0/first-sectors' "$work/out" || complain "a drive: no first sectors"
}

make_work
have_image
make_kit
mkdir "$work/out-dir"
use_wine win64
make_mbr_disk "$work/mbr.img"
make_gpt_disk "$work/gpt.img"
taken "MBR" "$(win_path "$work/mbr.img")" "$work/mbr.img.windows.json"
taken "GPT, C alone" "C=$(win_path "$work/gpt.img")" "$work/gpt.img.windows.json"
split -b 50000000 -d -a 3 "$work/mbr.img" "$work/part."
taken "split" "C=$(win_path "$work/part.000")@2" "$work/mbr.img.windows.json"
run "timeline" 1 kanshiki_exe timeline "$(win_path "$work/mbr.img")"
tr -d '\r' <"$work/out" >"$work/lines"
"$kanshiki" timeline "$work/mbr.img" >"$work/expected" 2>/dev/null || true
cmp -s "$work/lines" "$work/expected" || complain "timeline: other lines than on Linux"
check_drive
printf 'EVF\x09\x0d\x0a\xff\x00\x01\x01\x00\x00\x00' >"$work/x.E01"
run "E01" 65 kanshiki_exe timeline "$(win_path "$work/x.E01")"
says_one_line "E01" "E01 images are read on Linux"
finish
