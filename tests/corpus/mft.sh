#!/bin/bash
# mft.sh BUILD: bare $MFT files give the counts, and the sampled records the names, paths, times and sizes, that
# expected/oracle.jsonl has from independent tools. Files of the type that it does not know must not crash us.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" jq gzip xz bsdtar 7zz
dump=$build/tests/corpus_ntfs_dump
oracle=$corpus/expected/oracle.jsonl
[ -f "$oracle" ] || { echo "skipped: no expected/oracle.jsonl"; exit 77; }

# The oracle's records that ours differ from. It names orphans <Orphan>/, has a leading /, writes the root as /. ; its times
# went through a double (2 microseconds apart); its size is null for resident content.
compare_jq='
	def path: sub("^<Orphan>/"; "$Orphan/") | ltrimstr("/") | if . == "." then "" else . end;
	def micro: (.[0:19] | sub("T"; " ") | strptime("%Y-%m-%d %H:%M:%S") | mktime) * 1000000 +
		((.[20:26] | rtrimstr("Z")) as $f | if $f == "" then 0 else $f | tonumber end);
	def near($a; $b): ($a | micro) - ($b | micro) | . >= -1 and . <= 1;
	(reduce $ours[] as $o ({}; .[$o.entry | tostring] = $o)) as $by |
	$expected.sample[]? | . as $t | $by[.entry | tostring] as $o |
	select(($o != null and $o.seq == .seq and $o.in_use == .in_use and
		($o.paths | sort) == (.paths | map(path) | sort) and
		(.size == null or .size == $o.size) and
		(.si == null or ($o.created != null and near(.si.c; $o.created) and near(.si.m; $o.modified) and
			near(.si.e; $o.changed) and near(.si.a; $o.accessed)))) | not) |
	{expected: ., "we say": $o} | @json'

check_mft() { # FILE KEY
	local expected field want got
	if ! "$dump" mft "$1" >"$scratch/records" 2>"$scratch/messages"; then
		corpus_pass_over "no \$MFT: $2: $(head -n 1 "$scratch/messages")"
		return
	fi
	expected=$(jq -c --arg key "$2" 'select(.kind == "mft" and .path == $key)' "$oracle")
	if [ -z "$expected" ]; then
		corpus_pass_over "without an oracle: $2"
		return
	fi
	corpus_count "files of type mft"
	jq -s -c '{records: length, in_use: map(select(.in_use)) | length,
		in_use_dirs: map(select(.in_use and .directory)) | length,
		base_records: map(select(.base)) | length}' "$scratch/records" >"$scratch/counts"
	for field in in_use in_use_dirs base_records records; do
		want=$(jq ".$field" <<<"$expected")
		[ "$field" != records ] || want=$(jq '.signatures.FILE // 0' <<<"$expected")
		got=$(jq ".$field" "$scratch/counts")
		[ "$got" = "$want" ] || corpus_fail "$2: $field is $got, expected $want"
		corpus_count "counts equal"
	done
	jq -n -r --slurpfile ours "$scratch/records" --argjson expected "$expected" "$compare_jq" >"$scratch/missing"
	want=$(jq '.sample | length' <<<"$expected")
	got=$(wc -l <"$scratch/missing")
	corpus_count "sampled records equal" $((want - got))
	if [ "$got" -gt 0 ]; then
		corpus_fail "$2: $got of $want sampled records differ"
		head -n 2 "$scratch/missing"
	fi
}

while IFS= read -r path; do
	corpus_unpack "$path" || { echo "cannot be unpacked: $path"; continue; }
	while IFS= read -r file; do
		key=$path
		[ -L "$file" ] || key="$path!${file#"$unpacked"/}"
		check_mft "$file" "$key"
	done < <(corpus_below "$unpacked")
	rm -rf "$unpacked"
done < <(corpus_files mft)
corpus_end
