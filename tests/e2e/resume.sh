#!/bin/bash
# collect --resume with the shipped program: killed at some moments it goes on to the content of a run that
# nobody disturbed; what must not be gone on with is refused in one line.
# usage: tests/e2e/resume.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/resume.sh BUILD}
. "$(dirname "$0")/../lib.sh"
. "$tests/kill_lib.sh"

# From another directory than the first run's, and by nothing but the kit unless more is given.
resume() {
	run "$1" "$2" env -C / "$kanshiki" collect --kit "$work/kit" --resume "$bundle" "${@:3}"
}

# usage: content BUNDLE NAME   rows without their places and when they were put there, and sums of what was extracted
content() {
	rm -rf "$work/extracted"
	run "$2: verify" 0 "$kanshiki" verify "$1" --keys "$work/keys"
	run "$2: extract" 0 "$kanshiki" extract "$1" -C "$work/extracted" --keys "$work/keys"
	"$kanshiki" ls "$1" --all --json --keys "$work/keys" 2>/dev/null | jq -cS 'del(.place, .stored_at, .continued)' | sort >"$work/$2.rows"
	(cd "$work/extracted" && find fs deleted -type f -print0 | sort -z | xargs -0 sha256sum) >"$work/$2.sums"
}

same() {
	cmp -s "$work/want.rows" "$work/got.rows" || complain "$1: other rows: $(diff "$work/want.rows" "$work/got.rows" | head -n 2)"
	cmp -s "$work/want.sums" "$work/got.sums" || complain "$1: another content"
}

killed() {
	kill_under_way "$1" env -C "${image%/*}" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" \
		--volume "C=${image##*/}" --take '**' "${@:2}"
}

# usage: differs WHAT OPTION...   the last is named
differs() {
	resume "another --$1" 64 "${@:2}"
	says_one_line "another --$1" "--$1 was another, or none, when it was begun: leave it out"
}

make_work
need jq python3 age openssl
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
	differs take --take '*.txt'
	differs take --take '**' --take '*.txt'
	resume "resume $moment s after the first seal" "0|1"
	says "resume" "what was sealed before the interruption stays"
	says "resume" "As asked for when it was begun: --volume C=$image --profile default --take '\*\*' --public names"
	[ "$(tail -n 1 "$work/out")" = "$bundle" ] || complain "resume: stdout's last line is not the bundle"
	content "$bundle" got
	same "$moment s after the first seal"
	run "the second reader" 0 python3 "$tests/interop/reader.py" verify "$bundle" --ca "$work/keys/evidence-ca.pem" --identity "$work/keys/recipient.key"
	grep -q 'Resumed: begun, run, kept: .*; 2;' "$bundle/CUSTODY.txt" || complain "the custody sheet does not say so"
	"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" | jq -e '.resumed.run == 2' >/dev/null || complain "collection.json: no resumed"
done
[ "$tried" -gt 0 ] || complain "no kill hit a run under way"
# A run that has not ended is not gone on with, nor called interrupted.
mkdir "$work/held"
"$kanshiki" collect --kit "$work/kit" --out "$work/held" --volume "C=$image" --take '**' >/dev/null 2>&1 </dev/null &
pid=$!
while kill -0 "$pid" 2>/dev/null && [ -z "$(find "$work/held" -name MANIFEST.p7s)" ]; do sleep 0.005; done
kill -STOP "$pid"
bundle=$(find "$work/held" -mindepth 1 -maxdepth 1)
if grep -q '^# status: in-progress' "$bundle/MANIFEST.sha256"; then
	resume "a run under way" 73
	says_one_line "a run under way" "another run is writing to it"
	run "beside a run under way" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/held" --volume "C=$image" --profile none --take nothing
	! grep -q -e --resume "$work/err" || complain "a run under way is called interrupted"
	kill -9 "$pid"
	wait "$pid" || true
	resume "a run under way, killed" "0|1"
else
	echo "the run was over before it could be stopped: not tried"
	kill -CONT "$pid"
	wait "$pid" || true
fi
# Who does not know what to type types the same again, and is told.
for _ in $(seq 10); do ! killed 0 || break; done
begun=$bundle
run "the same again" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '**' --case 'a case'
line=$(grep -m 1 -e " --resume [^ ]*${begun##*/}\$" "$work/err" || true)
[ -n "$line" ] || complain "the same again: nothing tells how to go on"
resume "its own case" 64 --case other
says_one_line "its own case" "its case is 'nocase'"
run "as it was told" "0|1" bash -c "$line"
content "$begun" got
same "as it was told"
run "nothing to go on with" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '$Boot'
! grep -q -e '--resume' "$work/err" || complain "a whole bundle is told of"
bundle=$begun
resume "complete" 73
says_one_line "complete" "nothing to go on with"
# What was asked for, all of it; typed again it may be, otherwise not. Nobody's name comes out who asked for that.
for _ in $(seq 10); do ! killed 0 --public ids --nonce D-7 --deleted list --shadow none --no-live || break; done
for other in '--deleted none' '--deleted-cap 5' '--shadow all' '--profile none' '--public names' '--nonce D-8'; do
	# shellcheck disable=SC2086
	differs "$(cut -d ' ' -f 1 <<<"${other#--}")" $other
done
run "another volume" 64 "$kanshiki" collect --kit "$work/kit" --resume "$bundle" --volume "D=$image"
says_one_line "another volume" "begun with other volumes"
cp "$kanshiki" "$work/kit/"
run "the kit beside the program" "0|1" "$work/kit/kanshiki" collect --resume "$bundle" --volume "C=$image" --no-live --deleted list --take '**'
rm "$work/kit/kanshiki"
"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" >"$work/facts"
jq -e '.public == "ids" and .dispatch.nonce == "D-7"' "$work/facts" >/dev/null || complain "public or nonce were forgotten"
grep -q D-7 "$bundle/CUSTODY.txt" || complain "the sheet has no number of the order"
! grep -qF "$(jq -r .target.hostname "$work/facts")" "$bundle/CUSTODY.txt" || complain "the sheet outside names the PC"
# A number of the order that a form left blank, or that is longer than one may be typed, is in the facts and does not stop it.
for nonce in '' "$(printf 'n%.0s' {1..1200})"; do
	jq -n --arg nonce "$nonce" '{dispatch: {nonce: $nonce}}' >"$work/facts.json"
	for _ in $(seq 10); do ! killed 0 --facts "$work/facts.json" || break; done
	resume "a nonce of ${#nonce} bytes" "0|1"
	"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" | jq -e --arg nonce "$nonce" '(.dispatch.nonce // "") == $nonce' >/dev/null ||
		complain "a nonce of ${#nonce} bytes: it was forgotten"
done
for _ in $(seq 10); do ! killed 0 || break; done
run "from within" "0|1" env -C "$bundle" "$kanshiki" collect --kit "$work/kit" --resume .
[ "$(tail -n 1 "$work/out")" = "$(realpath "$bundle")" ] || complain "from within: stdout's last line is not the bundle"
grep -q "Directory: ${bundle##*/}\$" "$bundle/CUSTODY.txt" || complain "from within: $(grep Directory: "$bundle/CUSTODY.txt")"
run "no kit at all" 64 "$kanshiki" collect --resume "$bundle"
says_one_line "no kit at all" "--kit DIR is needed"
# The lines that the pages print, each on a bundle that was interrupted.
said=0
while IFS= read -r line <&3; do
	said=$((said + 1))
	for _ in $(seq 10); do ! killed 0 || break; done
	line=${line//BUNDLE/$bundle}
	run "$line" "0|1" bash -c "\"$kanshiki\"$(sed -E "s#^kanshiki##; s#--kit KIT#--kit $work/kit#" <<<"$line")"
	run "$line: verify" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
done 3< <(grep -hoE 'kanshiki collect [^`]*--resume [^`]*' "$tests"/../README.md "$tests"/../docs/*.md | sort -u)
[ "$said" -ge 2 ] || complain "the pages print $said lines with --resume"
for _ in $(seq 10); do ! killed 0 || break; done
printf x >>"$bundle/chain.pem"
resume "changed" 65
says_one_line "changed" "chain.pem.*not as it was sealed"
run "another kit" 0 "$kanshiki" kit new "$work/kit2" --keys "$work/keys2" --name Other
run "another kit" 65 "$kanshiki" collect --kit "$work/kit2" --resume "$bundle"
says_one_line "another kit" "another kit"
run "kit renew" 0 "$kanshiki" kit renew "$work/kit" --keys "$work/keys"
resume "a renewed kit" 65
says_one_line "a renewed kit" "before this kit was renewed: only the kit as it was then"
run "another of its name" 0 "$kanshiki" kit new "$work/kit3" --keys "$work/keys3" --name Test
run "another of its name" 65 "$kanshiki" collect --kit "$work/kit3" --resume "$bundle"
says_one_line "another of its name" "another kit"
echo "$tried runs killed and gone on with"
finish
