#!/bin/bash
# What the fixture writers write is what other people's readers read: hivexsh and libregf, libevtx, libscca, sqlite3.
# usage: tests/fixtures.sh BUILD
set -euo pipefail
export LC_ALL=C.UTF-8
build=${1:?usage: tests/fixtures.sh BUILD}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
broken=0

complain() {
	echo "$*"
	broken=1
}

# usage: expect WHAT TEXT COMMAND...   the command succeeds and prints the text
expect() {
	local what=$1 text=$2 got
	shift 2
	got=$("$@" 2>&1) || complain "$what: '$1' fails: $got"
	grep -qF -- "$text" <<<"$got" || complain "$what: '$1' does not tell '$text'"
}

for tool in hivexsh regfexport evtxexport sccainfo sqlite3; do
	command -v "$tool" >/dev/null || {
		echo "skipped: fixtures against other readers ($tool is not installed)"
		exit 77
	}
done
"$build/tests/mkfixtures" "$dir"
cd "$dir"
config=Windows/System32/config
printf 'cd \\ControlSet001\\Control\\ComputerName\\ComputerName\nlsval ComputerName\n' >"$dir/script"
expect SYSTEM KANSHIKI-PC1 hivexsh -f "$dir/script" $config/SYSTEM
printf 'cd \\株式会社見本\\設定\nlsval\n' >"$dir/script"
expect SOFTWARE 値 hivexsh -f "$dir/script" $config/SOFTWARE
expect SOFTWARE "Windows 10 Pro" regfexport $config/SOFTWARE
while read -r file; do
	expect "$file" "Key path: ROOT" regfexport "$file"
	! regfinfo "$file" | grep -i corrupt || complain "$file: libregf says it is corrupt"
done < <(find . -name 'NTUSER.DAT' -o -name '*.dat' -o -name '*.hve' -o -path "./$config/*" -type f ! -name '*.LOG*')
while read -r file; do
	expect "$file" "花子がログオンしました" evtxexport "$file"
	[ "$(evtxexport "$file" | grep -c '^Event number')" = 20 ] || complain "$file: not 20 records"
	expect "$file" "Number of recovered records	: 0" evtxinfo "$file"
done < <(find . -name '*.evtx')
expect prefetch "クリーナー.EXE" sccainfo Windows/Prefetch/クリーナー.EXE-12AB34CD.pf
expect prefetch "Run count			: 104" sccainfo Windows/Prefetch/クリーナー.EXE-12AB34CD.pf
while read -r file; do
	expect "$file" ok sqlite3 "$file" 'PRAGMA integrity_check'
done < <(find . -name History -o -name '*.sqlite' -o -name Cookies)
[ "$broken" -eq 0 ] && echo "fixtures: read by all"
exit "$broken"
