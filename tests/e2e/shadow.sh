#!/bin/bash
# shadow.sh: shadow copies of an NTFS volume: the old contents of files that changed, files that are gone, nothing twice;
# what a snapshot did not keep is said.
# usage: tests/e2e/shadow.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/shadow.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq age zstd tar ntfs-3g istat ifind

collect() { "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/now.img" "$@"; }

rows() {
	local volume
	for volume in "$bundle"/meta.*.age; do age -d -i "$work/keys/recipient.key" "$volume"; done | zstd -dcq |
		tar -xOf - --wildcards 'meta/entries.*' 2>/dev/null
}

meta() { "$kanshiki" cat "$bundle" "meta/$1" --keys "$work/keys"; }

same() { [ "$2" = "$3" ] || complain "$1: '$3', not '$2'"; }

# usage: status PATH   status, now and same_as of its row
status() { jq -r --arg path "$1" 'select(.path == $path) | "\(.status) \(.read) \(.snapshot.now // "-") \(.same_as // "-")"' "$work/rows"; }

mounted() {
	ntfs-3g -o streams_interface=windows,noatime "$1" "$work/mnt" 2>/dev/null || skip "ntfs-3g cannot mount"
}

keep() { # STATE: the files as they are, to compare with
	mkdir -p "$work/kept/$1"
	cp "$work/mnt/Windows/System32/config/SYSTEM" "$work/kept/$1/"
	cp "$work/mnt/Windows/System32/config/SOFTWARE" "$work/kept/$1/"
	cp "$work/mnt/Sizes/1048577.bin" "$work/mnt/Sizes/511.bin" "$work/mnt/Sizes/65537.bin" "$work/kept/$1/"
	cp "$work/mnt/Users/花子/NTUSER.DAT" "$work/kept/$1/" 2>/dev/null || true
}

# The volume in three states, and one image of the last with shadow copies of the others.
make_states() {
	local first
	mkdir -p "$work/mnt"
	cp "$image" "$work/1.img"
	cp "$image" "$work/2.img"
	mounted "$work/2.img"
	keep 1
	printf 'changed once' | dd of="$work/mnt/Windows/System32/config/SYSTEM" bs=1 seek=5000 conv=notrunc status=none
	printf 'changed' | dd of="$work/mnt/Sizes/1048577.bin" bs=1 seek=40000 conv=notrunc status=none
	rm "$work/mnt/Windows/System32/winevt/Logs/System.evtx"
	# Of the same size as before: one within its MFT record, one in other clusters, its old ones left as they were.
	tr '\0-\377' '\1-\377\0' <"$work/kept/1/511.bin" | dd of="$work/mnt/Sizes/511.bin" conv=notrunc status=none
	: >"$work/mnt/Sizes/65537.bin"
	sync -f "$work/mnt"
	tr '\0-\377' '\1-\377\0' <"$work/kept/1/65537.bin" >"$work/mnt/Sizes/65537.bin"
	keep 2
	umount "$work/mnt"
	cp "$work/2.img" "$work/3.img"
	mounted "$work/3.img"
	printf 'changed twice' | dd of="$work/mnt/Windows/System32/config/SYSTEM" bs=1 seek=5000 conv=notrunc status=none
	keep 3
	umount "$work/mnt"
	# A block that lies wholly in a file that changes, and that the first snapshot does not keep.
	first=$(record=$(ifind -n Sizes/1048577.bin "$work/1.img") && istat "$work/1.img" "$record" |
		awk 'data { print $1; exit } /^Type: \$DATA/ { data = 1 }')
	unkept_at=$(((first * 4096 + 40000) / 16384 * 16384 - first * 4096)) # in the file
	MKVSS_NOT_KEPT=$(((first * 4096 + 40000) / 16384)) "$build/tests/mkvss" "$work/now.img" "$work/1.img" "$work/2.img" "$work/3.img" >"$work/mkvss"
	rm "$work/1.img" "$work/2.img"
}

check_all() {
	run "all" 0 collect --shadow all --deleted none --take 'Sizes/*' --take 'Layouts/name-*'
	bundle_of all || return 0
	rows >"$work/rows"
	intact all "$bundle" 0
	local n hive=Windows/System32/config vss=$work/extracted/fs/'$vss$'/C
	for n in 1 2; do
		cmp "$work/kept/$n/SYSTEM" "$vss/$n/$hive/SYSTEM" || complain "snapshot $n: SYSTEM is not as it was"
		same "snapshot $n: SYSTEM" "taken vss changed -" "$(status "fs/\$vss\$/C/$n/$hive/SYSTEM")"
		same "snapshot $n: SOFTWARE is not taken twice" "same_as vss same fs/C/$hive/SOFTWARE" \
			"$(status "fs/\$vss\$/C/$n/$hive/SOFTWARE")"
		cmp "$work/kept/$n/SOFTWARE" "$vss/$n/$hive/SOFTWARE" || complain "snapshot $n: SOFTWARE cannot be had"
	done
	for n in 511 65537; do
		! cmp -s "$work/kept/1/$n.bin" "$work/kept/3/$n.bin" || complain "$n.bin: not changed"
		same "changed, and as large as it was: $n.bin" "taken vss changed -" "$(status "fs/\$vss\$/C/1/Sizes/$n.bin")"
		cmp "$work/kept/1/$n.bin" "$vss/1/Sizes/$n.bin" || complain "snapshot 1: $n.bin is not as it was"
	done
	cmp "$work/kept/3/SYSTEM" "$work/extracted/fs/C/$hive/SYSTEM" || complain "SYSTEM is not as it is"
	same "a file gone since" "taken vss gone -" "$(status 'fs/$vss$/C/1/Windows/System32/winevt/Logs/System.evtx')"
	same "a file gone before" "" "$(status 'fs/$vss$/C/2/Windows/System32/winevt/Logs/System.evtx')"
	same "snapshots of rows" "1 2" "$(jq -r '.snapshot.n // empty' "$work/rows" | sort -u | paste -sd' ')"
	same "rows: every path once" "" "$(jq -r .path "$work/rows" | sort | uniq -d)"
	# One block was not kept: the rest is, and the row says so. That is no gap.
	same "not kept whole" "partial vss changed - 16384" "$(status 'fs/$vss$/C/1/Sizes/1048577.bin') $(jq -r \
		'select(.path == "fs/$vss$/C/1/Sizes/1048577.bin") | .bad_ranges | map(.[1]) | add' "$work/rows")"
	jq -se 'any(.path == "fs/$vss$/C/1/Sizes/1048577.bin" and (.reason | contains("did not keep")))' "$work/rows" >/dev/null ||
		complain "not kept: the row does not say why"
	dd if=/dev/zero of="$work/kept/1/1048577.bin" bs=1 seek="$unkept_at" count=16384 conv=notrunc status=none
	cmp "$work/kept/1/1048577.bin" "$vss/1/Sizes/1048577.bin" || complain "not kept: other bytes are lost, too"
	# Every name of a file that did not change leads to the content, which is under its first name: whichever that is on this
	# volume, since NTFS keeps names in the order of their bytes, times included.
	local first
	first=$(jq -r 'select(.path == ("fs/C/Layouts/name-1.txt", "fs/C/Layouts/name-2.txt", "fs/C/Layouts/many/名前-3.txt") and .status == "taken") | .path' "$work/rows")
	same "names" "same_as $first same_as $first" "$(jq -r 'select(.path == ("fs/$vss$/C/1/Layouts/name-1.txt",
		"fs/$vss$/C/1/Layouts/name-2.txt")) | "\(.status) \(.same_as)"' "$work/rows" | paste -sd' ')"
	meta receipt.json >"$work/receipt.json"
	same "receipt: adds up" "" "$(jq -r '.kinds[], .kinds[].collectors[] |
		select(.expected != .taken + .partial + .skipped + .failed) | .name // .collector' "$work/receipt.json")"
	same "receipt: shadow copies" "C 1 true 2 true" \
		"$(jq -r '.volumes[] | [.volume, (.shadow_copies[] | .n, .taken)] | join(" ")' "$work/receipt.json")"
	# Of what did not change nothing is stored: the bundle is hardly larger than without.
	rm -rf "$bundle"
}

check_choice() {
	local which found
	while read -r which found; do
		run "--shadow $which" 0 collect --dry-run --shadow "$which" --profile registry
		same "--shadow $which" "$found" "$(grep -o '^fs/$vss$/C/[0-9]' "$work/out" | sort -u | cut -d / -f 4 | paste -sd,)"
	done <<-'END'
		all 1,2
		newest 2
		oldest 1
		mid 1
		newest,oldest 1,2
		none
	END
	# What is told to be taken is what is taken: nothing is counted twice.
	run "estimate" 0 collect --dry-run --shadow all --profile registry
	same "estimate" "$(wc -l <"$work/out")" "$(sed -nE 's/^To take \(files and streams\): ([0-9]+),.*/\1/p' "$work/err")"
	run "default" 0 collect --dry-run --profile registry
	same "default" 2 "$(grep -o '^fs/$vss$/C/[0-9]' "$work/out" | sort -u | wc -l)"
	for which in some , newest, all,newest ''; do
		run "--shadow '$which'" 64 collect --dry-run --shadow "$which"
		says_one_line "--shadow '$which'" "--shadow takes"
	done
}

# The timeline tells of a shadow copy what only it knows; of an image and of a bundle the same.
check_timeline() {
	local hive=Windows/System32/config bundle
	run "timeline" 0 "$kanshiki" timeline "$work/now.img"
	same "timeline: none by default" 0 "$(grep -c '"path":"$vss\$' "$work/out" || true)"
	says "timeline: there are some" "not read: 2; --shadow all"
	cp "$work/out" "$work/plain"
	run "timeline --shadow all" 0 "$kanshiki" timeline "$work/now.img" --shadow all
	head -n "$(wc -l <"$work/plain")" "$work/out" | cmp - "$work/plain" || complain "timeline: the volume's own lines differ"
	tail -n +"$(($(wc -l <"$work/plain") + 1))" "$work/out" >"$work/shadow"
	same "timeline: all of them of shadow copies" 0 "$(grep -cv '"path":"$vss\$/[12]' "$work/shadow" || true)"
	grep -q '"path":"$vss$/1/Windows/System32/winevt/Logs/System.evtx".*"deleted":false' "$work/shadow" ||
		complain "timeline: the file that is gone is not there"
	grep -q "\"path\":\"\$vss\$/2/$hive/SYSTEM\"" "$work/shadow" || complain "timeline: the earlier times of SYSTEM are not there"
	! grep -q "\$vss\$/[12]/$hive/SOFTWARE\"" "$work/shadow" || complain "timeline: SOFTWARE, which nobody touched, comes again"
	same "timeline: every line once" "" "$(sed -E 's/"path":"\$vss\$\/[12]\/?/"path":"/' "$work/out" | grep -v '"kind":"damage"' | sort | uniq -d)"
	run "timeline: a collection" 0 collect --shadow all --profile ntfs-metafiles --deleted none
	bundle_of "timeline: a collection" || return 0
	run "timeline of a bundle" 0 "$kanshiki" timeline "$bundle" --keys "$work/keys" --shadow all
	sed -nE 's/("path":")\$vss\$\/C\//\1$vss$\//p' "$work/out" | grep '"kind":"file"' | sort >"$work/of-bundle"
	grep '"kind":"file"' "$work/shadow" | sort | cmp - "$work/of-bundle" || complain "timeline: bundle and image differ"
	# A sector outside all files is no part of a shadow copy, and its row could not say where it was read.
	same "the copy of the boot sector" 'fs/C/$Boot::backup' "$("$kanshiki" ls "$bundle" --all --json --keys "$work/keys" | jq -r .path | grep 'Boot::' | paste -sd' ')"
	rm -rf "$bundle"
	# Two volumes with the same content: what one has does not hide what is of the other.
	run "timeline: two volumes" 0 collect --volume "E=$work/now.img" --shadow all --profile ntfs-metafiles --deleted none
	bundle_of "timeline: two volumes" || return 0
	run "timeline of two, without" 0 "$kanshiki" timeline "$bundle" --keys "$work/keys"
	same "timeline of two, without" 0 "$(grep -c '"path":"$vss\$' "$work/out" || true)"
	says "timeline of two, without" "not read: 4; --shadow all"
	cp "$work/out" "$work/plain"
	run "timeline of two" 0 "$kanshiki" timeline "$bundle" --keys "$work/keys" --shadow all
	grep -v '"path":"$vss\$' "$work/out" | cmp - "$work/plain" || complain "timeline of two: the volumes' own lines differ"
	same "timeline of two: the same of each" "$(grep -c '"path":"$vss\$/C/' "$work/out")" "$(grep -c '"path":"$vss\$/E/' "$work/out")"
	rm -rf "$bundle"
}

# A file that Windows packed is a hole and a packed stream: when only that changed, the file is not the same.
check_wof() {
	local record cluster code=0
	KANSHIKI_BUILD=$build "$tests/make-wof-image.sh" "$work/wof.img" "$work/originals" >"$work/image.log" 2>&1 || code=$?
	[ "$code" -eq 0 ] || { tail -n 1 "$work/image.log"; return 0; }
	record=$(ifind -n lzx/text "$work/wof.img")
	cluster=$(istat "$work/wof.img" "$record" | awk 'data { print $1; exit } /WofCompressedData/ { data = 1 }')
	cp "$work/wof.img" "$work/wof-now.img"
	printf 'damaged' | dd of="$work/wof-now.img" bs=1 seek="$((cluster * 4096 + 3000))" conv=notrunc status=none
	"$build/tests/mkvss" "$work/now.img" "$work/wof.img" "$work/wof-now.img" >"$work/mkvss"
	run "packed" "0|1" collect --shadow all --profile none --take 'lzx/*' --deleted none
	bundle_of packed || return 0
	rows >"$work/rows"
	intact packed "$bundle" 0
	same "packed: changed" "taken vss changed -" "$(status 'fs/$vss$/C/1/lzx/text')"
	cmp "$work/originals/text" "$work/extracted/fs/\$vss\$/C/1/lzx/text" || complain "packed: not as it was"
	! cmp -s "$work/originals/text" "$work/extracted/fs/C/lzx/text" || complain "packed: nothing was changed"
	# A neighbour in the same block of 16 KiB (at most three clusters of others) is not known to be the same: taken, and equal.
	jq -r 'select((.path | startswith("fs/$vss$/C/1/lzx/")) and .path != "fs/$vss$/C/1/lzx/text") | "\(.status) \(.path)"' "$work/rows" >"$work/others"
	[ "$(grep -c '^same_as ' "$work/others")" -ge 10 ] || complain "packed: too few of the others are the same: $(cat "$work/others")"
	[ "$(grep -vc '^same_as ' "$work/others")" -le 3 ] || complain "packed: the others: $(grep -v '^same_as ' "$work/others")"
	sed -n 's/^taken //p' "$work/others" | while read -r path; do cmp "$work/originals/${path##*/}" "$work/extracted/$path"; done >"$work/differ" 2>&1 || true
	[ ! -s "$work/differ" ] || complain "packed: a neighbour: $(cat "$work/differ")"
	rm -rf "$bundle"
}

# The last block of a list.
damage_last_list() {
	local at
	at=$(LC_ALL=C grep -obUaP '\x6b\x87\x08\x38\x76\xc1\x48\x4e\xb7\xae\x04\x04\x6e\x6c\xc7\x52\x01\0\0\0\x03\0\0\0' "$work/now.img" |
		tail -n 1 | cut -d : -f 1)
	printf 'X' | dd of="$work/now.img" bs=1 seek="$at" conv=notrunc status=none
}

# A damaged store: it and what builds on it are named, the rest is taken.
check_damage() {
	damage_last_list # of the newer one
	run "damage" 1 collect --shadow all --profile registry
	bundle_of damage || return 0
	rows >"$work/rows"
	same "damage: named" 'fs/$vss$/C/1 fs/$vss$/C/2' \
		"$(jq -r 'select(.kind == "problem" and .status == "not_taken") | .path' "$work/rows" | sort | paste -sd' ')"
	same "damage: the volume" "taken raw - -" "$(status fs/C/Windows/System32/config/SYSTEM)"
	rm -rf "$bundle"
}

# usage: wipe IMAGE   $MFT and $MFTMirr overwritten, as a wiper does
wipe() {
	local record cluster
	head -c 4096 /dev/urandom >"$work/noise"
	for record in 0 1; do
		istat "$1" "$record" | awk '/^Type:/ { data = /\$DATA/; next } data' | tr -s ' ' '\n'
	done | grep -vx 0 | sort -u | while read -r cluster; do
		[ -z "$cluster" ] || dd if="$work/noise" of="$1" bs=4096 seek="$cluster" conv=notrunc status=none
	done
}

# The volume itself cannot be read any more; its shadow copy can.
check_wiped() {
	local hive=Windows/System32/config bundle
	cp "$work/3.img" "$work/wiped.img"
	wipe "$work/wiped.img"
	"$build/tests/mkvss" "$work/now.img" "$work/3.img" "$work/wiped.img" >"$work/mkvss"
	run "wiped" 1 collect --profile registry
	says "wiped: the volume" "fs/C: .*record 0"
	bundle_of wiped || return 0
	rows >"$work/rows"
	intact wiped "$bundle" 0
	same "wiped: SYSTEM" "taken vss - -" "$(status "fs/\$vss\$/C/1/$hive/SYSTEM")"
	cmp "$work/kept/3/SYSTEM" "$work/extracted/fs/\$vss\$/C/1/$hive/SYSTEM" || complain "wiped: SYSTEM is not as it was"
	same "wiped: problems" "fs/C" "$(jq -r 'select(.kind == "problem") | .path' "$work/rows" | paste -sd' ')"
	meta receipt.json >"$work/receipt.json"
	same "wiped: receipt" "C false true" \
		"$(jq -r '.volumes[] | [.volume, .usable, .shadow_copies[].taken] | join(" ")' "$work/receipt.json")"
	rm -rf "$bundle"
	run "wiped, without" 65 collect --profile registry --shadow none
	says_one_line "wiped, without" "record 0"
	run "wiped: timeline, without" 65 "$kanshiki" timeline "$work/now.img"
	says "wiped: there is one" "not read: 1; --shadow all"
	run "wiped: timeline" 1 "$kanshiki" timeline "$work/now.img" --shadow all
	says "wiped: timeline" "record 0"
	same "wiped: timeline: damage" 1 "$(grep -c '"kind":"damage"' "$work/out")"
	grep -q "\"path\":\"\$vss\$/1/$hive/SYSTEM\"" "$work/out" || complain "wiped: timeline: SYSTEM is not there"
	# Its list as well: both are named.
	damage_last_list
	run "wiped, and the store" 65 collect --profile registry
	says "wiped, and the store: the volume" "C: .*record 0"
	says "wiped, and the store: the shadow copy" '\$vss\$/C/1: .*block list'
	run "wiped, and the store: timeline" 65 "$kanshiki" timeline "$work/now.img" --shadow all
}

make_work
have_image
make_kit
mkdir "$work/out-dir"
make_states
check_all
check_choice
check_timeline
check_damage
check_wiped
check_wof
finish
