#!/bin/bash
# collect --resume with the shipped program: killed at some moments it goes on to the content of a run that
# nobody disturbed; what must not be gone on with is refused in one line.
# usage: tests/e2e/resume.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/resume.sh BUILD}
. "$(dirname "$0")/../lib.sh"
. "$tests/kill_lib.sh"

resume() {
	run "$1" "$2" "$kanshiki" collect --kit "$work/kit" --resume "$bundle" --volume "C=$image" "${@:3}"
}

# usage: content BUNDLE NAME   rows without their places, and sums of what was extracted
content() {
	rm -rf "$work/extracted"
	run "$2: verify" 0 "$kanshiki" verify "$1" --keys "$work/keys"
	run "$2: extract" 0 "$kanshiki" extract "$1" -C "$work/extracted" --keys "$work/keys"
	"$kanshiki" ls "$1" --all --json --keys "$work/keys" 2>/dev/null | jq -cS 'del(.place)' | sort >"$work/$2.rows"
	(cd "$work/extracted" && find fs deleted -type f -print0 | sort -z | xargs -0 sha256sum) >"$work/$2.sums"
}

same() {
	cmp -s "$work/want.rows" "$work/got.rows" || complain "$1: other rows: $(diff "$work/want.rows" "$work/got.rows" | head -n 2)"
	cmp -s "$work/want.sums" "$work/got.sums" || complain "$1: another content"
}

killed() { kill_under_way "$1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '**'; }

make_work
need jq
have_image
make_kit
mkdir "$work/first"
run "collect" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/first" --volume "C=$image" --take '**'
bundle_of "collect" || finish
content "$bundle" want
tried=0
for moment in 0 0.02 0.05 0.1 0.2; do
	killed "$moment" || continue
	tried=$((tried + 1))
	resume "another request" 64 --take '*.txt'
	says_one_line "another request" "something else was asked for"
	resume "resume $moment s after the first seal" "0|1" --take '**'
	says "resume" "were sealed before the interruption"
	[ "$(tail -n 1 "$work/out")" = "$bundle" ] || complain "resume: stdout's last line is not the bundle"
	content "$bundle" got
	same "$moment s after the first seal"
	grep -q 'Resumed: begun, run, kept: .*; 2;' "$bundle/CUSTODY.txt" || complain "the custody sheet does not say so"
	"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" | jq -e '.resumed.run == 2' >/dev/null || complain "collection.json: no resumed"
done
[ "$tried" -gt 0 ] || complain "no kill hit a run under way"
# Who does not know what to type types the same again, and is told.
for _ in $(seq 10); do ! killed 0 || break; done
begun=$bundle
run "the same again" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '**' --case 'a case'
line=$(grep -m 1 -e " --resume [^ ]*${begun##*/} " "$work/err" || true)
[ -n "$line" ] || complain "the same again: nothing tells how to go on"
resume "its own case" 64 --take '**' --case other
says_one_line "its own case" "its case is 'nocase'"
run "as it was told" "0|1" bash -c "$line"
content "$begun" got
same "as it was told"
run "nothing to go on with" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '$Boot'
! grep -q -e '--resume' "$work/err" || complain "a whole bundle is told of"
bundle=$begun
resume "complete" 73 --take '**'
says_one_line "complete" "nothing to go on with"
for _ in $(seq 10); do ! killed 0 || break; done
printf x >>"$bundle/chain.pem"
resume "changed" 65 --take '**'
says_one_line "changed" "chain.pem.*not as it was sealed"
run "another kit" 0 "$kanshiki" kit new "$work/kit2" --keys "$work/keys2" --name Other
run "another kit" 65 "$kanshiki" collect --kit "$work/kit2" --resume "$bundle" --volume "C=$image" --take '**'
says_one_line "another kit" "another kit"
run "kit renew" 0 "$kanshiki" kit renew "$work/kit" --keys "$work/keys"
resume "a renewed kit" 65 --take '**'
says_one_line "a renewed kit" "before this kit was renewed: only the kit as it was then"
run "another of its name" 0 "$kanshiki" kit new "$work/kit3" --keys "$work/keys3" --name Test
run "another of its name" 65 "$kanshiki" collect --kit "$work/kit3" --resume "$bundle" --volume "C=$image" --take '**'
says_one_line "another of its name" "another kit"
echo "$tried runs killed and gone on with"
finish
