#!/bin/bash
# fat.sh BUILD: every FAT and exFAT image of the corpus: each entry that expected/fls has is listed with the same number, size
# and times, each that we list it has; the content of every file is icat's; docs/formats/fat.md says where they differ and
# who is right, and nothing else may.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" icat fls fsstat jq gzip bsdtar 7zz
dump=$build/tests/corpus_fat_dump

# Lines `number TAB size TAB modified TAB accessed TAB created TAB name` of a body file; virtual files left out. What fls found
# in unused sectors only ($OrphanFiles) is a name of its own.
body_lines() {
	awk -F'|' -v OFS='\t' '$2 !~ /^\/\$(MBR|FAT[12]|OrphanFiles|EMPTY_VOLUME_LABEL .*)$/ && $2 !~ /deleted-realloc/ {
		name = $2; sub(/^\//, "", name); sub(/ \(deleted\)$/, "", name); sub(/ *\(Volume Label Entry\)$/, "", name)
		orphan = sub(/^\$OrphanFiles\//, "", name)
		print $3, $7, $9, $8, $11, orphan, name }' "$1" | sort -u
}

our_lines() {
	awk -F'\t' -v OFS='\t' '{ print $1, $4, $6, $7, $8, 0, $NF, $2, $3 }' "$scratch/ours" | sort -u
}

# One of ours and one of theirs with the same number. Prints why they may differ; "" when they must not.
difference() {
	awk -F'\t' -v exfat="$1" '{
		split($0, f, "\t"); # ours: 1 number 2 size 3 m 4 a 5 c 6 - 7 name 8 kind 9 state; theirs: 10 size 11 m 12 a 13 c 14 orphan 15 name
		same_name = f[7] == f[15] || (f[14] && f[7] ~ ("(^|/)" f[15] "$"))
		why = ""
		if (f[5] != f[13] && f[5] == f[13] + 1) { why = "the odd second of created"; f[5] = f[13] }
		if (exfat && (f[3] != f[11] || f[4] != f[12] || f[5] != f[13]) &&
			(f[3] - f[11]) % 900 == 0 && (f[4] - f[12]) % 900 == 0 && (f[5] - f[13]) % 900 == 0) {
			why = "the offset from UTC"; f[3] = f[11]; f[4] = f[12]; f[5] = f[13] }
		if (f[2] != f[10] && f[8] == "d" && f[9] == "deleted" && f[2] > f[10]) { why = "the size of a deleted directory"; f[2] = f[10] }
		if (f[14] && same_name) why = "the path of what is below a deleted directory"
		if (f[3] != f[11] || f[4] != f[12] || f[5] != f[13] || f[2] != f[10]) print "DIFFERENT"
		else if (!same_name) print "NAME"
		else if (why != "") print why
		else print "nothing" }'
}

# A long name whose checksum is wrong is an orphan of its own here, and the name of the file to fls.
has_orphan_name() {
	awk -F'\t' -v name="$1" '$2 == "n" && $NF == name { found = 1 } END { exit !found }' "$scratch/ours"
}

check_lists() {
	local exfat=0 why line count
	! grep -q '^exFAT' "$scratch/messages" || exfat=1
	our_lines >"$scratch/lines.ours"
	body_lines "$1" >"$scratch/lines.theirs"
	join -t $'\t' -j 1 <(sort -k1,1 "$scratch/lines.ours") <(sort -k1,1 "$scratch/lines.theirs") >"$scratch/both"
	difference "$exfat" <"$scratch/both" | paste - "$scratch/both" >"$scratch/told"
	while IFS=$'\t' read -r why line; do
		if [ "$why" = NAME ] && has_orphan_name "$(cut -f 15 <<<"$line")"; then
			corpus_count "entries with a long name of another checksum"
		else
			corpus_fail "$where: $why: $line"
		fi
	done < <(grep -E '^(NAME|DIFFERENT)' "$scratch/told" || true)
	while read -r count why; do
		if [ "$why" = nothing ]; then corpus_count "entries equal to fls" "$count"; else corpus_count "entries that differ in $why" "$count"; fi
	done < <(cut -f 1 "$scratch/told" | grep -vE '^(NAME|DIFFERENT)' | sort | uniq -c)
	join -t $'\t' -v 2 -j 1 <(sort -k1,1 "$scratch/lines.ours") <(sort -k1,1 "$scratch/lines.theirs") >"$scratch/missing"
	[ ! -s "$scratch/missing" ] || corpus_fail "$where: fls has and we have not: $(head -n 2 "$scratch/missing" | tr '\n' ' ')"
	join -t $'\t' -v 1 -j 1 <(sort -k1,1 "$scratch/lines.ours") <(sort -k1,1 "$scratch/lines.theirs") |
		awk -F'\t' '$8 != "n"' >"$scratch/more"
	# fls names no directory whose entry is gone, only what it finds in it.
	corpus_count "directories that no entry leads to" "$(grep -c $'\t\$Orphan/cluster [0-9]*\td\t' "$scratch/more" || true)"
	sed -i '/\t\$Orphan\/cluster [0-9]*\td\t/d' "$scratch/more"
	[ ! -s "$scratch/more" ] || corpus_fail "$where: we have and fls has not: $(head -n 2 "$scratch/more" | tr '\n' ' ')"
}

check_contents() {
	local number kind state size hash layout left theirs
	while IFS=$'\t' read -r number kind state size hash layout left; do
		[ "$kind" = r ] && [ "$size" -gt 0 ] || continue
		theirs=$(icat "$file" "$number" 2>/dev/null | sha256sum | cut -d ' ' -f 1)
		if [ "$hash" = "$theirs" ]; then
			corpus_count "$state files equal to icat"
		elif [ "$state" != live ] && [ "$left" != full ]; then
			corpus_count "deleted files, not full, that icat puts together otherwise"
		else
			corpus_fail "$where: $state file $number of $size bytes ($layout, $left) differs from icat"
		fi
	done < <(cut -f 1-4,9-11 "$scratch/ours")
}

check_image() {
	local expected
	where="$1 $(basename "$file")"
	"$dump" content "$file" 0 >"$scratch/ours" 2>"$scratch/messages" || {
		# What is no such volume to others either is rubbish in the corpus.
		if fsstat "$file" >/dev/null 2>&1 || [ -n "$(corpus_listing "$1" "$file" 0)" ]; then
			corpus_fail "$where: $(tail -n 1 "$scratch/messages")"
		else
			corpus_pass_over "no FAT volume: $where: $(tail -n 1 "$scratch/messages")"
		fi
		return
	}
	grep '^damage' "$scratch/messages" | sed "s|^|$where: |" || true
	corpus_count "images of $(head -n 1 "$scratch/messages" | cut -d , -f 1)"
	expected=$(corpus_listing "$1" "$file" 0)
	if [ -z "$expected" ] && fls -r -p -m / "$file" >"$scratch/fls" 2>/dev/null; then
		expected=$scratch/fls
		corpus_count "images without a listing, compared with fls run here"
	fi
	if [ -n "$expected" ]; then
		check_lists "$expected"
	else
		corpus_pass_over "fls does not read it: $where"
	fi
	if fsstat "$file" >/dev/null 2>&1; then check_contents; fi
}

for type in $(corpus_types); do
	case $type in *fat*) ;; *) continue ;; esac
	while IFS= read -r path; do
		corpus_unpack "$path" || { echo "cannot be unpacked: $path"; continue; }
		while IFS= read -r file; do check_image "$path"; done < <(corpus_below "$unpacked")
		rm -rf "$unpacked"
	done < <(corpus_files "$type")
done
corpus_end
