#!/bin/bash
# What every command says of itself fits a screen of 80 columns, in both languages, and every line of Japanese help is Japanese.
# usage: tests/e2e/screen.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/screen.sh BUILD}
. "$(dirname "$0")/../lib.sh"

make_work
commands=$(sed -nE 's/^COMMAND\(([a-z]+)\).*/\1/p' "$tests/../cli/list.h")
[ "$(wc -w <<<"$commands")" -gt 10 ] || complain "no commands in cli/list.h"
for language in en ja; do
	for command in "" $commands; do
		# shellcheck disable=SC2086
		run "$command" 0 "$kanshiki" $command --help --lang "$language"
		width=$(wc -L <"$work/out")
		[ "$width" -lt 80 ] || complain "$command --help --lang $language: $width columns: $(awk -v w=70 'length($0) > w' "$work/out" | head -n 2)"
		[ -s "$work/out" ] || complain "$command --help --lang $language: nothing"
		[ "$language" = en ] || LC_ALL=C grep -qP '\xe3\x81[\x81-\xbf]' "$work/out" || complain "$command --help --lang ja: no Japanese"
	done
done
# What was written when it was stopped is good, or nothing was: of these it is a gap, as their pages have it.
for command in extract export salvage kit ls; do
	run "$command" 0 "$kanshiki" "$command" --help --lang en
	tr -s '\n ' ' ' <"$work/out" >"$work/help"
	if [ "$command" = ls ]; then
		grep -q '1 finished with gaps, .* 130 stopped' "$work/help" || complain "$command --help: nothing about 130"
	else
		grep -q '1 finished with gaps or stopped, ' "$work/help" && ! grep -q 130 "$work/help" || complain "$command --help: $(grep -o 'Exit codes.*' "$work/help")"
	fi
done
finish
