#!/bin/bash
# Facts asked on a terminal: what is left open, once, and never where nobody sits.
# usage: tests/e2e/ask.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/ask.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq python3

# usage: talk WHAT CODES ANSWER... -- OPTION...   collects; what the terminal showed in $work/screen
talk() {
	local what=$1 codes=$2 answers=()
	shift 2
	while [ "$1" != -- ]; do
		answers+=("$1")
		shift
	done
	shift
	run "$what" "$codes" python3 "$tests/talk.py" 60 "${answers[@]}" -- "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" \
		--volume "C=$image" --profile none --take 'c:\programdata\CLEANER.exe' --no-read-back "$@"
	tr -d '\r' <"$work/out" >"$work/screen"
	tail -n 1 "$work/screen" >"$work/out"
}

shows() { grep -qF -- "$2" "$work/screen" || complain "$1: '$2' is not on the screen"; }
shows_not() { ! grep -qF -- "$2" "$work/screen" || complain "$1: '$2' is on the screen"; }

# usage: facts WHAT EXPECTED   case, nonce, operator's name and organization, witness, consent, place
facts() {
	local found
	bundle_of "$1" || return 0
	"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" >"$work/collection.json"
	found=$(jq -r '[.case_id, .dispatch.nonce, .operator.name, .operator.org, .witness.name, .authority.basis, .location.address] | map(. // "-") | join("|")' "$work/collection.json")
	[ "$found" = "$2" ] || complain "$1: '$found', not '$2'"
}

all_answers() {
	talk "all" 0 'C-5' ' n-1 ' '田中 太郎' '' '鈴木' '社長 "山田"、書面' '大阪' '25:00' "$(date -d '-100 seconds' +%H:%M:%S)" -- --lang ja
	facts "all" 'C-5|n-1|田中 太郎|-|鈴木|社長 "山田"、書面|大阪'
	shows "all" '事案番号: C-5'
	shows "all" '時刻として読めません'
	[[ $(basename "$bundle") == C-5_* ]] || complain "all: the directory has no case number"
	[ "$(jq '.clock.offset_ms | 95000 < . and . < 115000' "$work/collection.json")" = true ] ||
		complain "all: offset $(jq .clock.offset_ms "$work/collection.json")"
}

what_is_given() {
	echo '{"operator":{"name":"of the file"},"location":{"address":"here"}}' >"$work/facts.json"
	talk "given" 0 'Org' '' '' '' -- --facts "$work/facts.json" --case C-6 --nonce n-6
	facts "given" 'C-6|n-6|of the file|Org|-|-|here'
	shows_not "given" 'Case number'
	shows_not "given" 'Your name'
	shows "given" 'Witness (name): '
	[ "$(jq .clock.offset_ms "$work/collection.json")" = null ] || complain "given: an offset without a time"
}

# What a form leaves blank is open; of several people in the facts none is lost by an answer.
blanks_and_lists() {
	echo '{"dispatch":{"nonce":""},"operator":[{"name":"Sato"},{"name":"Suzuki"}],"witness":{"name":"w"},
		"authority":{"basis":"b"},"location":{"address":"here"},"clock":{"reference":""}}' >"$work/facts.json"
	talk "blanks" 0 'n-7' 'ACME' '' -- --facts "$work/facts.json" --case C-7
	shows "blanks" 'Number that came with the order: '
	shows "blanks" 'Time now by a right clock'
	shows_not "blanks" 'Your name'
	bundle_of "blanks" || return 0
	"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" >"$work/collection.json"
	jq -e '.dispatch.nonce == "n-7" and .operator == [{"name": "Sato", "org": "ACME"}, {"name": "Suzuki"}]' "$work/collection.json" >"$work/jq" ||
		complain "blanks: $(jq -c '[.dispatch, .operator]' "$work/collection.json")"
}

nobody_sits() {
	local option
	for option in --unattended --json; do
		talk "$option" 0 -- "$option"
		shows_not "$option" 'Some questions'
	done
	run "dry run" 0 python3 "$tests/talk.py" 60 -- "$kanshiki" collect --dry-run --volume "C=$image" --profile none --take 'c:\programdata\CLEANER.exe'
	! grep -q 'Some questions' "$work/out" || complain "dry run: it asked"
	run "no terminal" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --profile none --take 'c:\programdata\CLEANER.exe'
	! grep -q 'Some questions' "$work/err" || complain "no terminal: it asked"
}

ends_early() {
	talk "end of input" 0 'C-7' '^D' --
	facts "end of input" 'C-7|-|-|-|-|-|-'
	rm -rf "$work/out-dir"
	talk "interrupted" 130 'C-8' '^C' --
	shows "interrupted" 'kanshiki: stopped: no answer was given'
	[ ! -d "$work/out-dir" ] || complain "interrupted: something was made"
	run "a locked kit" 0 "$kanshiki" kit new "$work/locked" --keys "$work/keys" --name Locked --seal-passphrase \
		--passphrase-file <(echo 'a long passphrase')
	talk "interrupted at the passphrase" 130 '^C' -- --kit "$work/locked"
	shows "interrupted at the passphrase" 'no passphrase was given'
	[ ! -d "$work/out-dir" ] || complain "interrupted at the passphrase: something was made"
	talk "too long" 0 "$(printf 'x%.0s' $(seq 1200))" 'C-9' '^D' --
	facts "too long" 'C-9|-|-|-|-|-|-'
	shows "too long" 'That is too long'
}

make_work
have_image
make_kit
all_answers
what_is_given
blanks_and_lists
nobody_sits
ends_early
finish
