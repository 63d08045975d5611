#!/bin/bash
# ls and cat of one entry read the meta volumes and the frames they need, of a bundle of more than 100 GB that is: what is not
# needed is not opened (it has holes here, and would not verify), and of the one volume that is only a few frames are read.
# usage: tests/e2e/lazy.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/lazy.sh BUILD}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need perl strace jq

# usage: traced COMMAND...   runs it; $work/reads: a line "NAME BYTES" for every file of the bundle that was opened
traced() {
	run "$1 $2" 0 strace -f -y -qq -s 0 -e trace=openat,read,pread64,readv,preadv,mmap -o "$work/trace" "$kanshiki" "$@" --keys "$work/keys"
	grep -q . "$work/trace" || skip "strace cannot trace here"
	bundle=$bundle perl -ne 'BEGIN { $in = qr{<\Q$ENV{bundle}\E/([^>/]+)>} }
		if (m{openat\(.* = \d+$in$}) { $bytes{$1} += 0 }
		elsif (m{ (?:read|pread64|readv|preadv)\(\d+$in.* = (\d+)$}) { $bytes{$1} += $2 }
		elsif (m{ mmap\(.*$in}) { $bytes{$1} += 1e15 }
		END { print "$_ $bytes{$_}\n" for sort keys %bytes }' "$work/trace" >"$work/reads"
}

# usage: only WHAT PATTERN   no other volume than those was opened
only() {
	grep -E '\.age ' "$work/reads" | grep -vE "$2" >"$work/more" || true
	[ ! -s "$work/more" ] || complain "$1: opened $(tr '\n' ' ' <"$work/more")"
	grep -qE '^meta\.' "$work/reads" || complain "$1: nothing of meta was read: this test sees nothing"
}

make_big() {
	local name
	run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work" 200 8
	bundle_of "mkbundle" || finish
	run "untouched" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
	"$kanshiki" ls "$bundle" --json --keys "$work/keys" | jq -r 'select(.place.volume == 5) | "\(.path) \(.sha256) \(.size)"' >"$work/fifth"
	read -r path sha256 size < <(sed -n 3p "$work/fifth")
	[ -n "$path" ] || { complain "nothing lies in the fifth volume"; finish; }
	for name in "$bundle"/files.*.age; do
		[ "${name##*/}" = files.005.tar.zst.age ] || truncate -s 14G "$name"
	done
	[ "$(du --apparent-size -s --block-size=1G "$bundle" | cut -f 1)" -ge 100 ] || complain "less than 100 GB"
}

make_work
make_kit
make_big

traced ls "$bundle"
only "ls" '^meta\.'
[ "$(wc -l <"$work/out")" -eq 200 ] || complain "ls: $(wc -l <"$work/out") lines"

traced cat "$bundle" "$path"
only "cat" '^(meta\.|files\.005)'
[ "$(sha256sum <"$work/out" | cut -d ' ' -f 1)" = "$sha256" ] || complain "cat: other bytes"
got=$(awk '$1 == "files.005.tar.zst.age" { print $2 }' "$work/reads")
whole=$(stat -c %s "$bundle/files.005.tar.zst.age")
# The frames that hold it (each at most a MiB and one entry), the header, the seek table, and chunks read from their beginning.
[ "$got" -le $((size + 4 * 1024 * 1024)) ] && [ "$got" -lt $((whole / 2)) ] || complain "cat: $got bytes of $whole read for $size"
echo "cat of $size bytes: $(tr '\n' ';' <"$work/reads")"

# An entry that goes on in the next volume needs that one, too, and says so when it is gone.
last=$(tail -n 1 "$work/fifth" | cut -d ' ' -f 1)
run "cat into a volume that is not there" "0|65" "$kanshiki" cat "$bundle" "$last" --keys "$work/keys"
[ "$code" -eq 0 ] || says "cat into a volume that is not there" "files\.006"
finish
