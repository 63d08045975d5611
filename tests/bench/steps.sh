# shellcheck shell=bash
# Steps of a benchmark one after the other, whatever comes of them, and a last line of what failed and what nobody judged;
# sourced, never run. Before: work=DIRECTORY. A step that says FAIL, or ends with another exit code than 0 and 77, has failed.
failed=()
unjudged=()
kept=0

# usage: take_lines TITLE CODE   of what the step said, in $work/said
take_lines() {
	local line what any=0
	while IFS= read -r line; do
		what=${line%%  *}
		case $line in
		*" FAIL" | *" FAIL "* | *" FAIL:"*) failed+=("$what") any=1 ;;
		*"not judged"* | skipped:*) unjudged+=("$what") ;;
		*" pass" | *" pass "*) kept=$((kept + 1)) ;;
		esac
	done <"$work/said"
	[ "$2" -eq 0 ] || [ "$2" -eq 77 ] || [ $any -eq 1 ] || failed+=("$1: exit $2")
}

# usage: step TITLE COMMAND...
step() {
	local title=$1 code=0
	shift
	echo "-- $title"
	"$@" | tee "$work/said" || code=${PIPESTATUS[0]}
	take_lines "$title" "$code"
}

# usage: list NAME...   "3 (A; B; C)"
list() {
	local joined
	printf -v joined '; %s' "$@"
	echo "$# (${joined:2})"
}

# Prints the last line; fails when a step did.
summary() {
	local line="-- $kept limits kept"
	[ ${#failed[@]} -eq 0 ] || line+=", FAILED $(list "${failed[@]}")"
	[ ${#unjudged[@]} -eq 0 ] || line+=", not judged $(list "${unjudged[@]}")"
	echo "$line"
	[ ${#failed[@]} -eq 0 ]
}
