#!/bin/bash
# kanshiki.exe without --volume: every fixed volume is taken, but those that hold --out, the kit or the program, which
# are named as left out; a stick is not touched. Wine's registry says what kind of drive a letter is.
# usage: wine-tests/default_volumes.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# usage: make_drive LETTER KIND   a directory as X:, with the image behind \\.\X:; KIND: hd or floppy
make_drive() {
	local letter=${1,,}
	mkdir -p "$work/drive-$letter"
	ln -sfn "$work/drive-$letter" "$WINEPREFIX/dosdevices/$letter:"
	map_volume "$1" "$image"
	"$WINE" reg add 'HKLM\Software\Wine\Drives' /v "$letter:" /d "$2" /f >"$work/reg.log" 2>&1 ||
		complain "Wine's registry: $(tail -n 1 "$work/reg.log")"
}

# usage: taken WHAT LETTERS   the volumes that the bundle holds files of
taken() {
	local found
	"$kanshiki" ls "$bundle" --keys "$work/keys" >"$work/list"
	found=$(sed -n 's|^fs/\(.\)/.*|\1|p' "$work/list" | sort -u | paste -sd' ')
	[ "$found" = "$2" ] || complain "$1: of volumes '$found', not '$2'"
}

check_default() {
	local letter
	run "kit on E, out on D" 0 kanshiki_exe collect --kit 'E:\kit' --out 'D:\out' --profile registry
	bundle=$(echo "$work"/drive-d/out/*)
	[ -d "$bundle" ] || { complain "no bundle on D:"; return 0; }
	for letter in D E Z; do says "kit on E, out on D" "^fs/$letter: left out"; done
	! grep -q '^fs/[CFG]' "$work/err" || complain "kit on E, out on D: $(grep '^fs/[CFG]' "$work/err")"
	taken "kit on E, out on D" "C F"
	run "kit on E, out on D: verify" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
	rm -rf "$work/drive-d/out"
	# --volume takes what would have been left out; only --out may never lie there.
	run "the kit's volume" 0 kanshiki_exe collect --kit 'E:\kit' --out 'D:\out' --profile registry --volume 'E=\\.\E:'
	bundle=$(echo "$work"/drive-d/out/*)
	taken "the kit's volume" E
	rm -rf "$work/drive-d/out"
	# Who wants live state alone waits for no volume, and no volume is missing.
	truncate -s 10M "$work/zeros.img"
	map_volume C "$work/zeros.img"
	run "live alone" 0 kanshiki_exe collect --kit 'E:\kit' --out 'D:\out' --profile processes
	! grep -q 'fs/\|file table' "$work/err" || complain "live alone: $(grep -m1 'fs/\|file table' "$work/err")"
	rm -rf "$work/drive-d/out"
	run "out on D, D collected" 64 kanshiki_exe collect --kit 'E:\kit' --out 'D:\out' --profile registry --volume 'D=\\.\D:'
	says_one_line "out on D, D collected" "D:"
	[ ! -e "$work/drive-d/out" ] || complain "out on D, D collected: something was made there"
}

make_work
have_image
make_kit
use_wine win64
for letter in D E F; do make_drive $letter hd; done
make_drive G floppy
map_volume C "$image"
cp -r "$work/kit" "$work/drive-e/kit"
# The drives' kinds are read when Wine starts.
"$WINESERVER" -k || true
"$WINESERVER" -w
check_default
finish
