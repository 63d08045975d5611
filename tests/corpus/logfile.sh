#!/bin/bash
# logfile.sh BUILD: every $LogFile of the corpus is read: the records and codes that expected/oracle.jsonl counts (and
# record for record what dfir_ntfs reads, where it is installed); what has no record is refused in one line. And on every NTFS
# volume with a log: what the log told last of a file is what its MFT record says now.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" jq gzip bsdtar python3 icat
kanshiki=$build/kanshiki

# Live records alone are too few when the oracle reads stale ones, too; all of them too many: it reads no page that was copied
# before the newest round, and no page of which an earlier one is gone. Without stale records both are equal.
check_counts() { # NAME EXPECTED
	local line
	awk -F'\t' '$3 == "update" { all[$4]++; live[$4] += $2 == "live" }
		END { for (code in all) print code "\t" live[code] "\t" all[code] }' "$scratch/records" >"$scratch/codes"
	while IFS= read -r line; do
		corpus_fail "$1: $line"
	done < <(jq -r --rawfile codes "$scratch/codes" '
		($codes | split("\n") | map(select(. != "") | split("\t") | {key: .[0], value: [(.[1] | tonumber), (.[2] | tonumber)]}) | from_entries) as $ours |
		([$ours[][0]] | add // 0) as $live | ([$ours[][1]] | add // 0) as $all |
		(if .log_records < $live or .log_records > $all then "\($live) to \($all) records, expected \(.log_records)" else empty end),
		((.redo_ops // {}) | to_entries[] | ($ours[.key] // [0, 0]) as $n | select(.value < $n[0] or .value > $n[1]) |
			"redo code \(.key): \($n[0]) to \($n[1]), expected \(.value)")' <<<"$2")
	corpus_count "logs with the counts expected"
	corpus_count "records expected" "$(jq .log_records <<<"$2")"
}

check_peer() { # FILE NAME
	local count code=0
	count=$(python3 "$(dirname "$0")/logfile_peer.py" "$1" "$scratch/records" 2>"$scratch/messages") || code=$?
	case $code in
	0) corpus_count "records compared with dfir_ntfs" "$count" ;;
	77) ;;
	*) corpus_fail "$2: $(tail -n 1 "$scratch/messages")" ;;
	esac
}

# No record that the oracle expects: no line but damage, and one that says why.
check_refused() { # FILE NAME
	local code=0
	"$kanshiki" timeline "$1" >"$scratch/jsonl" 2>"$scratch/messages" || code=$?
	if [ "$code" -eq 0 ] && [ -s "$scratch/jsonl" ]; then
		corpus_count "pieces of logs that only we read"
	elif [ "$code" -ge 64 ] && [ "$code" -le 78 ] && [ "$(wc -l <"$scratch/messages")" -eq 1 ]; then
		corpus_count "files refused in one line"
	else
		corpus_fail "$2: exit $code, $(wc -l <"$scratch/messages") lines"
	fi
}

check_log() { # FILE NAME
	local expected lines operations
	expected=$(corpus_oracle logfile "$2")
	if ! "$build/tests/corpus_logfile_dump" records "$1" >"$scratch/records" 2>"$scratch/messages"; then
		check_refused "$1" "$2"
		[ -z "$expected" ] || [ "$(jq 'has("log_records")' <<<"$expected")" = false ] || corpus_fail "$2: is refused"
		return 0
	fi
	corpus_count "logs"
	corpus_count "records" "$(wc -l <"$scratch/records")"
	corpus_count "records of earlier rounds" "$(grep -c "	stale	" "$scratch/records" || true)"
	! grep -q "	damaged	" "$scratch/records" || corpus_fail "$2: a record that cannot be understood"
	[ "$(cut -f1 "$scratch/records" | sort -u | wc -l)" -eq "$(wc -l <"$scratch/records")" ] || corpus_fail "$2: an LSN twice"
	[ -z "$expected" ] || [ "$(jq 'has("log_records")' <<<"$expected")" = false ] || check_counts "$2" "$expected"
	check_peer "$1" "$2"
	# Each record is one operation or more, and one with a meaning is a line or two.
	corpus_survive "$2" "$build/tests/corpus_logfile_dump" operations "$1" >"$scratch/operations" 2>/dev/null || true
	operations=$(awk -F'\t' '$4 !~ /^(rollback:)?-/' "$scratch/operations" | cut -f1 | sort -u | wc -l)
	corpus_survive "$2" "$kanshiki" timeline "$1" >"$scratch/jsonl" 2>"$scratch/messages" || true # damage is said and no reason to fail
	lines=$(jq -r 'select(.kind == "logfile") | .lsn' "$scratch/jsonl" | sort -u | wc -l)
	[ "$operations" -eq "$lines" ] || corpus_fail "$2: $operations operations, $lines of them in the timeline"
	corpus_count "operations" "$operations"
}

# The last line of a file in use with the times of $STANDARD_INFORMATION. Access times are left out: NTFS writes them late, and
# then without the log. The MFT record has the LSN of what was logged of it last: when that is the line's and the times are others,
# somebody wrote them around NTFS; when the line's is newer, the record was not written back. A name that it has not any more was changed
# by what the log tells later. Prints `how TAB line`.
state_jq='
	def times: [.created, .modified, .changed];
	def key: "\(.record)-\(.sequence)";
	(reduce .[] as $l ({}; if $l.kind == "file" and $l.set == "si" and ($l.deleted | not) then .[$l | key] = $l else . end)) as $now |
	(reduce .[] as $l ({}; if $l.kind == "file" and $l.set == "fn" and ($l.deleted | not) then .["\($l | key) \($l.path)"] = true else . end)) as $names |
	(reduce .[] as $l ({}; if $l.kind == "logfile" and $l.set == "fn" and $l.sequence != null and ($l.stale | not) and $names["\($l | key) \($l.path)"]
		then .[$l | key] = $l.lsn else . end)) as $named |
	(reduce .[] as $l ({}; if $l.kind == "logfile" and $l.set == "si" and $l.sequence != null and ($l.stale | not) then .[$l | key] = $l else . end)) |
	to_entries[] | $now[.key] as $file | select($file) |
	(if $names["\(.key) \(.value.path)"] == null and .value.lsn <= $file.lsn and ($named[.key] // 0) <= .value.lsn then "renamed"
	elif ($file | times) == (.value | times) then "same"
	elif $file.lsn == .value.lsn then "around"
	elif $file.lsn < .value.lsn then "late"
	else "differs" end) + "\t\(.value | tojson)\tnow \($file | tojson)"'

# Whether the log itself holds the three times that a line tells, as they lie in a log: what is read wrong does not.
log_holds() { # VOLUME LINE
	icat -f ntfs "$1" 2 >"$scratch/log" 2>/dev/null && python3 -c '
import datetime, json, sys
line = json.loads(sys.argv[2])
log = open(sys.argv[1], "rb").read()
def ticks(text):
    whole = datetime.datetime.fromisoformat(text[:19]) - datetime.datetime(1601, 1, 1)
    return (whole.days * 86400 + whole.seconds) * 10000000 + int(text[20:27])
sys.exit(any(ticks(line[k]).to_bytes(8, "little") not in log for k in ("created", "modified", "changed")))' "$scratch/log" "$2"
}

check_volume() { # FILE NAME
	local how line now
	corpus_survive "$2" "$kanshiki" timeline "$1" >"$scratch/jsonl" 2>"$scratch/messages" || true
	grep -q '"kind":"logfile"' "$scratch/jsonl" || { corpus_count "volumes whose log has no operation"; return 0; }
	corpus_count "volumes with a log"
	jq -s -r "$state_jq" "$scratch/jsonl" >"$scratch/state"
	corpus_count "files as the log told them last" "$(grep -c '^same' "$scratch/state" || true)"
	while IFS=$'\t' read -r how line now; do
		if [ "$how" = around ] && log_holds "$1" "$line"; then
			corpus_count "files whose times were set around the log"
		elif [ "$how" = late ] && log_holds "$1" "$line"; then
			corpus_count "files that were not written back after the log"
		else
			corpus_fail "$2: $how: the log tells $line, $now"
		fi
	done < <(grep -v '^same' "$scratch/state" || true)
}

check_file() { # FILE PATH KEY
	if corpus_is_ntfs "$1" 0; then check_volume "$1" "$3"; else check_log "$1" "$3"; fi
}

check_image() { # FILE OFFSET PATH
	corpus_cut "$1" "$2"
	check_volume "$cut" "$3"
}

corpus_each_file check_file < <(corpus_files logfile)
corpus_each_volume check_image < <(corpus_files ntfs-image)
corpus_end
