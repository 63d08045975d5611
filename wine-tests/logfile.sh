#!/bin/bash
# kanshiki.exe on a $LogFile: the same lines and exit as on Linux in every format; one without a page is refused in one line.
# usage: wine-tests/logfile.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

make_work
use_wine win64
for log in "$root"/tests/fuzz/corpus/logfile/*; do
	cp "$log" "$work/log"
	for format in jsonl csv bodyfile timesketch; do
		want=0
		"$kanshiki" timeline "$work/log" --format "$format" >"$work/expected" 2>/dev/null || want=$?
		run "$(basename "$log"), $format" "$want" kanshiki_exe timeline "$(win_path "$work/log")" --format "$format"
		tr -d '\r' <"$work/out" >"$work/lines"
		tr -d '\r' <"$work/expected" | cmp -s - "$work/lines" || complain "$(basename "$log"), $format: other lines than on Linux"
	done
done
grep -q kind <("$kanshiki" timeline "$root/tests/fuzz/corpus/logfile/story") || complain "no line"
printf 'RSTR%04092d' 0 >"$work/log"
run "a log of no pages" 65 kanshiki_exe timeline "$(win_path "$work/log")"
says "a log of no pages" "neither a restart page nor a record page of the log can be read"
finish
