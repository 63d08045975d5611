#!/bin/bash
# timeline.sh BUILD: `kanshiki timeline` on every $MFT, change journal and NTFS volume of the corpus says what
# independent tools say of them: counts, names, paths, times, reasons (expected/oracle.jsonl, expected/fls/*.bodyfile, *.fls and
# *.fsutil.txt beside their sample). Every input is also written in every format. Of a volume the lines are those of fls, run here,
# and of libfsntfs, none more and none less but for what docs/formats/ntfs.md (Differences from peers) tells; those of its bare
# $MFT are the same.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" jq gzip xz bsdtar 7zz ewfexport qemu-img fls fsntfsinfo icat istat python3
corpus_peers
kanshiki=$build/kanshiki
[ -f "$corpus/expected/oracle.jsonl" ] || echo "no expected/oracle.jsonl: compared with what peers say here alone"

# timeline FILE FORMAT >out: fails unless the exit code is 0 or 1 (damage, which must be said).
timeline() {
	local code=0
	corpus_survive "$1" "$kanshiki" timeline "$1" --format "$2" 2>"$scratch/messages" || code=$?
	[ "$code" -eq 0 ] || [ "$code" -eq 1 ]
}

# Every format of an input is well formed: CSV rows as wide as the header, JSON that jq reads, 11 fields of a body file.
check_formats() { # FILE NAME
	local rows
	rows=$(wc -l <"$scratch/jsonl")
	timeline "$1" csv >"$scratch/csv" || corpus_fail "$2: csv fails"
	[ "$(wc -l <"$scratch/csv")" -eq $((rows + 1)) ] || corpus_fail "$2: csv and jsonl differ in lines"
	! tr -d '\r' <"$scratch/csv" | sed 's/"\([^"]\|""\)*"//g' | awk -F, 'NF != 35 { print; exit 1 }' |
		grep . || corpus_fail "$2: a CSV row of another width"
	timeline "$1" bodyfile >"$scratch/bodyfile" || corpus_fail "$2: bodyfile fails"
	awk -F'|' 'NF != 11 { exit 1 }' "$scratch/bodyfile" || corpus_fail "$2: a body file row without 11 fields"
	timeline "$1" timesketch >"$scratch/timesketch" || corpus_fail "$2: timesketch fails"
	! jq -e 'select((.datetime and .timestamp_desc and .message) | not)' "$scratch/timesketch" | grep . ||
		corpus_fail "$2: an event without datetime, timestamp_desc or message"
	! LC_ALL=C grep -qP '[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]' "$scratch"/{jsonl,csv,bodyfile,timesketch} ||
		corpus_fail "$2: a control character came out"
	corpus_count "inputs well formed in every format"
}

# Sampled records of the oracle that we tell otherwise. It numbers records by what they say of themselves (mkntfs leaves 0 in some that
# are free): of several of one number all but one may be any record of ours. It writes orphans <Orphan>/, a leading /, the root as /. , the 8.3 name as a
# path of its own; its times went through a double.
mft_jq='
	def path: sub("^<Orphan>/"; "$Orphan/") | ltrimstr("/");
	def micro: (.[0:19] | sub("T"; " ") | strptime("%Y-%m-%d %H:%M:%S") | mktime) * 1000000 +
		((.[20:26] | rtrimstr("Z")) as $f | if $f == "" then 0 else $f | tonumber end);
	def near($a; $b): ($a | micro) - ($b | micro) | . >= -1 and . <= 1;
	def both: if .set != "fn" then empty else .path,
		(if .short_name then (.path | split("/")[:-1] | join("/")) + (if .path | contains("/") then "/" else "" end) + .short_name
		else empty end) end;
	($ours | group_by(.record) | map({key: (.[0].record | tostring), value: .}) | from_entries) as $by |
	def same($t; $o): ($o[0] // {}) as $si | $o != null and $o[0].sequence == $t.seq and $o[0].deleted == ($t.in_use | not) and
		([$o[] | both] | unique) == ($t.paths | map(path) | unique) and
		($t.size == null or $t.size == $o[0].size) and
		($t.si == null or ($si.set == "si" and $si.created != null and near($t.si.c; $si.created) and
			near($t.si.m; $si.modified) and near($t.si.e; $si.changed) and near($t.si.a; $si.accessed)));
	(reduce $expected.sample[]? as $t ({}; .[$t.entry | tostring] += 1)) as $times |
	$expected.sample[]? | . as $t | $by[.entry | tostring] as $o |
	select(same($t; $o) | not) |
	select($times[.entry | tostring] < 2 or (any($by[]; same($t; .)) | not)) |
	{expected: ., "we say": $o} | @json'

check_mft() { # FILE KEY
	local expected want got
	expected=$(corpus_oracle mft "$2")
	if ! timeline "$1" jsonl >"$scratch/jsonl"; then
		[ -z "$expected" ] || jq -e '.error or .records == 0' <<<"$expected" >/dev/null || corpus_fail "$2: $(head -n 1 "$scratch/messages")"
		corpus_pass_over "no \$MFT: $2"
		return
	fi
	corpus_count "\$MFT files"
	check_formats "$1" "$2"
	if [ -z "$expected" ]; then
		corpus_count "files without an oracle"
		return
	fi
	want=$(jq .base_records <<<"$expected")
	got=$(jq 'select(.kind == "file" and .base == null) | .record' "$scratch/jsonl" | sort -u | wc -l)
	[ "$got" -eq "$want" ] || corpus_fail "$2: $got base records, expected $want"
	printf '%s\n' "$expected" >"$scratch/expected"
	jq -c 'reduce .sample[]? as $s ({}; .[$s.entry | tostring] += 1) | ., any(. > 1)' "$scratch/expected" >"$scratch/wanted"
	jq -c --slurpfile wanted "$scratch/wanted" 'select(.kind == "file" and ($wanted[0][.record | tostring] or ($wanted[1] and .deleted)))' \
		"$scratch/jsonl" >"$scratch/sampled"
	jq -n -r --slurpfile ours "$scratch/sampled" --slurpfile all "$scratch/expected" "\$all[0] as \$expected | $mft_jq" >"$scratch/differ"
	corpus_count "sampled records equal" $(($(jq '.sample // [] | length' <<<"$expected") - $(wc -l <"$scratch/differ")))
	[ ! -s "$scratch/differ" ] || { corpus_fail "$2: sampled records differ"; head -n 2 "$scratch/differ"; }
}

# For awk: whether fls has this path from an index block that is free (free[path] is the record): the name itself, of that record, a stream
# of it, or what is below a directory of that name.
is_free='
	function is_free(path, record) {
		sub(/ \(deleted\)$/, "", path)
		sub(/ \(\$FILE_NAME\)$/, "", path)
		if (path in free) return free[path] == record
		if (path ~ /:[^\/]*$/) { sub(/:[^:]*$/, "", path); if (path in free) return free[path] == record }
		while (sub(/\/[^\/]*$/, "", path)) if (path in free) return 1
		return 0
	}
'

# body_missing EXPECTED OURS: rows of a body file (name, record, times) that ours has not. Entries that are not in the MFT (TSK's
# own directory, names left over in an index) are left out, and names of $scratch/free where we have the record's times otherwise; a time before 1970
# wraps there and is 0 here.
body_missing() {
	awk -F'|' "$is_free"'
		function early(t) { return t >= 2147483648 ? 0 : t }
		function key() { split($3, id, "-"); return $2 "|" id[1] "|" early($8) "|" early($9) "|" early($10) "|" early($11) }
		function times() { return substr(key(), length($2) + 2) }
		FILENAME == ARGV[1] { unshown[$1] = 1; next }
		FILENAME == ARGV[2] { split($0, f, "\t"); free["/" f[2]] = f[1]; next }
		FILENAME == ARGV[3] { have[key()] = 1; have_times[times()] = 1; next }
		{ split($3, inode, "-") }
		inode[1] in unshown || is_free($2, inode[1]) && ($8 + $9 + $10 + $11 == 0 || times() in have_times) { next }
		$4 ~ /^V/ || $2 ~ /\(deleted-realloc\)$/ || ($3 == "0" && $2 ~ /\(deleted\)$/) || $2 ~ /^\/.*\/\.:[^\/]*$/ { next }
		!(key() in have) { print }' "$scratch/unshown" "$scratch/free" "$2" "$1"
}

# The listing of `fls -r -p -l` as a body file: type inode: name, mtime, atime, ctime, crtime, size.
fls_body() {
	local inode name m a c b size rest
	while IFS=$'\t' read -r inode name m a c b size rest; do
		case $inode in V/V*) continue ;; esac
		[[ $inode != *'* '* ]] || name="$name (deleted)"
		inode=${inode##* }
		printf '0|/%s|%s||0|0|%s|%s|%s|%s|%s\n' "$name" "${inode%%(*}" "$size" "$(fls_seconds "$a")" "$(fls_seconds "$m")" \
			"$(fls_seconds "$c")" "$(fls_seconds "$b")"
	done <"$1" | sed 's/:|/|/; s/^\(0|[^|]*|[0-9]*\)[^|]*|/\1|/'
}

fls_seconds() {
	local at=${1/(/}
	date -u -d "${at/)/}" +%s 2>/dev/null || echo 0
}

# The mirror of an $MFT has its name but for the ending and only its first records.
check_fls() { # MFT LISTING
	local missing records size
	size=$(od -A n -t u4 -j 28 -N 4 "$1")
	records=$(($(stat -L -c %s "$1") / (size ? size : 1024)))
	: >"$scratch/unshown"
	: >"$scratch/free"
	fls_body "$2" | awk -F'|' -v records="$records" '{ split($3, id, "-") } id[1] < records' >"$scratch/listing"
	timeline "$1" bodyfile >"$scratch/bodyfile" || corpus_fail "$1: bodyfile fails"
	missing=$(body_missing "$scratch/listing" "$scratch/bodyfile")
	corpus_count "listed names equal" "$(($(wc -l <"$scratch/listing") - $(grep -c . <<<"$missing" || true)))"
	[ -z "$missing" ] || { corpus_fail "$2: lines that we have not"; head -n 3 <<<"$missing"; }
}

# fsutil prints English words for reasons; ours are those of winioctl.h.
fsutil_rows() {
	tr -d '\r' <"$1" | awk -F' *: ' '
		$1 == "Usn" { usn = $2; name = time = "" }
		$1 == "File name" { name = substr($0, index($0, ": ") + 2) }
		$1 == "Reason" { reason = toupper(substr($0, index($0, "x") + 11)); gsub(/ \| /, ",", reason); gsub(/: /, " ", reason); gsub(/ /, "_", reason) }
		$1 == "Time stamp" { split($2, t, /[\/ ]/); time = sprintf("%d-%02d-%02dT%s", t[3], t[1], t[2], t[4]) }
		$1 == "File ID" { id = substr($2, 17) }
		$1 == "Parent file ID" { parent = substr($2, 17) }
		$1 == "Major version" && $2 == 4 { name = last }
		$1 == "File name" { last = name }
		$1 == "Record length" { print usn "|" name "|" reason "|" time "|" id "|" parent }' | sort
}

hex_jq='def hex($n): reduce range($n - 1; -1; -1) as $i ({v: ., s: ""}; {v: (.v / 16 | floor), s: ("0123456789abcdef"[.v % 16:.v % 16 + 1] + .s)}) | .s;'

check_fsutil() { # FILE LISTING
	local differ
	fsutil_rows "$2" >"$scratch/expected"
	timeline "$1" jsonl | jq -r "$hex_jq"'select(.kind == "usn") |
		"\(.usn)|\(.path)|\(.reasons | join(","))|\(.time // "" | .[:19])|\(.sequence | hex(4))\(.record | hex(12))|\(.parent_sequence | hex(4))\(.parent | hex(12))"' |
		sort >"$scratch/ours"
	differ=$(comm -23 "$scratch/expected" "$scratch/ours")
	corpus_count "journal records equal to fsutil" "$(comm -12 "$scratch/expected" "$scratch/ours" | wc -l)"
	[ -z "$differ" ] || { corpus_fail "$2: records that we have not"; head -n 3 <<<"$differ"; }
}

# Records of version 4 have no time and no name: the oracle counts them, and tells its first, last and reasons with or without them.
# Reasons are compared as sets: of those that it has no name for it gives the bits (winioctl.h, USN_REASON_*).
usn_jq='
	def name: "USN_REASON_" + .;
	def hex: .[2:] | explode | reduce .[] as $c (0; . * 16 + (if $c > 96 then $c - 87 else $c - 48 end));
	def late: [[4194304, "TRANSACTED_CHANGE"], [8388608, "INTEGRITY_CHANGE"], [16777216, "DESIRED_STORAGE_CLASS_CHANGE"]];
	def named: if startswith("0x") | not then . else hex as $bits |
		[late[] | select((($bits / .[0]) | floor) % 2 == 1)] as $known |
		if ($known | map(.[0]) | add) == $bits then $known[] | .[1] | name else . end end;
	def set: split(" | ") | map(named) | sort | join(" | ");
	def row: [.usn, .time, (if .time then .path else null end), (.reasons | map(name) | sort | join(" | "))];
	def second: if . then sub("T"; " ") | .[:19] else null end;
	def near: . as [$a, $b] | ($a == null and $b == null) or ($a != null and $b != null and $a[0] == $b[0] and $a[2] == $b[2] and
		($a[3] | set) == ($b[3] | set) and ($a[1] | second) == ($b[1] | second));
	def differ($e): . as $told |
		if [($told[0] // null | if . then row else . end), $e.first] | near | not then "the first record differs" else empty end,
		if [($told[-1] // null | if . then row else . end), $e.last] | near | not then "the last record differs" else empty end,
		(($told | group_by(row[3]) | map({key: (.[0] | row[3]), value: length}) | from_entries) as $have |
			$e.reasons // {} | to_entries[] | (.key | set) as $key | select($have[$key] != .value) | "\($key): \($have[$key]), expected \(.value)");
	($ours | map(select(.kind == "usn"))) as $all | [$all[] | select(.time != null)] as $named |
	if ($all | length) != $e.records then "\($all | length) records, expected \($e.records)" else empty end,
	([$named | differ($e)] as $of_named | if $of_named == [] or [$all | differ($e)] == [] then empty else $of_named[] end)'

# What follows the last record of a journal may be anything: a copy of whole clusters has there what they held before. That is
# damage, and said; it is right when the oracle has no record there either.
check_usn() { # FILE KEY
	local expected differ found
	expected=$(corpus_oracle usn "$2" | jq -c 'select((.records // 0) > 0)')
	if ! timeline "$1" jsonl >"$scratch/jsonl"; then
		[ -z "$expected" ] || corpus_fail "$2: $(head -n 1 "$scratch/messages")"
		corpus_pass_over "no journal: $2"
		return
	fi
	corpus_count "change journals"
	corpus_count "journal records" "$(grep -c '"kind":"usn"' "$scratch/jsonl" || true)"
	check_formats "$1" "$2"
	if [ -z "$expected" ]; then
		if grep -q '"kind":"damage"' "$scratch/jsonl"; then
			found=$(python3 "$(dirname "$0")/usn_scan_peer.py" "$1" "$scratch/jsonl" 2>"$scratch/messages") ||
				corpus_fail "$2: damage: $(tail -n 1 "$scratch/messages")"
			corpus_count "journal records that a scan of damaged journals finds, and we" "${found:-0}"
		fi
		corpus_count "files without an oracle"
		return
	fi
	printf '%s\n' "$expected" >"$scratch/expected"
	differ=$(jq -n -r --slurpfile ours "$scratch/jsonl" --slurpfile all "$scratch/expected" "\$all[0] as \$e | $usn_jq")
	[ -z "$differ" ] || corpus_fail "$2: $differ"
	corpus_count "ranges of journals in which nobody finds a record" "$(grep -c '"kind":"damage"' "$scratch/jsonl" || true)"
}

# What another project printed of the sample beside it, in the manifest as a file of the type: it is checked with that.
is_listing() { # KEY
	local beside
	case $1 in *.fls | *.fsutil.txt) ;; *) return 1 ;; esac
	for beside in "$corpus/${1%%.fls*}".* "$corpus/${1%.fsutil.txt}".*; do
		[ ! -f "$beside" ] || [[ $beside == *.fls || $beside == *.txt ]] || { corpus_count "listings beside a sample" && return 0; }
	done
	corpus_pass_over "a listing without its sample: $1"
}

# A file of the mft or usnjrnl type: told by its content, as the command does.
check_bare() { # FILE PATH KEY
	local listing=$corpus/${3%.*}
	! is_listing "$3" || return 0
	case $(head -c 4 "$1" | tr -d '\0') in FILE | BAAD) check_mft "$1" "$3" ;; *) check_usn "$1" "$3" ;; esac
	[ ! -f "$listing.fls" ] || [ "$corpus/$3" = "$listing.fls" ] || check_fls "$1" "$listing.fls"
	[ ! -f "$listing.fsutil.txt" ] || check_fsutil "$1" "$listing.fsutil.txt"
}

# What libfsntfs says of every record as `record set created modified changed accessed`; attributes of an extension record
# are its base's. The bases of such records go to $1, one a line.
fsntfs_sets() { # BASES
	awk -v OFS='\t' -v bases="$1" '
		function iso(text,   p, month) {
			if (text ~ /^Not set/) return "1601-01-01T00:00:00.0000000Z"
			split(text, p, /[ ,]+/)
			month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", p[1]) + 2) / 3
			return sprintf("%04d-%02d-%02dT%sZ", p[3], month, p[2], substr(p[4], 1, 16))
		}
		function flush() {
			if (set != "" && got == 4) print record, set, c, m, e, a
			set = ""; got = 0
		}
		/^MFT entry: / { flush(); record = $3 }
		/^\tBase record file reference.*: [0-9]+-[0-9]+$/ { record = $NF; sub(/-.*/, "", record); print record >bases }
		/^Attribute: / { flush() }
		/^\tType.*\$STANDARD_INFORMATION/ { set = "si" }
		/^\tType.*\$FILE_NAME/ { set = "fn" }
		/: (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) |time.*: Not set/ {
			v = $0; sub(/^[^:]*: /, "", v)
			if (/^\tCreation/) c = iso(v); else if (/^\tModification/) m = iso(v)
			else if (/^\tAccess/) a = iso(v); else if (/^\tEntry mod/) e = iso(v); else next
			got++
		}
		END { flush() }' | sort -u
}

# What libfsntfs printed before it ended at a record that it cannot read; its last one may not be whole.
fsntfs_end() { # VOLUME NAME
	local last file
	last=$(sed -n 's/^MFT entry: \([0-9]*\).*/\1/p' "$scratch/fsntfs" | tail -n 1)
	corpus_bases "$1" 0 >"$scratch/bases"
	for file in ours theirs; do
		awk -F'\t' -v last="${last:-0}" '$1 < last' "$scratch/$file" >"$scratch/kept"
		mv "$scratch/kept" "$scratch/$file"
	done
	echo "peer ends: $2: libfsntfs at record ${last:-0}"
	corpus_count "volumes that libfsntfs does not read to their end"
}

# Sets without a time are ours alone: a record without the attribute has nothing that libfsntfs could print.
check_libfsntfs() { # VOLUME NAME
	local differ code=0
	: >"$scratch/bases"
	fsntfsinfo -E all "$1" 2>/dev/null >"$scratch/fsntfs" || code=$?
	fsntfs_sets "$scratch/bases" <"$scratch/fsntfs" >"$scratch/theirs"
	# Records that it refuses (a method of packing that it does not know).
	sed -n 's/^Error reading MFT entry: //p' "$scratch/fsntfs" >"$scratch/unread"
	corpus_count "files that libfsntfs refuses" "$(wc -l <"$scratch/unread")"
	jq -r 'select(.kind == "file" and .created != null) | [.record, .set, .created, .modified, .changed, .accessed] | @tsv' \
		"$scratch/jsonl" | awk -F'\t' 'FILENAME == ARGV[1] { refused[$1]; next } !($1 in refused)' "$scratch/unread" - | sort -u >"$scratch/ours"
	[ -s "$scratch/theirs" ] || { echo "peer fails: $2: fsntfsinfo reads no entries"; return; }
	[ "$code" -eq 0 ] || fsntfs_end "$1" "$2"
	corpus_count "sets of four times equal to libfsntfs" "$(comm -12 "$scratch/ours" "$scratch/theirs" | wc -l)"
	differ=$(comm -3 "$scratch/ours" "$scratch/theirs")
	[ -z "$differ" ] || { corpus_fail "$2: times differ from libfsntfs: $(wc -l <<<"$differ")"; head -n 4 <<<"$differ"; }
}

# Of a file with several names fls gives each $FILE_NAME row the size of the same one of these attributes: which files these are, one a line.
several_names() {
	jq -r 'select(.kind == "file" and .set == "fn") | "\(.record)\t\(.path)"' "$scratch/jsonl" | sort -u | cut -f 1 | uniq -d
}

# Files with a name of which text shows signs otherwise (controls, what turns the direction of writing, lone surrogates), or in a
# directory with such a name: they are left out of what is compared with fls by name.
unshown() {
	awk -F'|' '$2 ~ /<U\+[0-9A-F]+>/ { split($3, id, "-"); print id[1] }' "$scratch/bodyfile" | sort -u
}

# Rows of a body file as `name|record-type-id|size|times`. Left out: what fls has no rows for (slack, the log, the journal, the
# root itself, records in use without a name) and its own directory. The id is left out where fls makes one up: in files with
# extension records.
body_rows() { # BODYFILE
	awk -F'|' -v OFS='|' '
		function early(t) { return t >= 2147483648 ? 0 : t }
		FILENAME == ARGV[1] { based[$1] = 1; next }
		FILENAME == ARGV[2] { several[$1] = 1; next }
		FILENAME == ARGV[3] { unshown[$1] = 1; next }
		$2 ~ / \((\$LogFile|USN): / || $2 ~ / \(slack\)$/ || $4 ~ /^V/ { next }
		$2 ~ /^\/\.( \(\$FILE_NAME\))?$/ || $2 ~ /\(deleted-realloc\)$/ { next }
		$2 ~ /^\/.*\/\.:[^\/]*$/ { next } # a stream of a directory, which fls shows a second time as one of its "."
		$3 == "0" && / \(deleted\)\|/ { next } # check_left_over
		{
			split($3, id, "-")
			if ($2 == "/$OrphanFiles/OrphanFile-" id[1] || id[1] in unshown) next
			of_name = $2 ~ / \(\$FILE_NAME\)( \(deleted\))?$/
			number = of_name || id[1] in based ? "" : id[3]
			if (of_name && id[1] in several) $7 = ""
			print $2, id[1] "-" id[2] "-" number, $7, early($8), early($9), early($10), early($11)
		}' "$scratch/bases" "$scratch/several" "$scratch/unshown" "$1" | sort -u
}

# Names of rows that fls gives no record and no times: an index had them, and holds another entry there now. We tell them as slack,
# or not where the entry itself says the same (docs/formats/ntfs.md).
left_over() { # BODYFILE
	awk -F'|' '$3 == "0" && $8 + $9 + $10 + $11 == 0 && sub(/ \(deleted\)$/, "", $2) { print $2 }' "$1" | sort -u
}

check_left_over() { # LISTING NAME
	local missing
	left_over "$1" >"$scratch/left"
	[ -s "$scratch/left" ] || return 0
	awk -F'|' '{ sub(/ \((slack|deleted)\)$/, "", $2); print $2 }' "$scratch/bodyfile" | sort -u >"$scratch/told"
	corpus_count "names left over in an index that we tell, too" "$(comm -12 "$scratch/left" "$scratch/told" | wc -l)"
	missing=$(comm -23 "$scratch/left" "$scratch/told")
	[ -z "$missing" ] || { corpus_fail "$2: names left over in an index that we have not: $(wc -l <<<"$missing")" && head -n 4 <<<"$missing"; }
}

# fls lists names in index blocks that are free as names in use. Their rows are taken out of `theirs` when we have the record with the same times under
# the name that it has now, or had last, or nothing of it (the record is another file's); and ours of the same name, which says (deleted).
without_free_rows() {
	awk -F'|' "$is_free"'
		function rest(   r) { r = $0; sub(/^[^|]*\|/, "", r); return r }
		FILENAME == ARGV[1] { split($0, f, "\t"); free["/" f[2]] = f[1]; next }
		{ split($2, id, "-") }
		FILENAME == ARGV[2] { have[rest()] = 1; all[$0] = 1; next }
		!($0 in all) && is_free($1, id[1]) && ($4 + $5 + $6 + $7 == 0 || rest() in have)' "$scratch/free" "$scratch/ours" "$scratch/theirs" >"$scratch/known"
	corpus_count "rows of names in free blocks of an index, which fls takes for names in use" "$(wc -l <"$scratch/known")"
	comm -23 "$scratch/theirs" "$scratch/known" >"$scratch/kept"
	mv "$scratch/kept" "$scratch/theirs"
	awk -F'|' 'FILENAME == ARGV[1] { known[$0] = 1; next }
		{ row = $0; sub(/ \(deleted\)\|/, "|", row) } row == $0 || !(row in known)' "$scratch/known" "$scratch/ours" >"$scratch/kept"
	mv "$scratch/kept" "$scratch/ours"
}

# Of such files fls may leave out $FILE_NAME rows: they are libfsntfs' to judge. And streams of those whose record The Sleuth Kit
# refuses (a hole longer than the volume, as in a $J; damage), with what is below a directory of that kind; such a file it has by its name alone.
fls_differ() { # VOLUME
	local record
	: >"$scratch/refused"
	comm -23 "$scratch/ours" "$scratch/theirs" | awk -F'|' '{ split($2, id, "-"); print id[1] }' | sort -nu | head -n 100 | while IFS= read -r record; do
		istat -f ntfs "$1" "$record" >/dev/null 2>&1 || echo "$record" >>"$scratch/refused"
	done
	awk -F'|' 'FILENAME == ARGV[1] { refused[$1] = 1; next }
		{ split($2, id, "-"); sub(/ \(\$FILE_NAME\)$/, "", $1) } id[1] in refused { print $1 }' "$scratch/refused" "$scratch/ours" | sort -u >"$scratch/refused.names"
	comm -13 "$scratch/ours" "$scratch/theirs" | awk -F'|' '
		FILENAME == ARGV[1] { refused[$1] = 1; next }
		!($1 in refused && $4 + $5 + $6 + $7 == 0)' "$scratch/refused.names" -
	comm -23 "$scratch/ours" "$scratch/theirs" | awk -F'|' '
		FILENAME == ARGV[1] { based[$1] = 1; next }
		FILENAME == ARGV[2] { refused[$1] = 1; next }
		FILENAME == ARGV[3] { name[$1] = 1; next }
		{
			split($2, id, "-")
			above = $1
			while (sub(/\/[^\/]*$/, "", above)) if (above in name) next
		}
		!(id[2] == 48 && id[1] in based) && !(id[1] in refused)' "$scratch/bases" "$scratch/refused" "$scratch/refused.names" -
}

check_fls_run() { # VOLUME NAME
	local differ
	if ! fls -f ntfs -r -p -m / "$1" >"$scratch/listing" 2>/dev/null || [ ! -s "$scratch/listing" ]; then
		echo "peer fails: $2: fls does not open it"
		corpus_count "volumes that fls does not open"
		return
	fi
	several_names >"$scratch/several"
	corpus_count "files whose names text shows otherwise" "$(wc -l <"$scratch/unshown")"
	body_rows "$scratch/bodyfile" >"$scratch/ours"
	body_rows "$scratch/listing" >"$scratch/theirs"
	corpus_count "rows equal to fls, none more or less" "$(comm -12 "$scratch/ours" "$scratch/theirs" | wc -l)"
	check_left_over "$scratch/listing" "$2"
	without_free_rows
	differ=$(fls_differ "$1")
	corpus_count "files of which The Sleuth Kit refuses the record" "$(wc -l <"$scratch/refused")"
	[ -z "$differ" ] || { corpus_fail "$2: rows differ from fls: $(wc -l <<<"$differ")"; head -n 4 <<<"$differ"; }
}

# Places where the number of the record falls from one line to the next.
falls() {
	jq -r 'select(.kind == "file") | .record' "$1" | awk 'NR > 1 && $1 < last { print $1 } { last = $1 }'
}

# The bare $MFT says of every record what its volume says (but the owner, which needs $Secure), in the order of the
# records; those whose list of attributes lies outside it come last (docs/timeline.md).
check_bare_of() { # VOLUME NAME
	# A list of attributes behind the end of a cut image is missed in the volume alone: the bare $MFT does not look for it.
	local differ same='select(.kind == "file") | del(.owner_sid) |
		if .damage // "" | test("^attribute list: byte [0-9]+ is behind the end of the image") then del(.damage) else . end' late
	[ -z "$(falls "$scratch/jsonl")" ] || corpus_fail "$2: records out of order"
	if ! icat -f ntfs "$1" 0 >"$scratch/mft" 2>/dev/null || [ ! -s "$scratch/mft" ]; then
		corpus_count "volumes whose \$MFT icat does not give"
		return
	fi
	timeline "$scratch/mft" jsonl >"$scratch/bare" || corpus_fail "$2: its bare \$MFT fails"
	differ=$(comm -3 <(jq -c "$same" "$scratch/jsonl" | sort) <(jq -c "$same" "$scratch/bare" | sort))
	corpus_count "lines of a volume and of its bare \$MFT equal" "$(grep -c '"kind":"file"' "$scratch/bare" || true)"
	[ -z "$differ" ] || { corpus_fail "$2: the bare \$MFT differs: $(wc -l <<<"$differ")"; head -n 2 <<<"$differ"; }
	corpus_mft_peers "$scratch/bare" "$scratch/mft" "$2"
	late=$(falls "$scratch/bare")
	[ -n "$late" ] || return 0
	late=$(jq -r 'select(.kind == "file") | .record' "$scratch/bare" | awk 'NR > 1 && $1 < last { n++ } { last = $1 } n { print }' | sort -u)
	if [ "$(falls "$scratch/bare" | wc -l)" -ne 1 ] || [ -n "$(comm -23 <(printf '%s\n' "$late") <(sort -u "$scratch/bases"))" ]; then
		corpus_fail "$2: records of the bare \$MFT out of order"
	fi
	corpus_count "files with a far list, at the end of a bare \$MFT" "$(wc -l <<<"$late")"
}

check_volume() { # FILE OFFSET PATH
	local listing missing name=$3
	listing=$(corpus_listing "$name" "$1" "$2")
	corpus_cut "$1" "$2"
	corpus_count "NTFS volumes"
	timeline "$cut" jsonl >"$scratch/jsonl" || corpus_fail "$name: $(head -n 1 "$scratch/messages")"
	[ ! -s "$scratch/messages" ] || echo "$name: $(head -n 1 "$scratch/messages")"
	check_formats "$cut" "$name"
	unshown >"$scratch/unshown"
	corpus_free_names "$cut" "$scratch/jsonl"
	check_libfsntfs "$cut" "$name"
	check_fls_run "$cut" "$name"
	check_bare_of "$cut" "$name"
	! grep -q '"kind":"usn"' "$scratch/jsonl" || corpus_rewind "$name" "$cut"
	if [ -z "$listing" ]; then
		corpus_count "volumes without a listing"
		return
	fi
	check_left_over "$listing" "$name"
	touch "$scratch/refused.names"
	missing=$(body_missing "$listing" "$scratch/bodyfile" | awk -F'|' 'FILENAME == ARGV[1] { refused[$1] = 1; next }
		!($2 in refused && $8 + $9 + $10 + $11 == 0)' "$scratch/refused.names" -)
	corpus_count "rows of expected body files equal" "$(($(wc -l <"$listing") - $(grep -c . <<<"$missing" || true)))"
	[ -z "$missing" ] || { corpus_fail "$name: rows that we have not: $(wc -l <<<"$missing")"; head -n 5 <<<"$missing"; }
}

corpus_each_file check_bare < <(corpus_files mft; corpus_files usnjrnl)
corpus_each_volume check_volume < <(corpus_ntfs_paths)
corpus_end
