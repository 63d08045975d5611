#!/bin/bash
# The timeline of an image, of a bundle made of it and of its bare files is the same; a bundle that was tampered with
# gives no line; what the lines are for (mactime, jq, sort, head) takes them.
# usage: tests/e2e/timeline.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/timeline.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq

collect_twice() {
	run "collect" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/bundles" --volume "C=$image" --volume "D=$image"
	bundle_of collect || finish
}

# usage: same WHAT FILE   $work/image.jsonl again, in other words. A few owners are missing: of files whose own
# $SECURITY_DESCRIPTOR lies in a cluster, which no bundle has.
same() {
	local owners found
	owners=$(grep -c '"owner_sid"' "$work/image.jsonl")
	found=$(grep -c '"owner_sid"' "$2" || true)
	[ "$found" -ge $((owners - 5)) ] || complain "$1: $found lines with an owner, $owners of the image"
	sed 's/,"owner_sid":"[^"]*"//' "$work/image.jsonl" >"$work/wanted"
	sed 's/,"owner_sid":"[^"]*"//' "$2" >"$work/found"
	cmp "$work/wanted" "$work/found" || {
		complain "$1 differs from the image's timeline"
		diff "$work/wanted" "$work/found" | cut -c1-300 | head -n 4
	}
}

# Owners and names in directory slack.
check_secure_and_slack() {
	[ "$(grep -c '"owner_sid":"S-1-5-32-544"' "$work/image.jsonl")" -gt 500 ] || complain "few lines have an owner"
	[ "$(jq -r 'select(.hints) | .hints[]' "$work/image.jsonl" | grep -c '^zero_subseconds$')" -gt 10 ] || complain "no hints at times that were set"
	[ "$(jq -r 'select(.kind == "slack" and .live == "gone") | .path' "$work/image.jsonl" | grep -c Downloads)" -gt 0 ] ||
		complain "no deleted name in the slack of directories"
}

# Times that somebody set: the hints are at these files, no others have them, and they come through a collection.
check_hints() { # LISTING
	local found
	found=$(jq -r --arg dir "$2" 'select(.hints and (.path | contains($dir + "Documents/"))) | [(.path | sub(".*/"; "")), (.hints | join("+")), .created, .modified] | @tsv' "$1" | sort)
	[ "$found" = "future.txt	changed_before_created	2099-12-31T23:59:59.1234567Z	2009-07-13T23:14:24.1234567Z
stomped.exe	si_before_fn+zero_subseconds	2009-07-13T23:14:24.0000000Z	2009-07-13T23:14:24.0000000Z" ] ||
		complain "$1: hints are: $found"
	found=$(jq -r 'select(.hints) | .hints[] | select(. != "zero_subseconds")' "$1" | sort | uniq -c | awk '{ print $1, $2 }' | paste -sd' ')
	[ "$found" = "1 changed_before_created 1 si_before_fn" ] || complain "$1: hints elsewhere: $found"
}

check_bundle() {
	local letter
	run "bundle" 0 "$kanshiki" timeline "$bundle/" --keys "$work/keys"
	[ ! -s "$work/err" ] || complain "bundle: something on stderr: $(head -n 1 "$work/err")"
	cp "$work/out" "$work/bundle.jsonl"
	for letter in C D; do
		grep "^{\"kind\":\"[a-z]*\",\(\"[a-z]*\":[^,]*,\)\?\"path\":\"$letter/" "$work/bundle.jsonl" |
			sed "s|path\":\"$letter/|path\":\"|g" >"$work/$letter.jsonl"
		same "the bundle's volume $letter" "$work/$letter.jsonl"
	done
	run "bundle without keys" 64 "$kanshiki" timeline "$bundle"
	says_one_line "bundle without keys" '--keys'
}

check_bare() {
	run "extract" 0 "$kanshiki" extract "$bundle" -C "$work/x" --keys "$work/keys"
	mv "$work/x/fs/C/\$MFT" "$work/a file"
	mv "$work/x/fs/C/\$Extend/\$UsnJrnl:\$J" "$work/another"
	run "bare \$MFT" 0 "$kanshiki" timeline "$work/a file"
	# Without a volume slack of records alone is there, and files with a far attribute list come last.
	grep '"kind":"file"' "$work/image.jsonl" | sed 's/,"owner_sid":"[^"]*"//' | sort >"$work/a"
	grep '"kind":"file"' "$work/out" | sed 's/,"owner_sid":"[^"]*"//' | sort | cmp - "$work/a" || complain "the bare \$MFT differs from the image's timeline"
	run "bare \$J" 0 "$kanshiki" timeline "$work/another"
	[ "$(wc -l <"$work/out")" -eq "$(grep -c '"kind":"usn"' "$work/image.jsonl")" ] || complain "the bare \$J has other records"
	jq -c '[.usn, .time, .record, .reasons, (.path | split("/")[-1])]' "$work/out" >"$work/a"
	jq -c 'select(.kind == "usn") | [.usn, .time, .record, .reasons, (.path | split("/")[-1])]' "$work/image.jsonl" >"$work/b"
	cmp "$work/a" "$work/b" || complain "the bare \$J tells other things"
}

# What make-image.sh wrote down is in it: every file and stream, and the deleted ones as deleted.
check_content() {
	jq -r '.path as $p | $p, (.streams // [] | .[] | $p + ":" + .name)' "$work/image.jsonl" | sort -u >"$work/have"
	# As our JSON writes it; jq takes no escape of half a surrogate pair.
	sed 's/<U+/<U+003C>U+/g; s/\\ud8\(..\)/<U+D8\U\1>/g' "$image.json" | jq -r '.files[].path' | sort -u >"$work/want"
	comm -13 "$work/have" "$work/want" >"$work/missing"
	[ ! -s "$work/missing" ] || complain "not in the timeline: $(head -n 3 "$work/missing")"
	[ -s "$work/want" ] || complain "the image tells of no file"
	[ "$(jq -r 'select(.deleted and .set == "fn") | .path' "$work/image.jsonl" | wc -l)" -gt 0 ] ||
		complain "no deleted file"
}

check_tampered() {
	local file size
	for file in files.001 meta.001; do
		cp -r "$bundle" "$work/tampered"
		file=$work/tampered/$file.tar.zst.age
		size=$(stat -c %s "$file")
		printf 'X' | dd of="$file" bs=1 seek=$((size / 2)) conv=notrunc status=none
		run "tampered" 65 "$kanshiki" timeline "$work/tampered" --keys "$work/keys"
		says "tampered $file" 'kanshiki salvage takes what is left'
		sed -i '/kanshiki salvage takes what is left/d' "$work/err"
		says_one_line "tampered $file" 'damaged'
		rm -r "$work/tampered"
	done
}

# What was not taken whole leaves lines out: the bundle's timeline says so.
check_gaps() {
	local size
	for size in 300000 40000000; do # ends in $MFT, in $J
		head -c "$size" "$image" >"$work/short.img"
		run "collect of $size" 1 "$kanshiki" collect --kit "$work/kit" --out "$work/bundles" --volume "C=$work/short.img"
		bundle_of "collect of $size" || continue
		run "bundle of $size" 1 "$kanshiki" timeline "$bundle" --keys "$work/keys"
		says "bundle of $size" "'$bundle': .*lines are missing"
		! grep -v "^kanshiki: [^']*'$bundle'" "$work/err" || complain "bundle of $size: a line that names no bundle"
		[ -s "$work/out" ] || complain "bundle of $size: no line at all"
		run "image of $size, in Japanese" 1 "$kanshiki" timeline "$work/short.img" --lang ja
		says "image of $size, in Japanese" "'$work/short.img': 読めない箇所: .*最初のもの: .*(ボリューム|バイト)"
		rm -rf "$work/part"
		run "extract of $size" 0 "$kanshiki" extract "$bundle" -C "$work/part" --keys "$work/keys"
		says "extract of $size" "only in part"
		run "export of $size" 0 "$kanshiki" export "$bundle" --zip "$work/part/x.zip" --keys "$work/keys"
		says "export of $size" "only in part"
	done
}

check_formats() {
	local format
	for format in csv bodyfile timesketch; do
		run "$format" 0 "$kanshiki" timeline "$image" "--format=$format"
		cp "$work/out" "$work/out.$format"
	done
	sort "$work/out.timesketch" | jq -r .datetime | sort -c || complain "sort does not bring events in order of time"
	! command -v mactime >/dev/null || {
		run "mactime" 0 mactime -b "$work/out.bodyfile" -d -y -z UTC
		[ "$(wc -l <"$work/out")" -gt 100 ] || complain "mactime reads little: $(wc -l <"$work/out") lines"
		! grep -qi 'invalid\|error' "$work/err" || complain "mactime: $(head -n 1 "$work/err")"
	}
	! command -v python3 >/dev/null || python3 - "$work/out.csv" <<'END' || complain "Python's csv module reads rows of other widths"
import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="", encoding="utf-8")))
sys.exit(len(rows) < 100 or {len(row) for row in rows} != {len(rows[0])})
END
}

check_pipe() {
	local codes
	set +e
	"$kanshiki" timeline "$image" 2>"$work/err" | head -n 1 >/dev/null
	codes=("${PIPESTATUS[@]}")
	set -e
	[ "${codes[0]}" -eq 141 ] && [ ! -s "$work/err" ] || complain "| head: exit ${codes[0]}: $(head -n 1 "$work/err")"
	! [ -w /dev/full ] || {
		code=0
		"$kanshiki" timeline "$image" >/dev/full 2>"$work/err" || code=$?
		[ "$code" -eq 74 ] || complain "a full destination: exit $code, not 74"
	}
}

check_wrong() {
	run "text" 65 "$kanshiki" timeline "$0"
	says_one_line "text" 'neither'
	run "nothing there" 66 "$kanshiki" timeline "$work/nonesuch"
	says_one_line "nothing there" nonesuch
	run "two inputs" 64 "$kanshiki" timeline "$image" "$image"
	says_one_line "two inputs" 'only these go together'
	mkdir "$work/empty"
	run "an empty directory" 65 "$kanshiki" timeline "$work/empty" --keys "$work/keys"
	says_one_line "an empty directory" 'not a bundle'
	head -c $((20 << 20)) "$image" >"$work/cut.img"
	run "a cut image" 1 "$kanshiki" timeline "$work/cut.img"
	head -c 100000 "$work/a file" >"$work/cut mft"
	run "a cut \$MFT" 1 "$kanshiki" timeline "$work/cut mft"
	tail -n 1 "$work/out" | grep -q '"kind":"damage".*ends after 672 of the 1024 bytes' || complain "a cut \$MFT: $(tail -n 1 "$work/out")"
}

# Linux writes no $LogFile: one made by us is put into a copy of the image.
give_log() {
	command -v ntfscp >/dev/null || skip "ntfscp is not installed"
	cp --sparse=always "$image" "$work/logged.img"
	ln -s "$image.json" "$work/logged.img.json"
	ntfscp -q -f -i "$work/logged.img" "$tests/fuzz/corpus/timeline/logfile" 2 2>"$work/err" ||
		complain "ntfscp: $(head -n 1 "$work/err")"
	image=$work/logged.img
}

# The log alone, out of the bundle, tells the same with names for paths.
check_log() {
	[ "$(grep -c '"kind":"logfile"' "$work/image.jsonl")" -ge 20 ] || complain "the image's log tells little"
	mv "$work/x/fs/C/\$LogFile" "$work/a third"
	run "bare \$LogFile" 0 "$kanshiki" timeline "$work/a third"
	jq -c 'select(.kind == "logfile") | [.lsn, .operation, .set, .record, .created]' "$work/image.jsonl" >"$work/a"
	jq -c '[.lsn, .operation, .set, .record, .created]' "$work/out" >"$work/b"
	cmp "$work/a" "$work/b" || complain "the bare \$LogFile tells other things"
}

# A page of the journal is zeros, then a cluster of it a hole: the loss is told, at the same place of the journal in the image, the
# bundle and the bare file, and what follows is read.
check_spoiled_journal() {
	local want
	cp --sparse=always "$image" "$work/spoiled.img"
	want=$(python3 - "$work/another" "$work/spoiled.img" <<'END'
import os, sys
with open(sys.argv[1], "r+b") as journal, open(sys.argv[2], "r+b") as image:
    at = os.lseek(journal.fileno(), 0, os.SEEK_DATA) + 3 * 4096
    page = os.pread(journal.fileno(), 4096, at)
    os.pwrite(journal.fileno(), bytes(4096), at)
    where = 0
    while os.pread(image.fileno(), 4096, where) != page:
        where = os.lseek(image.fileno(), where + 4096, os.SEEK_DATA)
    os.pwrite(image.fileno(), bytes(4096), where)
    print(at + 4096)
END
	)
	run "spoiled journal" 1 "$kanshiki" timeline "$work/spoiled.img"
	grep '"kind":"usn"' "$work/out" >"$work/usn" || true
	jq -c 'select(.kind == "damage") | [.path, .offset, .length, .damage]' "$work/out" >"$work/told"
	[ "$(jq -r '"\(.[0]) \(.[1] + .[2])"' "$work/told")" = "\$Extend/\$UsnJrnl:\$J $want" ] || complain "spoiled journal: told is $(head -c 300 "$work/told")"
	[ "$(wc -l <"$work/usn")" -lt "$(grep -c '"kind":"usn"' "$work/image.jsonl")" ] || complain "spoiled journal: no record is lost"
	[ "$(tail -n 1 "$work/usn" | jq .usn)" = "$(grep '"kind":"usn"' "$work/image.jsonl" | tail -n 1 | jq .usn)" ] ||
		complain "spoiled journal: what follows is not read"
	run "bare spoiled journal" 1 "$kanshiki" timeline "$work/another"
	jq -c 'select(.kind == "damage") | [.path, .offset, .length, .damage]' "$work/out" | cmp - "$work/told" ||
		complain "bare spoiled journal: told is $(jq -c 'select(.kind == "damage")' "$work/out" | head -c 300)"
	run "collect of it" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/bundles" --volume "C=$work/spoiled.img"
	bundle_of "collect of it" || return 0
	run "its bundle" 1 "$kanshiki" timeline "$bundle" --keys "$work/keys"
	jq -c 'select(.kind == "damage") | [(.path | ltrimstr("C/")), .offset, .length, .damage]' "$work/out" | cmp - "$work/told" ||
		complain "its bundle: told is $(jq -c 'select(.kind == "damage")' "$work/out" | head -c 300)"
}

# Records in use that are not there any more: zeros, zeros for a signature, an index block. The timeline tells of each, and
# a collection that records were lost.
check_spoiled_records() {
	cp --sparse=always "$image" "$work/records.img"
	python3 - "$work/records.img" "$(jq -r 'select(.set == "si" and (.deleted | not) and (.directory | not) and .record > 40) | .record' "$work/image.jsonl" | head -n 3 | paste -sd' ')" <<'END' >"$work/wanted"
import sys
wanted = [int(number) for number in sys.argv[2].split()]
with open(sys.argv[1], "r+b") as image:
    whole = image.read()
    places = {}
    at = whole.find(b"FILE")
    while at >= 0:
        if at % 1024 == 0:
            places[int.from_bytes(whole[at + 44:at + 48], "little")] = at
        at = whole.find(b"FILE", at + 1)
    for number, spoil in zip(wanted, (bytes(1024), bytes(4), b"INDX")):
        image.seek(places[number])
        image.write(spoil)
        print(number * 1024)
END
	run "spoiled records" 1 "$kanshiki" timeline "$work/records.img"
	jq -r 'select(.kind == "damage") | .offset' "$work/out" | cmp - "$work/wanted" ||
		complain "spoiled records: told are $(jq -c 'select(.kind == "damage")' "$work/out" | head -c 500)"
	run "collect of spoiled records" 1 "$kanshiki" collect --kit "$work/kit" --out "$work/bundles" --volume "C=$work/records.img"
	says "collect of spoiled records" '3 records of the file table could not be read'
}

# A companion that was emptied costs its own lines, not those of the $MFT.
check_emptied() {
	: >"$work/emptied 0"
	head -c 300 /dev/zero >"$work/emptied 300"
	head -c 200000 /dev/zero >"$work/emptied 200000"
	head -c 2097152 /dev/zero | tr '\0' '\377' >"$work/emptied ff"
	run "the \$MFT alone" 0 "$kanshiki" timeline "$work/a file"
	mv "$work/out" "$work/alone.jsonl"
	local what
	for what in 0:'it is empty' 300:'all its bytes are the same' 200000:'64 KiB of the same byte' ff:'64 KiB of the same byte'; do
		run "with emptied ${what%%:*}" 1 "$kanshiki" timeline "$work/emptied ${what%%:*}" "$work/a file"
		cmp -s "$work/out" "$work/alone.jsonl" || complain "with emptied ${what%%:*}: other lines than of the \$MFT alone"
		says "with emptied ${what%%:*}" "'$work/emptied ${what%%:*}' was left out: .*${what#*:}"
	done
	run "nothing but emptied ones" 65 "$kanshiki" timeline "$work/emptied ff" "$work/emptied 0"
	says "nothing but emptied ones" 'none of the files holds anything'
}

# $MFT, $J and $LogFile of one volume, in any order: the lines of the image, but for what only its directories hold.
check_together() {
	run "bare files" 0 "$kanshiki" timeline "$work/a third" "$work/another" "$work/a file"
	for kind in usn logfile; do
		grep "\"kind\":\"$kind\"" "$work/image.jsonl" >"$work/b" || true
		grep "\"kind\":\"$kind\"" "$work/out" | cmp - "$work/b" || complain "of bare files together, '$kind' differs from the image's timeline"
	done
	grep '"kind":"file"' "$work/out" | sed 's/,"owner_sid":"[^"]*"//' | sort | cmp - <(grep '"kind":"file"' "$work/image.jsonl" | sed 's/,"owner_sid":"[^"]*"//' | sort) ||
		complain "of bare files together, 'file' differs from the image's timeline"
	run "two of a kind" 64 "$kanshiki" timeline "$work/a file" "$work/a file"
	says_one_line "two of a kind" 'a second \$MFT'
	run "an image beside a file" 64 "$kanshiki" timeline "$work/a file" "$image"
	says_one_line "an image beside a file" 'only these go together'
	check_emptied
	run "no operand" 64 "$kanshiki" timeline
	says_one_line "no operand" 'none was given'
}

make_work
have_image
give_log
make_kit
mkdir "$work/bundles"
run "image" 0 "$kanshiki" timeline "$image"
cp "$work/out" "$work/image.jsonl"
collect_twice
check_hints "$work/image.jsonl" Users/花子/
check_bundle
check_hints "$work/C.jsonl" Users/花子/
check_bare
check_log
check_together
check_content
check_secure_and_slack
check_tampered
check_formats
check_pipe
check_wrong
check_gaps
check_spoiled_journal
check_spoiled_records
finish
