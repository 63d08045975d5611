#!/bin/bash
# Wrong input to kanshiki.exe: one clear line, the exit code of docs/style.md, and a bundle that still opens where anything was
# taken. What is the same on both systems is in tests/e2e/wrong_input.sh; here is what goes through platform/win. 64 and 32 bits.
# usage: wine-tests/wrong_input.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# usage: refuses WHAT CODE TEXT ARGUMENT...   collect refuses: the code, one line, nothing left in --out
refuses() {
	local what="$arch: $1" codes=$2 text=$3
	shift 3
	run "$what" "$codes" kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$out")" "$@"
	says_one_line "$what" "$text"
	[ -z "$(ls -A "$out")" ] || complain "$what: left something in --out: $(ls -A "$out")"
}

check_volumes() {
	truncate -s 10M "$work/zeros.img"
	cp "$work/zeros.img" "$work/locked.img"
	printf '\xeb\x58\x90-FVE-FS-' | dd of="$work/locked.img" conv=notrunc status=none
	refuses "no such image" 66 'nothing\.img' --volume "C=$(win_path "$work/nothing.img")"
	refuses "no such drive" 66 '\\\\\.\\W:' --volume 'C=\\.\W:'
	refuses "a directory as image" "65|66|74" "directory" --volume 'C=C:\windows'
	map_volume W "$work/zeros.img"
	refuses "zeros" 65 "not formatted" --volume 'C=\\.\W:'
	map_volume W "$work/locked.img"
	refuses "BitLocker" 65 "BitLocker" --volume 'C=\\.\W:'
	head -c 100 "$image" >"$work/short.img"
	map_volume W "$work/short.img"
	refuses "shorter than a sector" 65 "W:|short" --volume 'C=\\.\W:'
}

check_kits() {
	run "$arch: no kit" 66 kanshiki_exe collect --kit 'C:\no kit' --out "$(win_path "$out")" --volume 'C=\\.\X:'
	says_one_line "$arch: no kit" 'no kit'
	run "$arch: kit on a drive that is not there" 66 kanshiki_exe collect --kit 'Q:\kit' --out "$(win_path "$out")" --volume 'C=\\.\X:'
	says_one_line "$arch: kit on a drive that is not there" 'Q:'
}

# --out on the volume that is collected, however it is spelled.
check_on_evidence() {
	local path
	mkdir -p "$WINEPREFIX/drive_c/out"
	for path in 'C:\out' 'c:/windows/../out' '\\?\C:\out' 'C:\out\not there yet'; do
		run "$arch: --out $path on the evidence" 64 kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$path" --volume 'C=\\.\C:'
		says_one_line "$arch: --out $path on the evidence" "evidence|lies on|being collected"
		[ -z "$(ls -A "$WINEPREFIX/drive_c/out")" ] || complain "$arch: --out $path: something was written there"
	done
}

check_destination() {
	local size
	run "$arch: --out is a file" 73 kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$work/zeros.img")" --volume 'C=\\.\X:'
	says_one_line "$arch: --out is a file" 'zeros\.img'
	if [ "$(id -u)" != 0 ]; then
		echo "skipped: full destinations (need root to mount)"
		return
	fi
	mkdir -p "$work/small"
	for size in 256k 3M; do
		mount -t tmpfs -o "size=$size" tmpfs "$work/small"
		run "$arch: destination of $size" 1 kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$work/small")" \
			--volume 'C=\\.\X:' --take '**'
		says "$arch: destination of $size" "space|full"
		if bundle_of_exe "$arch: destination of $size"; then
			intact "$arch: destination of $size" "$bundle" "0|1"
			perl "$tests/compare_tree.pl" "$image.json" "$work/extracted/fs/C" some >"$work/compared" ||
				complain "$arch: destination of $size: $(cat "$work/compared")"
		fi
		umount "$work/small"
	done
}

# Kit, program and --out at paths with Japanese, emoji and spaces, and over 260 characters long.
check_names() {
	local dir="$work/証拠 📷 $arch" deep
	deep="$dir/出力$(printf '/%0100d' 1 2 3)"
	mkdir -p "$deep"
	cp -a "$work/kit" "$dir/キット"
	run "$arch: names" "0|1" kanshiki_exe collect --kit "$(win_path "$dir/キット")" --out "$(win_path "$deep")" --volume 'C=\\.\X:' \
		--take '**' --case '事件 📷' --lang ja
	! grep -qP '\x1b' "$work/err" || complain "$arch: names: an escape on stderr"
	bundle_of_exe "$arch: names" || return 0
	intact "$arch: names" "$bundle" 0
	perl "$tests/compare_tree.pl" "$image.json" "$work/extracted/fs/C" || complain "$arch: names: files differ"
}

make_work
have_image
make_kit
for arch in win64 win32; do
	has_wine "$arch" || continue
	use_wine "$arch"
	map_volume X "$image"
	out=$work/out-$arch
	mkdir -p "$out"
	check_kits
	check_volumes
	check_on_evidence
	check_destination
	check_names
done
finish
