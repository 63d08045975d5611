#!/bin/bash
# Deleted files come back as long as nobody has overwritten them, and none that was overwritten is called whole.
# usage: tests/e2e/deleted.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/deleted.sh BUILD}
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../deleted_lib.sh"
need jq perl mkntfs ntfs-3g setfattr icat istat ntfswipe
[ "$(id -u)" = 0 ] && [ -e /dev/fuse ] || skip "deleted files (need root and /dev/fuse)"

# usage: same WHAT EXPECTED FOUND
same() { [ "$2" = "$3" ] || complain "$1: '$3', not '$2'"; }

collect() { "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/disk.img" --profile none "$@"; }

check_case() {
	what=$1
	make_case "$1" "$work/disk.img"
	run "$what: collect" 0 collect --deleted all
	bundle_of "$what" || return 0
	read_results "$bundle"
	judge "$1" "$work/disk.img"
	echo "$what: $full whole, $lost not"
	case $1 in
	untouched)
		[ "$lost" -eq 0 ] || complain "$what: not all are whole"
		check_long ;;
	overwritten | trimmed) check_nothing_left "$1" ;;
	overwritten-in-part) [ "$full" -gt 5 ] && [ "$lost" -gt 0 ] || complain "$what: $full whole, $lost not: no test" ;;
	overwritten-by-deleted) jq -se 'any(.deleted.overwritten_by_deleted > 0)' "$work/rows" >/dev/null ||
		complain "$what: nothing was overwritten by a deleted file" ;;
	unknowable) check_unknowable ;;
	esac
	rm -rf "$bundle"
}

# Its runs are in extension records, its list in clusters that are free now, too.
check_long() {
	local record
	record=$(awk -F'\t' '$5 ~ /attribute-list/ { print $1 }' "$work/disk.img.truth")
	jq -se --argjson record "$record" 'any(.record == $record and .deleted.clusters >= 700)' "$work/rows" >/dev/null &&
		istat "$work/disk.img" "$record" >"$work/istat" && grep -q 'ATTRIBUTE_LIST.*Non-Resident' "$work/istat" ||
		complain "$what: attribute-list.bin has no list in clusters: no test"
}

# Of what had clusters nothing comes back, and the rows say why.
check_nothing_left() {
	local word=overwritten
	[ "$1" = overwritten ] || word=trimmed
	jq -r --arg word "$word" 'select(.deleted.clusters > 0 and (.deleted.path | startswith("victims/")) and (.deleted.result != $word or .status != "not_taken" or .place)) | .path' \
		"$work/rows" >"$work/odd"
	[ ! -s "$work/odd" ] || complain "$what: not called $word: $(head -n 3 "$work/odd" | paste -sd' ')"
	head -n 1 "$work/extracted/deleted/C/files.jsonl" >"$work/head"
	if [ "$1" = trimmed ]; then
		[ "$(jq -r .trim.recovery "$work/head")" = hopeless ] || complain "$what: the list does not say that TRIM leaves no hope"
		grep -q TRIM "$work/collect.err" || complain "$what: the screen does not name TRIM"
	else
		[ "$(jq -r .trim.recovery "$work/head")" != hopeless ] || complain "$what: TRIM is blamed"
	fi
}

# The test of the one case that nobody can see: it must be there, and the row must say that it can be.
check_unknowable() {
	local wrong
	wrong=$(awk -F'\t' 'NR == FNR { sum[$1 "\t" $2] = $4; next } $3 == "full" && sum[$1 "\t" $2] != "" && sum[$1 "\t" $2] != $5' \
		"$work/disk.img.truth" "$work/results" | wc -l)
	[ "$wrong" -gt 0 ] || complain "$what: no file was overwritten unseen: no test"
	jq -se 'all(.[] | select(.deleted.clusters > 0 and .deleted.result == "full"); .deleted.earlier_owner == "unknowable")' \
		"$work/rows" >/dev/null || complain "$what: a row does not say 'unknowable'"
}

check_list() {
	local line
	what="the list"
	make_case untouched "$work/disk.img"
	run "$what" 0 collect --deleted list
	bundle_of "$what" || return 0
	"$kanshiki" cat "$bundle" deleted/C/files.jsonl --keys "$work/keys" >"$work/list"
	for line in victims/whole.bin victims/請求書.docx victims/gone/sub/two.txt victims/gone/sub victims/packed/text.log; do
		tail -n +2 "$work/list" | jq -se --arg path "$line" 'any(.path == $path)' >/dev/null || complain "$what: no '$line'"
	done
	[ "$(jq -sr '.[0].files' "$work/list")" -eq "$(tail -n +2 "$work/list" | wc -l)" ] || complain "$what: its head counts otherwise"
	[ "$("$kanshiki" ls "$bundle" --keys "$work/keys" | grep -c '^deleted/')" -eq 1 ] || complain "$what: data was taken, too"
	rm -rf "$bundle"
	run "--deleted none" 0 "$kanshiki" collect --dry-run --volume "C=$work/disk.img" --deleted none
	! grep ^deleted/ "$work/out" | grep -qv index-slack || complain "--deleted none: takes deleted files"
	run "dry run" 0 "$kanshiki" collect --dry-run --volume "C=$work/disk.img"
	grep -qE '^deleted/C/[0-9]+-[0-9]+/請求書\.docx$' "$work/out" || complain "dry run: names no deleted file"
	! grep -q whole.bin "$work/out" || complain "dry run: takes what is not on the list"
	run "profile with a policy" 0 "$kanshiki" collect --dry-run --volume "C=$work/disk.img" --profile registry,deleted-files:list
	[ "$(cat "$work/out")" = deleted/C/files.jsonl ] || complain "profile with a policy: $(head -n 3 "$work/out" | paste -sd' ')"
	run "--deleted before the profile" 0 "$kanshiki" collect --dry-run --volume "C=$work/disk.img" --deleted all --profile deleted-files:list
	grep -q whole.bin "$work/out" || complain "--deleted before the profile: it is not all"
	run "--deleted some" 64 collect --deleted some
	says_one_line "--deleted some" "priority"
}

# What does not fit is named, and costs nothing else.
check_caps() {
	what="caps"
	run "$what" 0 collect --deleted all --deleted-cap 1
	grep -qE '^C: [0-9]+ deleted files \([0-9.]+ [kM]?B\) are left out: over --deleted-cap' "$work/err" "$work/said" 2>/dev/null ||
		complain "$what: the screen does not say what was left out"
	bundle_of "$what" || return 0
	"$kanshiki" ls "$bundle" --all --json --keys "$work/keys" >"$work/rows"
	jq -se 'any(.deleted.path == "victims/whole.bin" and .status == "not_taken" and (.reason | contains("--deleted-cap")))' \
		"$work/rows" >/dev/null || complain "$what: whole.bin is larger than a quarter of the cap"
	jq -se 'any(.deleted.path == "victims/請求書.docx" and .status == "taken")' "$work/rows" >/dev/null || complain "$what: 請求書.docx fits"
	"$kanshiki" cat "$bundle" meta/receipt.json --keys "$work/keys" | jq -e '.totals.failed == 0 and .totals.skipped > 0' >/dev/null ||
		complain "$what: the receipt does not count what was left out"
	rm -rf "$bundle"
}

# The change journal tells when a file was deleted, and the newest come first.
check_journal() {
	what="journal"
	[ -x "$build/tests/mkusn" ] || return 0
	make_volume "$work/disk.img" 16M
	mkdir "$work/mnt/Layouts" # mkusn needs it
	random_bytes 20000 >"$work/mnt/first.exe"
	random_bytes 20000 >"$work/mnt/second.exe"
	unmount
	"$build/tests/mkusn" "$work/disk.img" 65536 6 first.exe >/dev/null || complain "$what: mkusn"
	mount_volume "$work/disk.img"
	rm "$work/mnt/first.exe" "$work/mnt/second.exe"
	unmount
	run "$what: collect" 0 collect --deleted priority
	bundle_of "$what" || return 0
	"$kanshiki" ls "$bundle" --json --keys "$work/keys" | jq -c 'select(.deleted)' >"$work/rows"
	same "$what: time" 2024-03-11T05:06:07.5000000Z "$(jq -r 'select(.deleted.path == "first.exe") | .deleted.deleted_at' "$work/rows")"
	same "$what: no time" null "$(jq -r 'select(.deleted.path == "second.exe") | .deleted.deleted_at' "$work/rows")"
	same "$what: nothing is wrong with it" null "$("$kanshiki" cat "$bundle" deleted/C/files.jsonl --keys "$work/keys" | sed -n 1p | jq -r .journal_damage)"
	same "$what: order" "second.exe first.exe" "$(jq -sr 'map(select(.deleted.clusters > 0)) | sort_by(.place.tar) | map(.deleted.path) | join(" ")' "$work/rows")"
	rm -rf "$bundle"
}

# One whose record has an impossible length gives no time, and the list says why.
check_spoilt_journal() {
	what="spoilt journal"
	[ -x "$build/tests/mkusn" ] || return 0
	perl -e '
		open my $image, "+<:raw", $ARGV[0] or die; local $/; my $all = <$image>; my $name = join "", map { "$_\0" } split //, "first.exe";
		for (my $at = 0; ($at = index $all, $name, $at + 1) >= 0;) {
			my ($len, $major) = unpack "Vv", substr $all, $at - 60, 6;
			next if $major != 2 || $len > 100;
			seek $image, $at - 60, 0; print $image pack "V", 7;
		}' "$work/disk.img"
	run "$what: collect" "0|1" collect --deleted priority
	bundle_of "$what" || return 0
	"$kanshiki" cat "$bundle" deleted/C/files.jsonl --keys "$work/keys" >"$work/rows"
	sed -n 1p "$work/rows" | jq -e '.journal_damage | startswith("at byte ")' >/dev/null || complain "$what: $(sed -n 1p "$work/rows")"
	same "$what: no time" 0 "$(grep -c '"deleted_at"' "$work/rows")"
	rm -rf "$bundle"
}

# Extension records whose base record is another file's by now have a line each, and what lies in them whole is taken.
check_base_reused() {
	local i base
	what="base record reused"
	make_volume "$work/disk.img" 16M
	for ((i = 0; i < 60; i++)); do random_bytes 300 >"$work/mnt/many.txt:small$i"; done
	random_bytes 30000 >"$work/mnt/many.txt:large"
	base=$(stat -c %i "$work/mnt/many.txt")
	for i in small59 large; do sha256sum <"$work/mnt/many.txt:$i" | cut -c1-64; done >"$work/sums"
	remount "$work/disk.img"
	rm "$work/mnt/many.txt"
	remount "$work/disk.img"
	echo "another" >"$work/mnt/reuse"
	same "$what: record" "$base" "$(stat -c %i "$work/mnt/reuse")"
	unmount
	run "$what: collect" 0 collect --deleted all
	bundle_of "$what" || return 0
	read_results "$bundle"
	for i in small59 large; do
		result_of "$(awk -F'\t' -v stream="$i" '$2 == stream { print $1 }' "$work/results")" "$i"
		same "$what: result of $i" full "$result"
		grep -qxF "$found" "$work/sums" || complain "$what: $i has other bytes"
	done
	jq -se --argjson base "$base" 'any(.base_record == $base and .base_sequence == 1)' "$work/extracted/deleted/C/files.jsonl" >/dev/null ||
		complain "$what: the list does not name the base"
	same "$what: lines" "$(jq -sr '.[0].files' "$work/extracted/deleted/C/files.jsonl")" "$(tail -n +2 "$work/extracted/deleted/C/files.jsonl" | wc -l)"
	rm -rf "$bundle"
}

# A file of 400 MB of holes costs what its clusters are: it fits under a cap of 1 MB.
check_holes() {
	local sum
	what="holes"
	make_volume "$work/disk.img" 16M
	truncate -s 400M "$work/mnt/holes.exe"
	random_bytes 50000 | dd of="$work/mnt/holes.exe" bs=1M seek=399 conv=notrunc status=none
	sum=$(sha256sum <"$work/mnt/holes.exe" | cut -c1-64)
	truncate -s 100M "$work/mnt/nothing.exe"
	remount "$work/disk.img"
	rm "$work/mnt/holes.exe" "$work/mnt/nothing.exe"
	unmount
	run "$what: collect" 0 collect --deleted priority --deleted-cap 1
	bundle_of "$what" || return 0
	read_results "$bundle"
	same "$what: bytes" "$sum" "$(awk -F'\t' '$6 ~ /holes.exe$/ { print $5 }' "$work/results")"
	jq -se 'any(.deleted.path == "holes.exe" and .deleted.result == "full" and .stored == "runs") and
		any(.deleted.path == "nothing.exe" and .deleted.result == "full" and .status == "taken")' "$work/rows" >/dev/null ||
		complain "$what: not stored as runs: $(jq -c 'select(.deleted)' "$work/rows" | head -n 3)"
	rm -rf "$bundle"
}

# A small destination: the list, and what deleted files may not have there.
check_small_disk() {
	what="small disk"
	mkdir -p "$work/small"
	mount -t tmpfs -o size=64M tmpfs "$work/small" 2>/dev/null || return 0
	make_case untouched "$work/disk.img"
	run "$what" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/small" --volume "C=$work/disk.img" --profile none --deleted all
	bundle_of "$what" || return 0
	"$kanshiki" ls "$bundle" --all --json --keys "$work/keys" | jq -c 'select(.deleted)' >"$work/rows"
	jq -se 'any(.deleted.path == "victims/small.txt" and .status == "taken") and
		any(.deleted.path == "victims/whole.bin" and .status == "not_taken" and (.reason | contains("destination")))' "$work/rows" >/dev/null ||
		complain "$what: resident data is not there, or the rest does not say why not"
	umount "$work/small"
}

# Stopped on the way: sealed, and what was taken until then is right.
check_stop() {
	local i pid ended=0
	what="stop"
	make_volume "$work/disk.img" 256M
	mkdir "$work/mnt/victims"
	for ((i = 0; i < 100; i++)); do random_bytes 2000000 >"$work/mnt/victims/$i.exe"; done
	(cd "$work/mnt" && sha256sum victims/*) >"$work/sums"
	rm -r "$work/mnt/victims"
	unmount
	(
		trap - INT
		exec perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$kanshiki" collect --kit "$work/kit" --out "$work/stopped" \
			--volume "C=$work/disk.img" --profile none --deleted all
	) >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	for _ in $(seq 500); do
		[ -z "$(find "$work/stopped" -name 'files.*' -size +1M 2>/dev/null)" ] || break
		sleep 0.01
	done
	kill -INT "$pid" 2>/dev/null || true
	wait "$pid" || ended=$?
	[ "$ended" -le 1 ] || complain "$what: exit $ended"
	bundle_of "$what" || return 0
	intact "$what" "$bundle" "0|1"
	"$kanshiki" ls "$bundle" --json --keys "$work/keys" >"$work/rows" || [ $? -eq 1 ] # it had not ended
	jq -r 'select(.deleted.result == "full") | [.deleted.path, .path] | @tsv' "$work/rows" |
		while IFS=$'\t' read -r path member; do
			grep -qF "$(sha256sum <"$work/extracted/$member" | cut -c1-64)  $path" "$work/sums" || echo "$path"
		done >"$work/odd"
	[ ! -s "$work/odd" ] || complain "$what: not as it was: $(head -n 3 "$work/odd" | paste -sd' ')"
	grep -q '"list":"deleted files"' "$work/extracted/deleted/C/files.jsonl" || complain "$what: no list"
	echo "$what: exit $ended, $(wc -l <"$work/rows") rows"
	rm -rf "$bundle"
}

make_work
make_kit
mkdir "$work/out-dir"
# run() keeps stderr only until the next one.
eval "$(declare -f run | sed '1s/run/plain_run/')"
run() {
	plain_run "$@"
	[[ $1 != *collect ]] || cp "$work/err" "$work/collect.err"
}
for name in untouched overwritten-in-part overwritten overwritten-by-deleted unknowable trimmed; do check_case "$name"; done
check_list
check_caps
check_journal
check_spoilt_journal
check_base_reused
check_holes
check_small_disk
check_stop
finish
