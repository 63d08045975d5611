#!/bin/bash
# Wrong input: one clear line, the exit code of docs/style.md, and a bundle that still opens where anything was taken.
# usage: tests/e2e/wrong_input.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/wrong_input.sh BUILD}
. "$(dirname "$0")/../lib.sh"

collect() { "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" "$@"; }

# usage: refuses WHAT CODE TEXT ARGUMENT...   collect refuses: the code, one line, nothing left in --out
refuses() {
	local what=$1 codes=$2 text=$3
	shift 3
	run "$what" "$codes" collect "$@"
	says_one_line "$what" "$text"
	[ -z "$(ls -A "$work/out-dir")" ] || {
		complain "$what: left something in --out: $(ls -A "$work/out-dir")"
		rm -rf "${work:?}/out-dir"/*
	}
}

check_usage() {
	run "no argument" 64 "$kanshiki" collect
	says_one_line "no argument" kit
	mkdir "$work/removed"
	run "no current directory" 66 bash -c 'cd "$1" && rmdir "$1" && shift && exec "$@"' - "$work/removed" \
		"$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=../../volume.img"
	local take=() i
	for i in $(seq 2200); do take+=(--take "$i$(printf 'x%.0s' {1..480})"); done
	run "more than is kept" 64 collect --volume "C=$image" --profile none "${take[@]}"
	says_one_line "more than is kept" "what is asked for has more than 1048576 bytes"
	local cap
	for cap in 0 1000000001; do
		run "--deleted-cap $cap" 64 collect --volume "C=$image" --deleted-cap "$cap"
		says_one_line "--deleted-cap $cap" "--deleted-cap takes 1 to 1000000000 \(MB\); --deleted list takes no content"
	done
	run "--deleted-cap without end" 64 collect --volume "C=$image" --deleted-cap 18446744073709551615
	says_one_line "--deleted-cap without end" "takes a number"
	run "--dry-run --json" 64 "$kanshiki" collect --volume "C=$image" --dry-run --json
	says_one_line "--dry-run --json" "leave out --json"
	run "unknown option" 64 collect --volume "C=$image" --frobnicate
	says_one_line "unknown option" frobnicate
	run "unknown command" 64 "$kanshiki" frobnicate
	says_one_line "unknown command" "no such command 'frobnicate'; kanshiki --help lists them"
	run "mistyped command" 64 "$kanshiki" timelin x.img
	says_one_line "mistyped command" "no such command 'timelin'; did you mean 'timeline'\?"
	run "a word of no option" 64 collect e.E01
	says_one_line "a word of no option" "collect takes no 'e.E01'; a disk or image is given with --volume"
	run "version of something" 64 "$kanshiki" version extra
	says_one_line "version of something" "version takes no 'extra'"
	run "--help of a command" 0 "$kanshiki" --help collect
	grep -q "^Example: kanshiki collect" "$work/out" || complain "--help of a command: not that of collect"
	run "countersign" 64 "$kanshiki" countersign x --key y
	says_one_line "countersign" "wrong use: --cert is missing: kanshiki countersign BUNDLE"
	local command
	for command in kit collect verify ls cat extract export timeline version; do
		run "$command --help" 0 "$kanshiki" $command --help
		grep -q "^Example: kanshiki" "$work/out" || complain "$command --help: no example"
		run "$command --version" 0 "$kanshiki" $command --version
		grep -q '^kanshiki [0-9]' "$work/out" || complain "$command --version: no version"
	done
	run "collect --help" 0 "$kanshiki" collect --help
	grep -qF 'PATH[@N] a disk, image' "$work/out" && grep -q '@N for partition N' "$work/out" || complain "collect --help: what is @N?"
	! grep -F '[--kit DIR]' "$work/out" || complain "collect --help: the kit is not needed?"
	mkdir "$work/copied" && : >"$work/copied/empty"
	run "a directory that another program made" 65 "$kanshiki" timeline "$work/copied"
	says_one_line "a directory that another program made" 'not a bundle; .*give \$MFT'
	run "an empty file" 65 "$kanshiki" timeline "$work/copied/empty"
	says_one_line "an empty file" 'it is empty'
	run "help of a command" 0 "$kanshiki" help timeline
	grep -q "^Example: kanshiki timeline" "$work/out" || complain "help of a command: not that of timeline"
	run "help of an unknown command" 64 "$kanshiki" help frobnicate
	run "bad language" 64 "$kanshiki" --lang fr version
	refuses "a letter without a volume" 64 "volume" --volume C=
	refuses "one letter twice" 64 "C" --volume "C=$image" --volume "C=$image"
	refuses "unknown profile" "64|66" "nonesuch" --volume "C=$image" --profile nonesuch
	refuses "a case that is too long" 64 "case" --volume "C=$image" --case "$(printf '鑑%.0s' {1..2000})"
	run "verify of nothing" 64 "$kanshiki" verify
	run "unknown format" 64 "$kanshiki" timeline "$image" --format frob
}

check_kits() {
	run "no kit" 66 "$kanshiki" collect --kit "$work/nothing" --out "$work/out-dir" --volume "C=$image"
	says_one_line "no kit" nothing
	mkdir "$work/empty"
	run "an empty kit" 66 "$kanshiki" collect --kit "$work/empty" --out "$work/out-dir" --volume "C=$image"
	says_one_line "an empty kit" empty
	local file copy
	while read -r file; do
		copy=$work/broken-kit
		rm -rf "$copy"
		cp -a "$work/kit" "$copy"
		printf 'rubbish' >"$copy/$file"
		run "kit with a broken $file" "65" "$kanshiki" collect --kit "$copy" --out "$work/out-dir" --volume "C=$image"
		says_one_line "kit with a broken $file" "$(basename "$file")|kit"
	done < <(cd "$work/kit" && find . -type f \( -name '*.pem' -o -name '*.key' -o -name '*.json' -o -name 'recipients*' \) -printf '%P\n')
	run "kit made twice" "73" "$kanshiki" kit new "$work/kit" --keys "$work/keys" --name Test
	run "kit for a bad recipient" 64 "$kanshiki" kit new "$work/kit2" --keys "$work/keys2" --recipient age1rubbish
	says "kit for a bad recipient" "recipient"
}

check_volumes() {
	refuses "no such image" 66 "nothing\.img" --volume "C=$work/nothing.img"
	refuses "a directory as image" "65|66|74" "e2e" --volume "C=$work"
	: >"$work/empty.img"
	refuses "an empty image" 65 "empty\.img|C:" --volume "C=$work/empty.img"
	truncate -s 10M "$work/zeros.img"
	: >"$work/nothing.img"
	refuses "0 bytes" 65 "the image is empty" --volume "C=$work/nothing.img"
	refuses "zeros" 65 "not formatted" --volume "C=$work/zeros.img"
	echo "a text, not an image" >"$work/text.txt"
	refuses "a text" 65 "no NTFS, FAT or exFAT: no file system that we know" --volume "C=$work/text.txt"
	cp "$work/zeros.img" "$work/locked.img"
	printf '\xeb\x58\x90-FVE-FS-' | dd of="$work/locked.img" conv=notrunc status=none
	refuses "BitLocker" 65 "BitLocker" --volume "C=$work/locked.img"
	cp "$work/zeros.img" "$work/refs.img"
	printf '\0\0\0ReFS\0\0\0\0' | dd of="$work/refs.img" conv=notrunc status=none
	refuses "ReFS" 65 "ReFS" --volume "C=$work/refs.img"
	run "two that are not NTFS" 65 collect --volume "C=$work/locked.img" --volume "D=$work/refs.img"
	says "two that are not NTFS" "C: '.*locked.img': BitLocker \(locked\); unlock it first \(dislocker, cryptsetup bitlkOpen\)"
	says "two that are not NTFS" "D: .*ReFS"
	run "BitLocker: timeline" 65 "$kanshiki" timeline "$work/locked.img"
	says "BitLocker: timeline" ": BitLocker \(locked\); unlock it first \(dislocker, cryptsetup bitlkOpen\)"
	# One of several is not usable: the rest goes on, and the receipt says so.
	run "one of two not NTFS" 1 collect --volume "D=$work/zeros.img" --volume "C=$image"
	says "one of two not NTFS" "D:|zeros\.img"
	run "one of two not NTFS, in Japanese" 1 collect --volume "D=$work/locked.img" --volume "C=$image" --profile none \
		--take nonesuch --lang ja
	says "one of two not NTFS, in Japanese" 'fs/D: .*BitLocker でロックされています。先に解除し'
	! grep -q ' it \| not ' "$work/err" || complain "one of two not NTFS: English: $(grep -m1 ' it \| not ' "$work/err")"
	run "one of two not NTFS" 1 collect --volume "D=$work/zeros.img" --volume "C=$image"
	if bundle_of "one of two not NTFS"; then
		intact "one of two not NTFS" "$bundle" 0
		[ -f "$work/extracted/fs/C/Windows/System32/config/SYSTEM" ] || complain "one of two not NTFS: C: was not taken"
		rm -rf "${work:?}/out-dir"/*
	fi
}

check_truncated() {
	local size bundles=0
	for size in 512 100000 20000000 40000000; do
		head -c "$size" "$image" >"$work/cut.img"
		run "image cut at $size" "1|65" collect --volume "C=$work/cut.img" --take '**'
		! grep -qP '[\x00-\x08\x0b-\x1f]' "$work/err" || complain "image cut at $size: control characters"
		says "image cut at $size" "the volume has [0-9]+ bytes, but the image or partition ends after $size of them"
		[ "$code" = 1 ] || continue
		bundle_of "image cut at $size" || continue
		bundles=$((bundles + 1))
		intact "image cut at $size" "$bundle" 0
		# What was not damaged is right; what was is said.
		"$kanshiki" cat "$bundle" meta/receipt.json --keys "$work/keys" >"$work/receipt.json" ||
			complain "image cut at $size: no receipt"
		rm -rf "${work:?}/out-dir"/*
	done
	run "timeline of an image cut" 1 "$kanshiki" timeline "$work/cut.img"
	grep -q '"kind":"damage","path":"","offset":40000000,' "$work/out" || complain "timeline of an image cut: no line says so"
	[ "$bundles" -ge 2 ] || complain "images cut at 20 and 40 MB give nothing at all"
}

# usage: every_item_has_a_row WHAT BUNDLE   as many files with their reason as the screen said were not taken
every_item_has_a_row() {
	local said rows
	said=$(sed -n 's/.*Not taken: \([0-9]*\)\..*/\1/p' "$work/said")
	rows=$({ "$kanshiki" ls "$2" --all --json --keys "$work/keys" || [ $? = 1 ]; } | jq -r 'select(.status == "not_taken") | .reason_kind' | grep -c full)
	[ "$said" = "$rows" ] || complain "$1: $said not taken, $rows rows that say so"
}

check_destination() {
	run "--out is a file" 73 "$kanshiki" collect --kit "$work/kit" --out "$work/a-file" --volume "C=$image"
	says_one_line "--out is a file" a-file
	[ "$(id -u)" = 0 ] || skip "full and read-only destinations (need root to mount)"
	mkdir "$work/ro" "$work/tiny" "$work/small"
	mount -t tmpfs -o ro,size=1M tmpfs "$work/ro"
	run "read-only --out" 73 "$kanshiki" collect --kit "$work/kit" --out "$work/ro" --volume "C=$image"
	says_one_line "read-only --out" "$work/ro"
	mount -t tmpfs -o size=4k tmpfs "$work/tiny"
	run "not even the MANIFEST fits" 74 "$kanshiki" collect --kit "$work/kit" --out "$work/tiny" --volume "C=$image"
	says "not even the MANIFEST fits" "space|full"
	local size
	for size in 256k 1M 3M 8M; do
		mount -t tmpfs -o "size=$size" tmpfs "$work/small"
		run "destination of $size" "1" "$kanshiki" collect --kit "$work/kit" --out "$work/small/new" --volume "C=$image" --take '**'
		says "destination of $size" "space|full"
		says "destination of $size" "^Only .* are free"
		[ "$size" = 256k ] ||
			says "destination of $size" "destination is full: .*B left; needed are .*B for what is being written, .*B for lists and seal"
		# Where it happened, and at the end.
		[ "$(grep -c 'destination is full' "$work/err")" -le 2 ] || complain "destination of $size: said $(grep -c 'destination is full' "$work/err") times"
		cp "$work/err" "$work/said"
		if bundle_of "destination of $size"; then
			intact "destination of $size" "$bundle" "0|1"
			right_or_said "destination of $size" "$bundle" "$image.json"
			[ "$size" = 256k ] || every_item_has_a_row "destination of $size" "$bundle"
		fi
		umount "$work/small"
	done
}

# A slow disk that fills: what waits for it finds its place, and there is still room to end.
check_slow_and_full() {
	local noise=$work/noise.img left
	mkdir "$work/slow"
	truncate -s 40M "$noise"
	mkfs.fat -F 32 -s 1 "$noise" >/dev/null
	head -c 30000000 /dev/urandom >"$work/noise.bin"
	MTOOLSRC=/dev/null mcopy -i "$noise" "$work/noise.bin" ::/
	mount -t tmpfs -o size=20M tmpfs "$work/slow"
	run "a slow disk that fills" 1 env KANSHIKI_SLOW_DISK=12000000 LD_PRELOAD="$build/tests/slow_disk.so" \
		ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" \
		"$kanshiki" collect --kit "$work/kit" --out "$work/slow/new" --volume "C=$noise" --take '**'
	left=$(df -k --output=avail "$work/slow" | tail -n 1)
	[ "$left" -ge 2048 ] || complain "a slow disk that fills: $left KiB are left for the end"
	[ "$left" -le 10240 ] || complain "a slow disk that fills: $left KiB are left, it was not filled"
	bundle_of "a slow disk that fills" && intact "a slow disk that fills" "$bundle" "0|1"
	umount "$work/slow"
}

# Somebody deletes the bundle, or pulls the disk, while it is written.
check_destination_gone() {
	local pid
	code=0
	mkdir "$work/gone"
	"$kanshiki" collect --kit "$work/kit" --out "$work/gone" --volume "C=$image" --take '**' >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	while kill -STOP "$pid" && ! compgen -G "$work/gone/*/files.001*" >/dev/null; do
		kill -CONT "$pid"
		sleep 0.002
	done
	rm -rf "$work/gone"
	kill -CONT "$pid"
	wait "$pid" || code=$?
	[ "$code" = 74 ] || complain "destination deleted: exit $code, not 74"
	says "destination deleted" "cannot be sealed"
	[ ! -s "$work/out" ] || complain "destination deleted: a bundle on stdout"
}

# --out on a partition of the disk, given as device or as image.
check_on_a_partition() {
	local loop part i
	truncate -s "$(($(stat -c %s "$image") + 2097152))" "$work/disk.img"
	printf '%s\n' 'label: dos' "start=2048, size=$(($(stat -c %s "$image") / 512)), type=7" | sfdisk -q "$work/disk.img"
	dd if="$image" of="$work/disk.img" bs=1M seek=1 conv=notrunc,sparse status=none
	loop=$(losetup --find --show --partscan "$work/disk.img")
	part=${loop}p1
	addpart "$loop" 1 2048 "$(($(stat -c %s "$image") / 512))" 2>/dev/null || true
	# Without udev nobody makes it.
	[ -b "$part" ] || mknod "$part" b $(tr : ' ' <"/sys/class/block/${part#/dev/}/dev") || part=
	if [ -n "$part" ] && ntfs-3g "$part" "$work/mounted"; then
		for i in "$loop" "$part" "$work/disk.img"; do
			run "--out on a partition of $i" 64 "$kanshiki" collect --kit "$work/kit" --out "$work/mounted" --volume "$i"
			says_one_line "--out on a partition of $i" "lies on '$i'"
		done
		umount "$work/mounted"
	fi
	delpart "$loop" 1 2>/dev/null || true
	losetup -d "$loop"
}

# --out on the file system that lies on the device which is being collected.
check_on_evidence() {
	local loop
	[ "$(id -u)" = 0 ] && command -v losetup >/dev/null || skip "destination on the evidence (needs root)"
	cp "$image" "$work/live.img"
	loop=$(losetup --find --show "$work/live.img") || skip "destination on the evidence (no loop device)"
	mkdir "$work/mounted"
	if ntfs-3g "$loop" "$work/mounted"; then
		mkdir "$work/mounted/out"
		run "--out on the evidence" 64 "$kanshiki" collect --kit "$work/kit" --out "$work/mounted/out" --volume "C=$loop"
		says_one_line "--out on the evidence" "evidence|lies on|being collected"
		[ -z "$(ls -A "$work/mounted/out")" ] || complain "--out on the evidence: something was written there"
		umount "$work/mounted"
	fi
	losetup -d "$loop"
	check_on_a_partition
	# An image file may lie beside it.
	mkdir "$work/beside"
	cp "$image" "$work/beside/volume.img"
	run "an image beside --out" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/beside" --volume "C=$work/beside/volume.img"
}

check_bundles() {
	run "collect" "0|1" collect --volume "C=$image"
	bundle_of "collect" || return 0
	run "verify" 0 "$kanshiki" verify "$bundle/" --keys "$work/keys"
	run "no such bundle" 66 "$kanshiki" verify "$work/nothing" --keys "$work/keys"
	says_one_line "no such bundle" nothing
	run "a directory that is no bundle" "65|66" "$kanshiki" verify "$work/empty" --keys "$work/keys"
	run "no such keys" 66 "$kanshiki" verify "$bundle" --keys "$work/nothing"
	"$kanshiki" kit new "$work/other-kit" --keys "$work/other-keys" --name Other >/dev/null 2>&1
	local command
	for command in verify ls "extract -C $work/x" "export --zip $work/x.zip"; do
		# shellcheck disable=SC2086
		run "wrong CA: $command" 65 "$kanshiki" $command "$bundle" --keys "$work/other-keys"
		says "wrong CA: $command" "trust|CA|signature|seal"
	done
	[ ! -e "$work/x" ] || [ -z "$(ls -A "$work/x")" ] || complain "wrong CA: extract wrote something"
	run "right CA, wrong key" "65|66|77" "$kanshiki" extract "$bundle" -C "$work/x" --ca "$work/keys/evidence-ca.pem" \
		--identity "$work/other-keys/recipient.key"
	says "right CA, wrong key" "key"
	# Who names a wrong file hears of that, not of the bundle.
	run "a key for a CA" 65 "$kanshiki" verify "$bundle" --ca "$work/keys/recipient.key"
	says_one_line "a key for a CA" "^kanshiki: not supported: '$work/keys/recipient.key': "
	run "a CA for a key" 65 "$kanshiki" ls "$bundle" --ca "$work/keys/evidence-ca.pem" --identity "$work/keys/evidence-ca.pem"
	says_one_line "a CA for a key" "^kanshiki: not supported: '$work/keys/evidence-ca.pem': identity file, line 1"
	run "a CA for a key, in Japanese" 65 "$kanshiki" ls "$bundle" --keys "$work/keys" --identity "$work/keys/evidence-ca.pem" --lang ja
	says_one_line "a CA for a key, in Japanese" "evidence-ca.pem': 秘密鍵ファイルの 1 行目: 鍵が"
	run "before its time, in Japanese" 65 "$kanshiki" verify "$bundle" --keys "$work/keys" --at 1999-01-01T00:00:00Z --lang ja
	says_one_line "before its time, in Japanese" "'MANIFEST.sha256' への署名）: 署名の証明書: 有効なのは"
	# Its CA is that of whoever had the stick.
	run "a kit for the keys" 64 "$kanshiki" verify "$bundle" --keys "$work/kit"
	says_one_line "a kit for the keys" "is a kit, .*the office's own keys"
	run "no such path" 66 "$kanshiki" cat "$bundle" fs/C/nothing --keys "$work/keys"
	says_one_line "no such path" "fs/C/nothing"
	run "no such path, a long one" 66 "$kanshiki" cat "$bundle" "x$(printf '鑑%.0s' {1..70})" --keys "$work/keys"
	says_one_line "no such path, a long one" "no 'x鑑+'"
	run "no such pattern" "0|1|66" "$kanshiki" extract "$bundle" -C "$work/y" 'nothing/**' --keys "$work/keys"
	run "extract onto a file" "73" "$kanshiki" extract "$bundle" -C "$work/a-file" --keys "$work/keys"
}

# Closed or broken standard streams must not reach the evidence.
check_streams() {
	local code=0
	"$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" <&- >&- 2>&- || code=$?
	[ "$code" -le 1 ] || complain "closed streams: exit $code"
	run "closed streams: verify" 0 "$kanshiki" verify "$work"/out-dir/* --keys "$work/keys"
	rm -rf "${work:?}/out-dir"/*
	code=0
	"$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" >/dev/full 2>/dev/full || code=$?
	[ "$code" -le 1 ] || [ "$code" -eq 74 ] || complain "full streams: exit $code"
	run "full streams: verify" 0 "$kanshiki" verify "$work"/out-dir/* --keys "$work/keys"
	rm -rf "${work:?}/out-dir"/*
}

# What --take names and is not there is a gap, and has its row.
check_take() {
	run "--take of nothing" 1 collect --volume "C=$image" --profile none --take 'C:/nothing/here.txt' \
		--take 'Windows/System32/config/SAM' --take '**/*.nonesuch' --take '\\no//such\\dir/' --take 'no?such'
	says "--take of nothing" "fs/C/nothing/here.txt"
	says "--take of nothing" "nothing matches '\*\*/\*\.nonesuch'"
	bundle_of "--take of nothing" || return 0
	"$kanshiki" ls "$bundle" --all --json --keys "$work/keys" | grep -F '"path":"fs/C/nothing/here.txt"' |
		grep -qF '"status":"not_taken"' || complain "--take of nothing: no row"
	run "--take of nothing: verify" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
	grep -qF 'fs/C/nothing/here.txt: not taken (--take names it' "$work/out" || complain "verify does not print the gaps"
	rm -rf "${work:?}/out-dir"/*
}

# Kit, keys, --out and bundle at paths with Japanese, emoji and spaces.
check_names() {
	local dir="$work/証拠 📷"
	mkdir -p "$dir/出力"
	run "kit in Japanese" 0 "$kanshiki" kit new "$dir/キット" --keys "$dir/鍵" --name 現場
	run "collect in Japanese" "0|1" "$kanshiki" collect --kit "$dir/キット" --out "$dir/出力" --volume "C=$image" \
		--take '**' --case "事件：📷/..\\"$'\e'"[31m$(printf '鑑%.0s' {1..40})" --lang ja
	! grep -qP '\x1b' "$work/err" || complain "collect in Japanese: an escape on stderr"
	bundle_of "collect in Japanese" || return 0
	[[ $(basename "$bundle") =~ ^[A-Za-z0-9._-]{1,120}$ ]] || complain "'$(basename "$bundle")' is no name for a bundle"
	run "verify in Japanese" 0 "$kanshiki" verify "$bundle" --keys "$dir/鍵" --lang ja
	run "extract in Japanese" 0 "$kanshiki" extract "$bundle" -C "$dir/展開" --keys "$dir/鍵"
	says "extract in Japanese" "2"
	[ -f "$dir/展開/NAMES.tsv" ] || complain "no NAMES.tsv although two names are over 255 bytes"
	perl "$tests/compare_tree.pl" "$image.json" "$dir/展開/fs/C" || complain "collect in Japanese: files differ"
	run "ls" 0 "$kanshiki" ls "$bundle" --keys "$dir/鍵"
	! grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$work/out" || complain "ls prints control characters"
	! grep -q $'\u202e' "$work/out" || complain "ls prints a bidi override"
}

make_work
have_image
make_kit
mkdir "$work/out-dir"
: >"$work/a-file"
check_usage
check_kits
check_volumes
check_truncated
check_streams
check_take
check_bundles
rm -rf "${work:?}/out-dir"/*
check_names
check_destination_gone
check_destination
check_slow_and_full
check_on_evidence
finish
