#!/bin/bash
# collect: what it says, what it leaves out, what stands in rows and receipt, and many files in little memory.
# usage: tests/e2e/collect.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/collect.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq age zstd tar python3 istat fsstat

collect() { "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" "$@"; }

meta() { "$kanshiki" cat "$bundle" "meta/$1" --keys "$work/keys"; }

rows() {
	local volume
	for volume in "$bundle"/meta.*.age; do age -d -i "$work/keys/recipient.key" "$volume"; done | zstd -dcq |
		tar -xOf - --wildcards 'meta/entries.*' 2>/dev/null
}

# usage: same WHAT EXPECTED FOUND
same() { [ "$2" = "$3" ] || complain "$1: '$3', not '$2'"; }

check_dry_run() {
	run "dry run" 0 "$kanshiki" collect --dry-run --volume "C=$image" --profile registry
	grep -qx 'fs/C/Windows/System32/config/SYSTEM' "$work/out" || complain "dry run: no SYSTEM"
	! grep -q winevt "$work/out" || complain "dry run: takes more than its profile"
	[ -z "$(ls -A "$work/out-dir")" ] || complain "dry run: made something"
}

check_patterns() {
	run "one file" 0 collect --profile none --take 'c:\programdata\CLEANER.exe' --json
	bundle=$(tail -n 1 "$work/out" | jq -r .path)
	[ -d "$bundle" ] || complain "--json: no path"
	same "--json: status" complete "$(tail -n 1 "$work/out" | jq -r .status)"
	same "--json: number" "$(sha256sum "$bundle/MANIFEST.sha256" | cut -c1-64)" "$(tail -n 1 "$work/out" | jq -r .number)"
	same "one file: members" "fs/C/ProgramData/cleaner.exe" \
		"$("$kanshiki" ls "$bundle" --keys "$work/keys" | grep '^fs/' | paste -sd' ')"
	rm -rf "$bundle"
	run "a directory" 0 collect --profile none --take 'c:\windows\PREFETCH\'
	bundle_of "a directory" || return 0
	same "a directory: members" "$(collect --dry-run --profile none --take 'Windows/Prefetch/**' 2>"$work/err" | paste -sd' ')" \
		"$("$kanshiki" ls "$bundle" --keys "$work/keys" | grep '^fs/' | paste -sd' ')"
	rm -rf "$bundle"
	run "other volume's pattern" 0 collect --profile none --take 'D:/**'
	says "other volume's pattern" '^Done\. Everything was taken'
	same "other volume's pattern: said at the end, too" 2 "$(grep -c "^ *--take: nothing matches 'D:/\*\*'$" "$work/err")"
	bundle_of "other volume's pattern" || return 0
	same "other volume's pattern: members" "" "$("$kanshiki" ls "$bundle" --keys "$work/keys" | grep '^fs/' || true)"
	rm -rf "$bundle"
}

check_background() {
	local members
	members=$(collect --dry-run --profile prefetch 2>"$work/err" | paste -sd' ')
	run "background" 0 collect --profile prefetch --background
	bundle_of "background" || return 0
	run "background: verify" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
	same "background: members" "$members" "$("$kanshiki" ls "$bundle" --keys "$work/keys" | grep '^fs/' | paste -sd' ')"
	rm -rf "$bundle"
}

check_facts() {
	printf '\xef\xbb\xbf{"operator": {"name": "警備 太郎", "org": "東"}, "ticket": [1, 2], "long": 12345678901234567890123456789, "location": {"address": "大阪"}}' >"$work/facts.json"
	run "facts" 0 collect --profile prefetch --facts "$work/facts.json" --case 2026-117
	bundle_of facts || return 0
	meta collection.json >"$work/collection.json"
	same "facts: operator" "警備 太郎" "$(jq -r .operator.name "$work/collection.json")"
	same "facts: the rest" '[1,2]' "$(jq -c .facts.ticket "$work/collection.json")"
	grep -q '"long":12345678901234567890123456789[,}]' "$work/collection.json" || complain "facts: a number is not as it was"
	same "facts: case" "2026-117" "$(jq -r .case_id "$work/collection.json")"
	same "facts: host from the hive" "KANSHIKI-PC1" "$(jq -r .target.hostname "$work/collection.json")"
	same "facts: null has a why" "" \
		"$(jq -r '. as $c | ["witness", "authority", "hashes", "dispatch"][] | select(($c[.] == null) != ($c.why[.] != null))' "$work/collection.json")"
	python3 "$tests/fields.py" "$tests/../docs/bundle-format.md" "$tests"/../collectors/facts*.c <"$work/collection.json" >"$work/fields" ||
		complain "facts: the page of collection.json: $(cat "$work/fields")"
	grep -q '警備 太郎' "$bundle/CUSTODY.txt" || complain "facts: the custody sheet does not name the collector"
	[[ $(basename "$bundle") =~ ^2026-117_KANSHIKI-PC1_[0-9]{8}T[0-9]{6}Z_[0-9a-f]{8}$ ]] ||
		complain "'$(basename "$bundle")' is no name"
	rm -rf "$bundle"
	local text
	for text in 'rubbish' '[1]' '' '{"a":'; do
		printf '%s' "$text" >"$work/facts.json"
		run "facts '$text'" 65 collect --facts "$work/facts.json"
		says_one_line "facts '$text'" "facts.json"
	done
	head -c 1100000 /dev/zero | tr '\0' ' ' >"$work/facts.json"
	run "facts too large" 65 collect --facts "$work/facts.json"
	run "no facts" 66 collect --facts "$work/nothing.json"
}

check_rows() {
	run "everything" 0 collect --take '**'
	bundle_of everything || return 0
	# What is not of this system has a number of its own: as on the receipt, so on the screen and the sheet.
	says "everything" '^Done\. Everything but what was left out was taken'
	same "left out: screen" "$(meta receipt.json | jq .totals.skipped)" "$(sed -n 's/^Left out, .*: \([0-9]*\)\.$/\1/p' "$work/err")"
	grep -q ", 除外 left out $(meta receipt.json | jq .totals.skipped)\$" "$bundle/CUSTODY.txt" || complain "left out: the sheet"
	rows >"$work/rows"
	same "rows: every path once" "" "$(jq -r .path "$work/rows" | sort | uniq -d)"
	same "rows: eight times" 0 "$(jq -c 'select(.status == "taken" and .kind != "listing" and .kind != "disk" and ((.si | length) != 4 or (.fn | length) != 4))' "$work/rows" | wc -l)"
	same "rows: owners and rights, of \$Secure and of the files themselves" "256 S-1-5-32-544 O:BAG:BAD:(A;;FR;;;SY)(A;;FR;;;BA)" \
		"$(jq -r 'select(.path == "fs/C/$MFTMirr") | "\(.security_id) \(.owner_sid) \(.sddl)"' "$work/rows")"
	same "rows: owner of a file" "0 S-1-5-32-544 O:BAG:BAD:(A;OICI;FA;;;WD)" \
		"$(jq -r 'select(.path == "fs/C/Windows/System32/config/SYSTEM") | "\(.security_id) \(.owner_sid) \(.sddl)"' "$work/rows")"
	same "rows: \$BadClus:\$Bad" 0 "$(grep -c 'BadClus:\$Bad"' "$work/rows" || true)"
	same "rows: another name of a file" 2 "$(jq -c 'select(.status == "same_as")' "$work/rows" | wc -l)"
	jq -se 'any(.path == "fs/C/$Extend/$UsnJrnl:$J" and .stored == "runs" and .size > .stored_size
		and (.sparse_map | map(.[1]) | add) == .stored_size)' "$work/rows" >/dev/null || complain "rows: \$J is not stored as its runs"
	jq -se 'any(.path == "fs/C/Names/invoice<U+202E>fdp.exe" and (.raw_name | contains("2e20")))' "$work/rows" >/dev/null ||
		complain "rows: no raw name of an escaped one"
	same "rows: kinds in order" "ntfs-metafiles prefetch registry event-logs browser-profiles recycle-bin scheduled-tasks take directory-slack deleted-files" \
		"$(jq -r .collector "$work/rows" | uniq | awk '!seen[$0]++' | paste -sd' ')"
	meta receipt.json >"$work/receipt.json"
	same "receipt: eight kinds" "アイウエオカキク" "$(jq -r '[.kinds[].kind] | add' "$work/receipt.json")"
	same "receipt: nothing is silently nothing" "" \
		"$(jq -r '.kinds[] | select(.taken == 0 and .note == null) | .kind' "$work/receipt.json")"
	same "receipt: live on Linux" "not on this system" \
		"$(jq -r '[.kinds[].collectors[] | select(.collector == "processes") | .note][0]' "$work/receipt.json")"
	same "receipt: adds up" "" "$(jq -r '.kinds[], .kinds[].collectors[] |
		select(.expected != .taken + .partial + .skipped + .failed) | .name // .collector' "$work/receipt.json")"
	same "receipt: rows" "$(jq -r .totals.taken "$work/receipt.json")" "$(jq -c 'select(.status == "taken")' "$work/rows" | wc -l)"
	meta journal.jsonl | jq -se 'any(.step == "estimate")' >/dev/null || complain "journal: no estimate"
	rm -rf "$bundle"
}

# One host, one image under two letters: both are taken, and told apart.
check_two_volumes() {
	run "two volumes" 0 collect --volume "e=$image" --profile registry,event-logs
	bundle_of "two volumes" || return 0
	"$kanshiki" ls "$bundle" --keys "$work/keys" | grep '^fs/' >"$work/list"
	same "two volumes: the same of each" "$(grep -c '^fs/C/' "$work/list")" "$(grep -c '^fs/E/' "$work/list")"
	rm -rf "$bundle"
}

# --out inside the image itself, mounted: never written into.
check_on_image() {
	[ "$(id -u)" = 0 ] && command -v ntfs-3g >/dev/null || return 0
	cp "$image" "$work/mounted.img"
	mkdir -p "$work/mnt"
	ntfs-3g "$work/mounted.img" "$work/mnt" 2>/dev/null || return 0
	mkdir -p "$work/mnt/out"
	run "--out in the mounted image" 64 "$kanshiki" collect --kit "$work/kit" --out "$work/mnt/out" --volume "C=$work/mounted.img"
	says_one_line "--out in the mounted image" "evidence|collected"
	umount "$work/mnt"
}

# More than 1 GiB of holes: only the runs are stored, and come back as a sparse file.
check_sparse() {
	local size=1300000123
	[ "$(id -u)" = 0 ] && command -v ntfs-3g >/dev/null && [ -e /dev/fuse ] || return 0
	truncate -s 64M "$work/sparse.img"
	mkntfs -F -Q -q "$work/sparse.img" >/dev/null 2>&1
	mkdir -p "$work/mnt"
	ntfs-3g "$work/sparse.img" "$work/mnt" 2>/dev/null || return 0
	printf 'start' >"$work/mnt/sparse.bin"
	printf 'middle' | dd of="$work/mnt/sparse.bin" bs=1 seek=1250000000 conv=notrunc status=none
	truncate -s "$size" "$work/mnt/sparse.bin"
	umount "$work/mnt"
	run "sparse" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/sparse.img" \
		--profile none --take sparse.bin
	bundle_of sparse || return 0
	rows | jq -se 'any(.path == "fs/C/sparse.bin" and .stored == "runs" and .stored_size < 100000)' >/dev/null ||
		complain "sparse: not stored as its runs"
	intact sparse "$bundle" 0
	same "sparse: size" "$size" "$(stat -c %s "$work/extracted/fs/C/sparse.bin")"
	same "sparse: start" start "$(head -c 5 "$work/extracted/fs/C/sparse.bin")"
	same "sparse: middle" middle "$(tail -c +1250000001 "$work/extracted/fs/C/sparse.bin" | head -c 6)"
	[ "$(du -k "$work/extracted/fs/C/sparse.bin" | cut -f1)" -lt 1000 ] || complain "sparse: comes back full of zeros"
	rm -rf "$bundle"
}

# Many files: memory stays flat, each is there once.
check_many() {
	local count=${KANSHIKI_MANY:-20000} peak
	[ "$(id -u)" = 0 ] && command -v ntfs-3g >/dev/null && [ -e /dev/fuse ] || return 0
	truncate -s 4G "$work/many.img"
	mkntfs -F -Q -q "$work/many.img" >/dev/null 2>&1
	mkdir -p "$work/mnt"
	ntfs-3g -o noatime "$work/many.img" "$work/mnt" 2>/dev/null || return 0
	perl -e 'my ($dir, $count) = @ARGV;
		for my $i (0 .. $count - 1) {
			my $d = "$dir/d" . int($i / 500);
			mkdir $d if $i % 500 == 0;
			open my $f, ">", "$d/\xe3\x83\x95\xe3\x82\xa1\xe3\x82\xa4\xe3\x83\xab-$i.dat" or die "$!";
			print $f "x" x ($i % 900);
		}' "$work/mnt" "$count"
	umount "$work/mnt"
	run "many files" 0 "$build/tests/peak" "$work/peak" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" \
		--volume "C=$work/many.img" --profile none --take 'd*/**'
	peak=$(cat "$work/peak")
	echo "many files: $count, $((peak / 1024)) MiB at most"
	[ "$peak" -le 146484 ] || complain "many files: $peak KiB" # 150 MB
	bundle_of "many files" || return 0
	same "many files" "$count" "$("$kanshiki" ls "$bundle" --keys "$work/keys" | grep -c '^fs/')"
	rm -rf "$bundle"
}

# A descriptor spoiled in both copies of $Secure:$SDS: said, and every file is still taken.
check_secure() {
	local cluster first at
	cluster=$(fsstat "$image" | sed -n 's/^Cluster Size: //p')
	first=$(istat "$image" 9 | awk '/Name: \$SDS/ { found = 1; next } found { print $1; exit }')
	cp --sparse=always "$image" "$work/spoiled.img"
	for at in 0 $((256 * 1024)); do
		printf '\377%.0s' {1..40} | dd of="$work/spoiled.img" bs=1 seek=$((first * cluster + at + 20)) conv=notrunc status=none
	done
	run "spoiled \$Secure" 1 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/spoiled.img" --profile none --take '**'
	says "spoiled \$Secure" 'Secure:\$SDS: the hash of security id 256 is wrong'
	bundle_of "spoiled \$Secure" || return 0
	run "spoiled \$Secure: verify" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
	rm -rf "$bundle" "$work/spoiled.img"
}

make_work
have_image
make_kit
mkdir "$work/out-dir"
check_dry_run
check_patterns
check_background
check_facts
check_rows
check_secure
check_two_volumes
check_on_image
check_sparse
check_many
finish
