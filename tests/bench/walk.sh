#!/bin/bash
# walk.sh BUILD [MFT]: the walk over an MFT without output: its rate, its patterns, its memory and that it is linear in records.
set -euo pipefail
build=$1 mft=${2:-}
walk=$build/tests/bench_walk
core=()
! command -v taskset >/dev/null || core=(taskset -c "$(($(nproc) - 1))")
"${core[@]}" "$walk" ${mft:+"$mft"}
for records in 10000 100000 1000000 10000000; do
	"${core[@]}" "$walk" --records "$records"
done | awk '
	{ each = $2 / $1 * 1e6; mb = $3 / 1e6; printf "%9d records made and walked %27.3f s, %.2f µs each, %.0f MB at most\n", $1, $2, each, mb }
	$1 == 100000 { base = each }
	$1 == 1000000 { printf "%-52s %8.2f  wanted <= 150   %s\n", "MB of memory for a million records", mb, mb <= 150 ? "pass" : "FAIL" }
	$1 == 10000000 { printf "%-52s %8.2f  wanted <= 1.5   %s\n", "time each of 10^7 records / of 10^5", each / base, each / base <= 1.5 ? "pass" : "FAIL" }'
