#!/bin/bash
# walk.sh BUILD [MFT]: the walk over an MFT without output: its rate, its patterns, its memory and that it is linear in records.
# Sizes take turns, five rounds; exit 1 when a limit is not kept.
set -euo pipefail
build=$1 mft=${2:-}
walk=$build/tests/bench_walk
core=()
! command -v taskset >/dev/null || core=(taskset -c "$(taskset -cp $$ | sed 's/.*[^0-9]//')")
failed=0
"${core[@]}" "$walk" ${mft:+"$mft"} || failed=1

rounds() {
	local records
	for _ in 1 2 3 4 5; do
		for records in 10000 100000 1000000 10000000; do
			"${core[@]}" "$walk" --records "$records" || { echo "walk.sh: $records records failed" >&2; return 1; }
		done
	done
}

# The time of a record must be the same whatever their number: dearest and cheapest of the medians.
judge() {
	awk '
		function sorted(size,  i, j, t) { for (i = 2; i <= 5; i++) for (j = i; j > 1 && each[size, j] < each[size, j - 1]; j--) {
			t = each[size, j]; each[size, j] = each[size, j - 1]; each[size, j - 1] = t } }
		function say(what, value, wanted, pass, spread) {
			verdict = pass ? "pass" : "FAIL"
			if (spread > 0.1) verdict = sprintf("not judged: the rounds vary by %.0f %%", spread * 100)
			printf "%-52s %8.2f  wanted <= %-5s %s\n", what, value, wanted, verdict
			if (verdict == "FAIL") failed = 1 }
		!($1 in rounds) { size[++sizes] = $1 }
		{ each[$1, ++rounds[$1]] = $2 / $1 * 1e6; if ($3 / 1e6 > mb[$1]) mb[$1] = $3 / 1e6 }
		END {
			for (i = 1; i <= sizes; i++) {
				s = size[i]
				if (rounds[s] != 5) exit 1
				sorted(s)
				spread = (each[s, 5] - each[s, 1]) / each[s, 3]
				printf "%9d records made and walked %27.3f s, %.3f µs each, %.0f MB at most  (spread %.0f %%)\n",
					s, each[s, 3] * s / 1e6, each[s, 3], mb[s], spread * 100
				if (spread > worst) worst = spread
				if (i == 1 || each[s, 3] > most) most = each[s, 3]
				if (i == 1 || each[s, 3] < least) least = each[s, 3]
			}
			say("MB of memory for a million records", mb[1000000], 150, (mb[1000000] <= 150), 0)
			say("time each of 10^4 to 10^7 records: dearest/cheapest", most / least, 1.5, (most / least <= 1.5), worst)
			exit failed
		}'
}
rounds | judge || failed=1
exit $failed
