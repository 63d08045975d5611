#!/bin/bash
# The rules of the house that a machine can hold: docs/style.md. Prints each line that breaks one; exit 1 if any does.
# usage: tests/house.sh CHECK [BUILD]     CHECK: sizes banned symbols words pages collectors fuzz; BUILD: build/linux
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

check=${1:-}
build=${2:-build/linux}
layers="core platform formats bundle collectors analysis cli"
broken=0

complain() {
	echo "$*"
	broken=1
}

skip() {
	echo "skipped: $*"
	exit 77
}

c_files() { git ls-files --cached --others --exclude-standard -- "${@/%//*.c}" "${@/%//*.h}"; }

# Functions of at most 60 lines, files of 600, 3 levels of indent inside a function's own, no goto, no typedef.
check_sizes() {
	local found
	# shellcheck disable=SC2046
	found=$(awk '
		function say(text) { print FILENAME ":" FNR ": " text }
		FNR == 1 { start = 0; long = 0 }
		FNR == 601 { say("more than 600 lines") }
		/^{$/ { start = FNR }
		/^}$/ && start { if (FNR - start + 1 > 60) say("a function of " FNR - start + 1 " lines"); start = 0 }
		start && /^\t\t\t\t\t+(if|for|while|do|switch|return|break|continue)[ ;(]/ { say("too deep") }
		/^[^*"\/]*[^A-Za-z_"]goto[ \t]+[a-z_]+;/ { say("goto") }
		/^typedef / { say("typedef") }
	' $(c_files $layers tests))
	[ -z "$found" ] || complain "$found"
}

# What core/banned.h turns into errors, also where the compiler folds it away; and what asserts on input.
check_banned() {
	local found words
	words='strcpy|strcat|strncpy|strncat|stpcpy|sprintf|vsprintf|gets|strtok|gmtime|localtime|asctime|ctime|mktime'
	words="$words|atoi|atol|atoll|atof|alloca|tmpnam|mktemp|system|popen|rand|srand|assert|wcscpy|wcscat|lstrcpyW|wsprintfW"
	# shellcheck disable=SC2046
	found=$(grep -nE "(^|[^A-Za-z0-9_.>\"])($words) ?\(" $(c_files $layers | grep -v '^core/banned\.h$') |
		grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)' || true)
	[ -z "$found" ] || complain "$found"
	grep -q 'core/banned\.h' CMakeLists.txt || complain "CMakeLists.txt: core/banned.h is not forced on every file"
}

# usage: nouns DIRECTORY   what exported names of that directory may start with: its headers and their structs
nouns() {
	basename -s .h -a "$1"/*.h 2>/dev/null
	sed -nE 's/^struct ([a-z_0-9]+)( \{|;).*/\1/p' "$1"/*.h 2>/dev/null
}

# foo.o exports foo_*, or what a header or a struct of its directory is called, or one of the few verbs.
check_symbols() {
	local object path noun directory symbol
	local -A allowed=() objects=()
	local verbs='fail|fail_in|tr|tr_[a-z_]*|say|main|read_(u8|u16|u32|u64|bytes)|reader_(skip|seek)|free_memory_at'
	verbs="$verbs|errno_fail|open_for_reading|collect_[a-z_0-9]*|command_[a-z_0-9]*"
	[ -d "$build/CMakeFiles" ] || { complain "'$build' is not built"; return; }
	while read -r object symbol; do
		path=${object#*.dir/}
		path=${path%.c.o}
		objects[$path]=1
		noun=${path##*/}
		directory=${path%/*}
		[[ $directory != platform/* ]] || directory=platform
		[ -n "${allowed[$directory]:-}" ] || allowed[$directory]=$(nouns "$directory" | sort -u | tr '\n' '|')
		directory=${allowed[$directory]}${directory##*/}
		[[ $symbol =~ ^(os_)?($directory|${directory%s}|$noun|${noun%s}|${noun%%_*}|[a-z]+_$noun)(_|$) ]] ||
			[[ $symbol =~ ^($verbs)$ ]] || complain "$path.c: exports '$symbol'"
	done < <(find "$build"/CMakeFiles/{core,platform,formats,bundle,collectors,analysis,kanshiki}.dir -name '*.c.o' \
		-exec nm -A -g --defined-only {} + 2>/dev/null | sed -nE 's/^(.*\.o):[0-9a-f]+ [TDRBC] (.*)$/\1 \2/p')
	[ "${#objects[@]}" -gt 20 ] || complain "only ${#objects[@]} objects in '$build': build first"
}

# Every text for people has a Japanese row, with the same conversions; no row is left over.
check_words() { perl tests/house_words.pl || broken=1; }

# usage: option_names COMMAND   the long options that its --help tells of, without the dashes
option_names() {
	"$build/kanshiki" "$1" --help --lang en | grep -oE '(^|[ ,\[])--[a-z][a-z-]*' | tr -d ' ,[' | sed 's/^--//' | sort -u
}

# usage: exit_codes COMMAND   the numbers of the exit codes that its source names
exit_codes() {
	local name
	echo 0
	echo 64
	# Who reads its output may go away.
	! grep -q '\bconsole_write(' "cli/$1".c "cli/$1"_*.c 2>/dev/null || echo 141
	while read -r name; do
		sed -nE "s/^[[:space:]]*$name = ([0-9]+),.*/\1/p" cli/command.h
	done < <(cat "cli/$1".c "cli/$1"_*.c 2>/dev/null | grep -oE '\bEXIT_[A-Z_]+\b' | sort -u)
}

# A man page for each command, clean, naming every option, no other, and every exit code.
check_pages() {
	local command page option code lint
	command -v mandoc >/dev/null || skip "man pages (mandoc is not installed)"
	[ -x "$build/kanshiki" ] || { complain "'$build/kanshiki' is not built"; return; }
	while read -r command; do
		page=packaging/man/kanshiki-$command.1
		grep -qE "^\.It Cm $command$" packaging/man/kanshiki.1 2>/dev/null ||
			complain "packaging/man/kanshiki.1: does not name '$command'"
		[ "$command" != version ] || continue # the program's own page tells it
		[ -f "$page" ] || { complain "cli/list.h: '$command' has no page '$page'"; continue; }
		for option in $(option_names "$command"); do
			[ "$option" = help ] || [ "$option" = lang ] || grep -qE "Fl (-|\\\\-)$option( |$)" "$page" ||
				complain "$page: does not name --$option"
		done
		for option in $(sed -nE 's/^\.It Fl (\\-|-)([a-z][a-z-]*).*/\2/p' "$page"); do
			option_names "$command" | grep -qxF -- "$option" || complain "$page: --$option is no option of '$command'"
		done
		for code in $(exit_codes "$command" | sort -un); do
			grep -qE "^\.It (Li |Sy |Er )?$code\b" "$page" || complain "$page: EXIT STATUS does not tell $code"
		done
	done < <(sed -nE 's/^COMMAND\(([a-z_]+)\).*/\1/p' cli/list.h)
	[ -f packaging/man/kanshiki.1 ] || complain "packaging/man/kanshiki.1 is missing"
	lint=$(mandoc -T lint -W warning packaging/man/*.1 2>&1 || true)
	[ -z "$lint" ] || complain "$lint"
}

# Every row of collectors/list.h: one file, one test, one page; and no file without a row.
check_collectors() {
	local row file name rows=0
	[ -f collectors/list.h ] || { complain "collectors/list.h is missing"; return; }
	while read -r row; do
		rows=$((rows + 1))
		file=collectors/$row.c
		[ -f "$file" ] || { complain "collectors/list.h: '$row' has no file '$file'"; continue; }
		name=$(sed -nE 's/^[[:space:]]*\.name = "([^"]+)".*/\1/p' "$file" | head -n 1)
		[ -f "docs/collectors/$name.md" ] || complain "$file: no page 'docs/collectors/$name.md'"
		grep -qlE "\"$name\"|collect_$row\b" tests/test_*.c tests/e2e/*.sh wine-tests/*.sh 2>/dev/null ||
			complain "$file: no test speaks of '$name'"
		[ -f "tests/test_$row.c" ] || complain "$file: no tests/test_$row.c"
	done < <(sed -nE 's/^COLLECTOR\(([a-z_0-9]+)\).*/\1/p' collectors/list.h)
	[ "$rows" -gt 0 ] || complain "collectors/list.h: no row"
	while read -r file; do
		row=$(basename "$file" .c)
		grep -q "^COLLECTOR($row)" collectors/list.h || complain "$file: has no row in collectors/list.h"
	done < <(for file in collectors/*.c; do
		! grep -q "^const struct collector collect_$(basename "$file" .c)\b" "$file" || echo "$file"
	done)
}

# Every parser has a fuzz target with a corpus: formats/x.c fuzz_x, formats/d/x.c fuzz_d, fuzz_d_x or fuzz_x.
check_fuzz() {
	local file target name formats=0
	while read -r file; do
		formats=$((formats + 1))
		name=$(basename "$file" .c)
		grep -lqE "#include \"${file%.c}\.h\"|#include \"$(dirname "$file")/$(basename "$(dirname "$file")")\.h\"" \
			tests/fuzz/fuzz_*.c 2>/dev/null || complain "$file: no fuzz target reads this format"
	done < <(git ls-files --cached --others --exclude-standard -- 'formats/*.c')
	[ "$formats" -gt 0 ] || complain "no formats"
	for target in tests/fuzz/fuzz_*.c; do
		name=$(basename "$target" .c)
		name=${name#fuzz_}
		[ -n "$(find "tests/fuzz/corpus/$name" -type f 2>/dev/null | head -n 1)" ] ||
			complain "$target: tests/fuzz/corpus/$name is empty"
		grep -q LLVMFuzzerTestOneInput "$target" || complain "$target: no LLVMFuzzerTestOneInput"
	done
}

case $check in
sizes | banned | symbols | words | pages | collectors | fuzz) "check_$check" ;;
*)
	echo "usage: tests/house.sh sizes|banned|symbols|words|pages|collectors|fuzz [BUILD]" >&2
	exit 64
	;;
esac
[ "$broken" -eq 0 ] && echo "$check: kept"
exit "$broken"
