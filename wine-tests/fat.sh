#!/bin/bash
# kanshiki.exe from \\.\X: under Wine, on FAT32 and exFAT: every file and every deleted one as it should be; the same
# members as the Linux program takes from the image.
# usage: wine-tests/fat.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$root/tests/fat_lib.sh"
need jq mkfs.fat mcopy

members() { "$kanshiki" ls "$1" --json --keys "$work/keys" | jq -r '[.path, .sha256] | @tsv' | grep -E $'^(fs|deleted)/' | sort; }

check_kind() {
	local what="$arch: $1" image=$work/$1.img theirs
	mkdir -p "$work/out-$arch" "$work/out-linux"
	map_volume X "$image"
	run "$what: collect" 0 kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$work/out-$arch")" \
		--volume 'E=\\.\X:' --take 'E:/**' --deleted all --no-live
	bundle_of_exe "$what" || return 0
	judge_fat "$what" "$bundle" "$image"
	theirs=$bundle
	run "$what: on Linux" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/out-linux" --volume "E=$image" --take 'E:/**' \
		--deleted all
	bundle_of "$what" || return 0
	diff <(members "$theirs") <(members "$bundle") >"$work/diff" ||
		complain "$what: other members than on Linux: $(head -n 3 "$work/diff" | tr '\n' ' ')"
	echo "$what: $(members "$theirs" | wc -l) members"
	rm -rf "$bundle" "$theirs"
}

make_work
make_kit
for kind in 32 exfat; do
	"$root/tests/make-fat.sh" "$work/$kind.img" "$kind" 50 >"$work/made" 2>&1 || cat "$work/made"
done
for arch in win64 win32; do
	has_wine "$arch" || continue
	use_wine "$arch"
	for kind in 32 exfat; do [ ! -f "$work/$kind.img.json" ] || check_kind "$kind"; done
done
finish
