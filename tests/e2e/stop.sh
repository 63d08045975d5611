#!/bin/bash
# Ctrl-C, SIGTERM, SIGHUP: what is taken is sealed, exit 1, says so and how to go on; who types that gets everything, once.
# usage: tests/e2e/stop.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/stop.sh BUILD}
. "$(dirname "$0")/../lib.sh"

# usage: stop_with SIGNAL
stop_with() {
	local pid code=0
	rm -rf "$work/out-dir"
	mkdir "$work/out-dir"
	(
		trap - INT # what bash ignores for background jobs, the program would ignore too
		exec perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$kanshiki" collect --kit "$work/kit" \
			--out "$work/out-dir" --volume "C=$work/big.img" --take '**'
	) >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	for _ in $(seq 500); do
		[ -z "$(find "$work/out-dir" -name 'files.*')" ] || break
		sleep 0.01
	done
	kill "-$1" "$pid"
	wait "$pid" || code=$?
	[ "$code" -eq 1 ] || complain "$1: exit $code, not 1: $(tail -n 2 "$work/err")"
	says "$1" "^Stopped"
	cp "$work/err" "$work/err.stopped"
	bundle_of "$1" || return 0
	intact "$1" "$bundle" "0|1"
	! compgen -G "$bundle/*.part" >/dev/null || complain "$1: a .part is left"
	right_or_said "$1" "$bundle" "$work/big.img.json"
	"$kanshiki" cat "$bundle" meta/receipt.json --keys "$work/keys" | jq -e '.totals | .stopped and (has("broken") | not)' >"$work/jq" ||
		complain "$1: the receipt does not say that it was stopped"
	"$kanshiki" cat "$bundle" meta/receipt.json --keys "$work/keys" |
		jq -e '[.totals, .kinds[], .kinds[].collectors[]] | all(.expected == .taken + .partial + .skipped + .failed)' >"$work/jq" ||
		complain "$1: the numbers of the receipt do not add up"
	"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" | jq -e '.verify.read_back == "stopped"' >"$work/jq" ||
		complain "$1: something is said to have been read back: $(cat "$work/jq")"
	! grep -q 'Read-back: .*pass' "$bundle/CUSTODY.txt" || complain "$1: the sheet says that it was read back"
	grep -q '^# status: in-progress' "$bundle/MANIFEST.sha256" || complain "$1: the MANIFEST says complete"
	gone_on_with "$1"
}

# usage: rows BUNDLE   what tells two bundles of one image apart, but for the times
rows() { "$kanshiki" ls "$1" --all --json --keys "$work/keys" 2>/dev/null | jq -r '[.path, .status, .sha256] | join("\t")' | sort; }

# usage: gone_on_with WHAT   as the program says it is to be typed
gone_on_with() {
	local command
	command=$(sed -n '/^  .* collect .*--resume /{s/^ *//p;q}' "$work/err.stopped")
	[ -n "$command" ] || { complain "$1: says not how to go on"; return 0; }
	run "$1: goes on" 0 bash -c "$command"
	bundle_of "$1: goes on" || return 0
	intact "$1: goes on" "$bundle" 0
	perl "$tests/compare_tree.pl" "$work/big.img.json" "$work/extracted/fs/C" all >"$work/compared" ||
		complain "$1: gone on with: $(head -n 3 "$work/compared")"
	rows "$bundle" >"$work/rows"
	cmp -s "$work/rows" "$work/rows.whole" || complain "$1: gone on with: $(diff "$work/rows" "$work/rows.whole" | head -n 3)"
}

make_work
need jq
KANSHIKI_BULK=200 KANSHIKI_BUILD=$build "$tests/make-image.sh" "$work/big.img" 320M >"$work/image.log" 2>&1 ||
	{ cat "$work/image.log"; exit 77; }
make_kit
run "undisturbed" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/whole" --volume "C=$work/big.img" --take '**'
rows "$(echo "$work"/whole/*)" >"$work/rows.whole"
[ -s "$work/rows.whole" ] || complain "undisturbed: no rows"
stop_with INT
stop_with TERM
stop_with HUP
finish
