#!/bin/bash
# FAT12, FAT16 (also sectors of 4 KiB), FAT32 and exFAT: collected, every file and deleted file as it should be, the
# timeline of the bundle that of the volume, the sparse image lists as the volume does.
# usage: tests/e2e/fat.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/fat.sh BUILD}
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../fat_lib.sh"
need jq mkfs.fat mcopy fls icat

collect() { "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "E=$image" "$@"; }

# fls of the volume and of the sparse image in the bundle (but for what fls takes for entries in the content of deleted
# files, which is not in it); and our body file: number, name, size and times.
check_lists() {
	fls -r -m / "$work/extracted/fs/E/\$FAT" | grep -v '|/$OrphanFiles/' >"$work/sparse"
	fls -r -m / "$image" | grep -v '|/$OrphanFiles/' | diff - "$work/sparse" >"$work/diff" ||
		complain "$kind: fls lists another volume in \$FAT: $(head -n 3 "$work/diff" | tr '\n' ' ')"
	"$kanshiki" timeline "$image" >"$work/lines"
	"$kanshiki" timeline "$bundle" --keys "$work/keys" | sed 's|"path":"E/|"path":"|' | cmp -s - "$work/lines" ||
		complain "$kind: the timeline of the bundle is another"
	jq -c 'del(.left)' "$work/extracted/fs/E/\$FAT.jsonl" >"$work/listing" || complain "$kind: \$FAT.jsonl is no JSON"
	[ "$(wc -l <"$work/listing")" = "$(wc -l <"$work/lines")" ] || complain "$kind: \$FAT.jsonl has other lines than the timeline"
	"$kanshiki" timeline "$image" --format bodyfile | cut -d'|' -f2,3,7,9 | sort >"$work/ours"
	fls -r -m / "$image" | grep -v '|/\$' | sed 's/ * (Volume Label/ (Volume Label/' | cut -d'|' -f2,3,7,9 | sort >"$work/theirs"
	[ "$kind" = exfat ] || diff "$work/ours" "$work/theirs" >"$work/diff" ||
		complain "$kind: body file differs from fls: $(head -n 3 "$work/diff" | tr '\n' ' ')"
}

check_kind() {
	local code=0
	kind=$1
	image=$work/$kind.img
	"$tests/make-fat.sh" "$image" "$kind" >"$work/made" 2>&1 || code=$?
	if [ "$code" = 77 ]; then
		cat "$work/made"
		return
	fi
	[ "$code" = 0 ] || { complain "$kind: make-fat.sh: $(tail -n 2 "$work/made")" && return; }
	run "$kind: collect" 0 collect --take 'E:/**' --deleted all
	bundle_of "$kind" || return 0
	judge_fat "$kind" "$bundle" "$image"
	check_lists
	echo "$kind: $(wc -l <"$work/wanted") files, $(jq '.deleted | length' "$image.json") deleted ones"
	rm -rf "$bundle"
}

# A browser carried on the stick is known by its files, wherever it lies.
check_browser() {
	local profile=$work/Portable/Fox/profile
	mkdir -p "$profile/bookmarkbackups"
	for one in places.sqlite cookies.sqlite bookmarkbackups/one.jsonlz4 unrelated.bin; do echo "$one" >"$profile/$one"; done
	image=$work/browser.img
	truncate -s 4M "$image"
	mkfs.fat -F 12 "$image" >/dev/null
	MTOOLSRC=/dev/null mcopy -s -i "$image" "$work/Portable" ::/
	run "browser" 0 "$kanshiki" collect --dry-run --volume "E=$image" --profile browser-profiles
	sort "$work/out" >"$work/found"
	printf 'fs/E/Portable/Fox/profile/%s\n' bookmarkbackups/one.jsonlz4 cookies.sqlite places.sqlite | sort |
		cmp -s - "$work/found" || complain "browser: took $(paste -sd' ' "$work/found")"
}

# A file with the attribute of a label: Windows shows none of it.
check_hidden() {
	local at
	image=$work/hidden.img
	truncate -s 4M "$image"
	mkfs.fat -F 12 "$image" >/dev/null
	head -c 9000 /dev/urandom >"$work/SECRET.BIN"
	MTOOLSRC=/dev/null mcopy -i "$image" "$work/SECRET.BIN" ::/
	at=$(LC_ALL=C grep -abo 'SECRET  BIN' "$image" | head -n 1 | cut -d: -f1)
	printf '\010' | dd of="$image" bs=1 seek=$((at + 11)) conv=notrunc status=none
	run "hidden" 0 collect --take 'E:/**'
	bundle_of "hidden" || return 0
	"$kanshiki" cat "$bundle" 'fs/E/SECRET  BIN' --keys "$work/keys" | cmp - "$work/SECRET.BIN" || complain "hidden: not the file's bytes"
	rm -rf "$bundle"
}

# Formatted anew: what lay below the root is found without an entry that leads to it.
check_formatted() {
	[ -f "$work/16.img.json" ] || return 0
	mkfs.fat -F 16 -s 2 -n NEW "$work/16.img" >/dev/null
	run "formatted" 0 "$kanshiki" timeline "$work/16.img"
	jq -r 'select(.orphan) | .path' "$work/out" | sed 's|^$Orphan/cluster [0-9]*||' | sort >"$work/found"
	for one in /二/三/四/五/報告.docx "/file number 0.txt" "/file number 10.txt"; do
		grep -qxF "$one" "$work/found" || complain "formatted: no '$one'"
	done
}

# Formatted anew with larger clusters: the old directories lie inside of them. fls finds what is in each free sector.
check_other_clusters() {
	command -v fls >/dev/null || return 0
	image=$work/larger.img
	truncate -s 32M "$image"
	mkfs.fat -F 16 -s 2 "$image" >/dev/null
	for one in one two three; do
		MTOOLSRC=/dev/null mmd -i "$image" "::$one"
		for number in 1 2 3 4 5; do MTOOLSRC=/dev/null mcopy -i "$image" "$work/SECRET.BIN" "::$one/long name $number.txt"; done
	done
	mkfs.fat -F 16 -s 8 "$image" >/dev/null
	run "other clusters" 0 "$kanshiki" timeline "$image"
	jq -r 'select(.kind == "slack") | .record' "$work/out" | sort -u >"$work/found"
	fls -rp "$image" | sed -nE 's/^\S+ \* ([0-9]+):.*/\1/p' | sort -u >"$work/theirs"
	[ "$(wc -l <"$work/theirs")" -ge 15 ] || complain "other clusters: fls finds $(wc -l <"$work/theirs")"
	[ -z "$(comm -13 "$work/found" "$work/theirs")" ] || complain "other clusters: not listed: $(comm -13 "$work/found" "$work/theirs" | paste -sd' ')"
	jq -r 'select(.kind == "slack") | .path' "$work/out" | grep -q '/long name 3.txt$' || complain "other clusters: a long name is not told"
}

# A stick whose drive emptied what was deleted (TRIM): all of it, or what came last. usage: check_trimmed KEPT RECOVERY
check_trimmed() {
	local kept=$1 data number result
	image=$work/trimmed.img
	rm -f "$image"
	truncate -s 34M "$image"
	mkfs.fat -F 16 -s 8 "$image" >/dev/null
	for number in 01 02 03 04 05 06 07 08 09 10 11 12; do
		head -c 9000 /dev/urandom >"$work/gone$number.txt"
		MTOOLSRC=/dev/null mcopy -i "$image" "$work/gone$number.txt" "::/gone$number.txt"
	done
	for number in 01 02 03 04 05 06 07 08 09 10 11 12; do MTOOLSRC=/dev/null mdel -i "$image" "::/gone$number.txt"; done
	# Reserved sectors, two FATs, 512 entries of the root.
	data=$((($(od -An -tu2 -j14 -N2 "$image") + 2 * $(od -An -tu2 -j22 -N2 "$image") + 32) * 512))
	dd if=/dev/zero of="$image" bs=4096 seek="$((data + kept * 12288))" count=$(((12 - kept) * 3)) oflag=seek_bytes conv=notrunc status=none
	run "trimmed, $kept kept" 0 collect --deleted all
	[ "$2" = possible ] || says "trimmed, $kept kept" TRIM
	[ "$2" = hopeless ] || ! grep -q TRIM "$work/err" || complain "trimmed, $kept kept: TRIM is blamed"
	bundle_of "trimmed" || return 0
	"$kanshiki" cat "$bundle" deleted/E/files.jsonl --keys "$work/keys" >"$work/list"
	result=$(head -n 1 "$work/list" | jq -r '.trim | [.recovery, .sampled, .zero] | @tsv')
	[ "$result" = "$2	12	$((12 - kept))" ] || complain "trimmed, $kept kept: the list says '$result'"
	"$kanshiki" ls "$bundle" --all --json --keys "$work/keys" >"$work/rows"
	for number in 01 02 03 04 05 06 07 08 09 10 11 12; do
		result=$(jq -r --arg name "one$number.txt" 'select(.deleted and (.deleted.path | endswith($name))) |
			[.status, .deleted.result, .deleted.zero // "-", .sha256 // "-"] | @tsv' "$work/rows")
		if [ "$((10#$number))" -gt "$kept" ]; then
			[ "$result" = "not_taken	trimmed	3	-" ] || complain "trimmed, $kept kept: $number is '$result'"
		else
			[ "$result" = "taken	full	0	$(sha256sum <"$work/gone$number.txt" | cut -c1-64)" ] || complain "trimmed, $kept kept: $number is '$result'"
		fi
	done
	rm -rf "$bundle"
}

# The first FAT wiped, the boot sector wiped: the second FAT and the backup tell all of it.
check_damage() {
	local table
	image=$work/32.img
	[ -f "$image.json" ] || return 0
	table=$(($(od -An -tu2 -j14 -N2 "$image") * 512))
	dd if=/dev/zero of="$image" bs=512 seek="$((table / 512))" count=200 conv=notrunc status=none
	dd if=/dev/zero of="$image" bs=512 count=1 conv=notrunc status=none
	run "damaged" "0|1" collect --take 'E:/**' --deleted all
	bundle_of "damaged" || return 0
	sed -i 's/"problem"/&/' "$image.json"
	judge_damaged
	rm -rf "$bundle"
}

judge_damaged() {
	local path sha256
	"$kanshiki" extract "$bundle" -C "$work/damaged" --keys "$work/keys" >/dev/null 2>&1 || true
	while IFS=$'\t' read -r path sha256; do
		[ "$(sha256sum <"$work/damaged/fs/E/$path" | cut -c1-64)" = "$sha256" ] || complain "damaged: '$path' differs"
	done < <(jq -r '.files[] | [.path, .sha256] | @tsv' "$image.json" | awk -F'\t' '!/many\// || NR % 20 == 0 || /new/')
}

make_work
mkdir "$work/out-dir"
make_kit
for one in 12 16 16-4k 32 exfat; do check_kind "$one"; done
check_browser
check_hidden
check_trimmed 0 hopeless
check_trimmed 4 possible
check_formatted
check_other_clusters
check_damage
finish
