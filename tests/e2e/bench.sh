#!/bin/bash
# The verdicts of tests/bench: what does not keep its limit gives exit 1, and the other steps are run all the same; what varies is
# not judged. With programs that say what they are told to; no time is measured.
# usage: tests/e2e/bench.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/bench.sh BUILD}
. "$(dirname "$0")/../lib.sh"
bench=$tests/bench

# usage: fake NAME <<END   a program of ours, in shell
fake() {
	{ echo '#!/bin/bash' && cat; } >"$work/fake/$1"
	chmod +x "$work/fake/$1"
}

# usage: walks FACTOR MB VARIES CODE   FACTOR: how much dearer a record of the largest MFT is; VARIES: from round to round
walks() {
	fake tests/bench_walk <<END
[ \$# -eq 2 ] || exit $4
round=\$(cat '$work/round' 2>/dev/null || echo 0)
echo \$((round + 1)) >'$work/round'
awk -v n=\$2 -v round=\$round 'BEGIN { each = 0.5e-6 * (n == 10000000 ? $1 : 1) * (1 + $3 * (int(round / 4) % 2)); print n, n * each, $2 * 1e6 }'
END
	rm -f "$work/round"
}

check_walk() {
	walks 1 20 0 0
	run "a walk that keeps its limits" 0 "$bench/walk.sh" "$work/fake"
	says "a walk that keeps its limits" 'memory for a million records .* 20.00 .* pass'
	says "a walk that keeps its limits" 'dearest/cheapest .* 1.00 .* pass'
	walks 2 20 0 0
	run "a walk that is not linear" 1 "$bench/walk.sh" "$work/fake"
	says "a walk that is not linear" 'dearest/cheapest .* 2.00 .* FAIL'
	walks 1 151 0 0
	run "a walk that takes memory" 1 "$bench/walk.sh" "$work/fake"
	says "a walk that takes memory" 'million records .* FAIL'
	walks 2 20 0.2 0
	run "a walk that varies" 0 "$bench/walk.sh" "$work/fake"
	says "a walk that varies" 'dearest/cheapest .* not judged: the rounds vary by 20 %'
	walks 1 20 0 1
	run "a walk that fails" 1 "$bench/walk.sh" "$work/fake"
	says "a walk that fails" 'dearest/cheapest .* pass'
}

check_hold() {
	run "a walk in bounds" 0 "$build/tests/bench_walk" --hold 20000 150
	run "a walk without memory" 1 "$build/tests/bench_walk" --hold 300000 10
	says "a walk without memory" 'FAIL|no memory'
}

# Ours must work, a peer need not.
check_peers() {
	fake kanshiki <<<'exit 65'
	fake mft_dump <<<'echo line'
	MFT_DUMP=$work/fake/mft_dump ANALYZEMFT='' DISSECT_PYTHON=/bin/false run "ours fails" 1 "$bench/mft.sh" "$work/fake" "$work/fake/kanshiki"
	says "ours fails" 'mft_dump, jsonl .* FAIL'
	fake kanshiki <<<'echo line'
	fake mft_dump <<<'exit 1'
	MFT_DUMP=$work/fake/mft_dump ANALYZEMFT='' DISSECT_PYTHON=/bin/false run "a peer fails" 0 "$bench/mft.sh" "$work/fake" "$work/fake/kanshiki"
	says "a peer fails" 'not judged: the peer failed'
}

# usage: steps LINE   runs the lines of shell as steps
steps() {
	bash -euo pipefail -c ". '$bench/steps.sh'; work='$work'; $1
		summary"
}

check_steps() {
	run "all is kept" 0 steps 'step one echo "a  1 pass"; step two true'
	says "all is kept" '^-- 1 limits kept$'
	run "a step fails" 1 steps 'step one false; step two echo "b  2 pass"'
	says "a step fails" '^-- 1 limits kept, FAILED 1 \(one: exit 1\)$'
	run "a limit is not kept" 1 steps 'step one echo "walk / copy   0.1  wanted >= 1 FAIL"; step two echo "c   2  not judged: it varies"; step three exit 77'
	says "a limit is not kept" '^-- 0 limits kept, FAILED 1 \(walk / copy\), not judged 1 \(c\)$'
}

# usage: says WHAT PATTERN   of either output of the last run
says() { cat "$work/out" "$work/err" | grep -Eq -- "$2" || complain "$1: nothing about '$2': $(tail -n 4 "$work/out")"; }

make_work
mkdir -p "$work/fake/tests"
check_walk
check_hold
check_peers
check_steps
finish
