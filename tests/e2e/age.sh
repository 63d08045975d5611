#!/bin/bash
# Files written by our age decrypt with the stock one, and the other way round, at every size around a chunk; keys made by either
# serve both; a cut file is refused by both.
# usage: tests/e2e/age.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/age.sh BUILD}
. "$(dirname "$0")/../lib.sh"

agetool=$build/tests/agetool
need age age-keygen
make_work
make_kit
age-keygen -o "$work/stock.key" 2>/dev/null
stock=$(age-keygen -y "$work/stock.key")
ours=$(sed -n 's/^# public key: //p' "$work/keys/recipient.key")
[ "$(age-keygen -y "$work/keys/recipient.key")" = "$ours" ] || complain "age-keygen reads another recipient from recipient.key"

checked=0
for size in 0 1 65535 65536 65537 131071 131072 131073 1000000; do
	head -c $size /dev/urandom >"$work/plain"
	"$agetool" encrypt "$stock" "$ours" <"$work/plain" >"$work/ours.age" || complain "encrypt $size"
	age -r "$stock" -r "$ours" <"$work/plain" >"$work/stock.age"
	[ "$(stat -c %s "$work/ours.age")" -eq "$(stat -c %s "$work/stock.age")" ] || complain "$size bytes: another size than age's"
	for key in "$work/stock.key" "$work/keys/recipient.key"; do
		age -d -i "$key" "$work/ours.age" | cmp - "$work/plain" || complain "age cannot read ours of $size bytes"
		"$agetool" decrypt "$key" <"$work/stock.age" | cmp - "$work/plain" || complain "we cannot read age's of $size bytes"
		checked=$((checked + 2))
	done
	for file in ours stock; do
		head -c -1 "$work/$file.age" >"$work/cut.age"
		! age -d -i "$work/stock.key" "$work/cut.age" >/dev/null 2>&1 || complain "age takes a cut file"
		! "$agetool" decrypt "$work/stock.key" <"$work/cut.age" >/dev/null 2>&1 || complain "we take a cut file of $size bytes"
	done
done
age-keygen -o "$work/other.key" 2>/dev/null
! "$agetool" decrypt "$work/other.key" <"$work/stock.age" >"$work/out" 2>"$work/err" || complain "another key opens it"
grep -q "none of the keys" "$work/err" || complain "another key: $(cat "$work/err")"
echo "$checked files crossed"
finish
