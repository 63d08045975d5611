#!/bin/bash
# kill -9 at 50 random moments of a run with dozens of rotations: the writer of collect with volumes of 1 MiB (the
# product has no such switch; tests/fixtures/mkbundle.c).
# usage: tests/e2e/kill_rotations.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/kill_rotations.sh BUILD}
. "$(dirname "$0")/../lib.sh"
. "$tests/kill_lib.sh"
need age zstd tar
count=60

# The list of what every run writes, from one that nobody disturbed.
make_list() {
	local path sum comma=
	mkdir "$work/first"
	run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work/first" "$count"
	bundle_of "mkbundle" || finish
	[ "$(find "$bundle" -name 'files.*.age' | wc -l)" -gt 10 ] || complain "hardly any rotation: $(ls "$bundle")"
	intact "mkbundle" "$bundle" 0
	printf '{"files":[' >"$work/list.json"
	while read -r sum path; do
		printf '%s{"path":"%s","size":%d,"sha256":"%s"}' "$comma" "$path" \
			"$(stat -c %s "$work/extracted/fs/C/$path")" "$sum" >>"$work/list.json"
		comma=,
	done < <(cd "$work/extracted/fs/C" && find Bulk -type f -print0 | sort -z | xargs -0 sha256sum)
	printf ']}\n' >>"$work/list.json"
	[ "$(grep -o '"path"' "$work/list.json" | wc -l)" -eq "$count" ] || complain "not $count files extracted"
}

make_work
make_kit
make_list
kill_many 50 "$work/list.json" "$build/tests/mkbundle" "$work/kit" "$work/out-dir" "$count"
finish
