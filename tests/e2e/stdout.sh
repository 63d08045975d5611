#!/bin/bash
# Data that cannot go to stdout: closed or full, every command that prints some says so in one line and exits 74; with nobody
# reading on it ends without a word, with 141. Where stdout tells only where the work lies, a collection, that is a gap.
# usage: tests/e2e/stdout.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/stdout.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need python3

# usage: to_nobody COMMAND...   stdout is a pipe whose reader is gone
to_nobody() {
	python3 -c 'import os, subprocess, sys
r, w = os.pipe()
os.close(r)
sys.exit(subprocess.call(sys.argv[1:], stdout=w))' "$@"
}

to_closed() {
	"$@" >&-
}

to_full() {
	"$@" >/dev/full
}

# usage: lost CODE COMMAND...   CODE 74: and nothing else is said
lost() {
	local want=$1 what="${*:2:2}"
	shift
	if [ -w /dev/full ]; then
		run "$what >/dev/full" "$want" to_full "$kanshiki" "$@"
		[ "$(grep -c stdout "$work/err")" -eq 1 ] || complain "$what >/dev/full: $(head -n 3 "$work/err")"
		[ "$want" != 74 ] || says_one_line "$what >/dev/full" 'no space left: cannot write to stdout'
	fi
	run "$what >&-" "$want" to_closed "$kanshiki" "$@"
	[ "$(grep -c stdout "$work/err")" -eq 1 ] || complain "$what >&-: $(head -n 3 "$work/err")"
	[ "$want" != 74 ] || says_one_line "$what >&-" 'cannot write to stdout: it is not open'
}

# usage: gone COMMAND...
gone() {
	run "$1 | (nobody)" 141 to_nobody "$kanshiki" "$@"
	[ ! -s "$work/err" ] || complain "$1 | (nobody): $(head -n 3 "$work/err")"
}

both() {
	lost 74 "$@"
	gone "$@"
}

make_work
have_image
make_kit
mkdir "$work/bundles"
run "collect" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/bundles" --volume "C=$image" --take '**/*.txt'
bundle_of collect || finish
readable=("$bundle" --keys "$work/keys")
both version
both --help
both help
both ls --help
both verify "${readable[@]}"
both verify "${readable[@]}" --json
both ls "${readable[@]}"
both cat "$bundle" meta/collection.json --keys "$work/keys"
both custody "${readable[@]}"
both timeline "$image"
both timeline "${readable[@]}"
lost "74|74" collect --kit "$work/kit" --volume "C=$image" --dry-run
# Nor does a gap hide it.
dry_run=(collect --volume "C=$image" --dry-run --profile none --take nope --take '**')
run "a dry run with a gap" 1 "$kanshiki" "${dry_run[@]}"
lost "74|74" "${dry_run[@]}"
run "a dry run with a gap | (nobody)" 141 to_nobody "$kanshiki" "${dry_run[@]}"
! grep stdout "$work/err" || complain "a dry run with a gap | (nobody): it speaks of stdout"
lost 74 kit list --keys "$work/keys"
gone kit list --keys "$work/keys"
lost "0|1|74" collect --kit "$work/kit" --out "$work/bundles" --volume "C=$image"
# A verdict is not hidden by what stdout does.
size=$(stat -c %s "$bundle/files.001.tar.zst.age")
printf X | dd of="$bundle/files.001.tar.zst.age" bs=1 seek=$((size / 2)) conv=notrunc status=none
run "a tampered bundle to nobody" 65 to_nobody "$kanshiki" verify "${readable[@]}" --json
finish
