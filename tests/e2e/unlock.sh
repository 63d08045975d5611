#!/bin/bash
# Kits are renewed; keys under a passphrase: the seal's, without which a found kit cannot seal, and identities that travel in the
# bundle. Asked on a terminal without echo, or from a file or descriptor; never from elsewhere. Stock openssl and age open the same.
# usage: tests/e2e/unlock.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/unlock.sh BUILD}
. "$(dirname "$0")/../lib.sh"

need openssl age age-keygen python3 jq
make_work
have_image
keys=$work/keys kit=$work/kit
mkdir "$work/out-dir"
collect() { run "$1" "$2" "$kanshiki" collect --kit "$kit" --out "$work/out-dir" --volume "C=$image" --take '/$Boot' "${@:3}"; }
verify() { run "$1" "$2" "$kanshiki" verify "$bundle" "${@:3}"; }
# usage: talk WHAT CODES SECONDS ANSWER... -- COMMAND...   what the terminal showed is in $work/out
talk() { run "$1" "$2" python3 "$tests/talk.py" "${@:3}"; }

# Refused before anything is made.
run "nobody to ask" 64 setsid "$kanshiki" kit new "$kit" --keys "$keys" --seal-passphrase
says_one_line "nobody to ask" "--passphrase-file"
run "too short" 64 "$kanshiki" kit new "$kit" --keys "$keys" --seal-passphrase --passphrase-file <(echo 短い)
says_one_line "too short" "8 characters"
run "too few lines" 65 "$kanshiki" kit new "$kit" --keys "$keys" --unlock soc --unlock court --passphrase-file <(echo only one line)
says_one_line "too few lines" "no further line"
run "a wrong WHO" 64 "$kanshiki" kit new "$kit" --keys "$keys" --unlock ../soc --passphrase-file <(echo long enough)
says_one_line "a wrong WHO" "1 to 32 letters"
run "WHO twice" 64 "$kanshiki" kit new "$kit" --keys "$keys" --unlock a --unlock A --passphrase-file <(echo long enough; echo long enough)
says_one_line "WHO twice" "given twice"
run "too much" 65 "$kanshiki" kit new "$kit" --keys "$keys" --seal-passphrase --passphrase-file <(head -c 5000 /dev/zero)
says_one_line "too much" "more than 4096 bytes"
run "longer than opens" 64 "$kanshiki" kit new "$kit" --keys "$keys" --seal-passphrase --passphrase-file <(printf 'p%.0s' {1..1025})
says_one_line "longer than opens" "a passphrase of 1025 bytes: the seal's key takes 1024 at most"
talk "kit new, interrupted" 1 20 ^C -- "$kanshiki" kit new "$kit" --keys "$keys" --seal-passphrase
[ ! -e "$kit" ] && [ ! -e "$keys" ] || complain "a refusal made something"

# On a terminal, twice, not shown.
secret='correct horse 馬' unlock='battery staple 電池'
age-keygen -o "$work/prosecutor.key" 2>/dev/null
talk "kit new" 0 20 "$secret" "a slip of it" "$secret" "$secret" "$unlock" "$unlock" -- "$kanshiki" kit new "$kit" --keys "$keys" --name Test \
	--seal-passphrase --unlock court --recipient "検察=$(age-keygen -y "$work/prosecutor.key")"
grep -q "are not the same" "$work/out" || complain "a slip was taken: $(cat "$work/out")"
! grep -qE 'horse|staple|slip' "$work/out" || complain "the terminal shows what is typed"
[ -f "$kit/kit.json" ] || finish
! grep -rqE 'horse|staple' "$kit" "$keys" || complain "a passphrase is in a file"
run "stock openssl opens the seal key" 0 openssl pkey -in "$kit/seal.key" -passin "pass:$secret" -noout
run "and not with another" 1 openssl pkey -in "$kit/seal.key" -passin "pass:$unlock" -noout
openssl asn1parse -in "$kit/seal.key" >"$work/asn1"
grep -q ':scrypt' "$work/asn1" && grep -q ':aes-256-cbc' "$work/asn1" || complain "the key is locked in another way"
run "the kit's list" 0 env -C "$kit" sha256sum --strict --quiet -c kit.sha256
grep -q ' unlock.court.age$' "$kit/kit.sha256" || complain "unlock.court.age is not signed"
grep -B1 "$(age-keygen -y "$work/prosecutor.key")" "$kit/recipients.txt" | grep -qx '# 検察' || complain "a recipient is not named"
grep -q 'パスフレーズがかかっています' "$kit/GUIDE.txt" || complain "the guide says nothing"

# collect asks, three times at most; what is made is sealed as by any kit.
talk "collect, wrong" 65 20 wrong1 wrong2 wrong3 -- "$kanshiki" collect --kit "$kit" --out "$work/out-dir" --volume "C=$image" \
	--take '/$Boot' --lang ja --operator x --case y --nonce z
grep -q "封印の鍵のパスフレーズ" "$work/out" || complain "not asked in Japanese: $(cat "$work/out")"
grep -q "パスフレーズを 3 回間違えました" "$work/out" || complain "no end of asking: $(cat "$work/out")"
[ "$(grep -c 'パスフレーズが違います' "$work/out")" -eq 2 ] || complain "a wrong one is not said"
talk "collect, interrupted" 130 20 ^C -- "$kanshiki" collect --kit "$kit" --out "$work/out-dir" --volume "C=$image" --take '/$Boot'
collect "no file" 66 --passphrase-file "$work/nothing"
says_one_line "no file" "nothing"
collect "a wrong file" 65 --passphrase-file <(echo wrong)
says_one_line "a wrong file" "is wrong"
code=0
setsid "$kanshiki" collect --kit "$kit" --out "$work/out-dir" --volume "C=$image" --take '/$Boot' >"$work/out" 2>"$work/err" </dev/null || code=$?
[ "$code" -eq 64 ] || complain "nobody to ask: exit $code"
talk "unattended" 64 20 "$secret" -- "$kanshiki" collect --kit "$kit" --out "$work/out-dir" --volume "C=$image" --take '/$Boot' --unattended
[ -z "$(ls "$work/out-dir")" ] || complain "a kit that was not opened made something"
collect "collect" "0|1" --passphrase-file <(printf '%s\r\n' "$secret")
bundle_of "collect" || finish
verify "verify" 0 --keys "$keys"
grep -qF "検察" "$work/out" || complain "verify does not say to whom: $(cat "$work/out")"
grep -q ' unlock.court.age$' "$bundle/MANIFEST.sha256" || complain "unlock.court.age is not in the MANIFEST"
! grep -rqE 'horse|staple' "$bundle" || complain "a passphrase is in the bundle"

# Who has the passphrase opens it, with us and with stock age; the prosecutor with his key.
locked=$bundle/unlock.court.age
run "cat, passphrase" 0 "$kanshiki" cat "$bundle" 'fs/C/$Boot' --ca "$keys/evidence-ca.pem" --identity "$locked" --passphrase-file <(echo "$unlock")
cp "$work/out" "$work/boot"
cmp -n 512 "$work/boot" "$image" || complain "the passphrase opens something else"
run "cat, his key" 0 "$kanshiki" cat "$bundle" 'fs/C/$Boot' --ca "$keys/evidence-ca.pem" --identity "$work/prosecutor.key"
run "cat, a key from a pipe" 0 "$kanshiki" cat "$bundle" 'fs/C/$Boot' --ca "$keys/evidence-ca.pem" --identity <(cat "$work/prosecutor.key")
run "cat, wrong passphrase" 65 "$kanshiki" cat "$bundle" 'fs/C/$Boot' --ca "$keys/evidence-ca.pem" --identity "$locked" --passphrase-file <(echo wrong)
says_one_line "cat, wrong passphrase" "unlock.court.age.*is wrong"
talk "ls, asked" 0 20 wrong "$unlock" -- "$kanshiki" ls "$bundle" --ca "$keys/evidence-ca.pem" --identity "$locked"
grep -qF 'fs/C/$Boot' "$work/out" || complain "ls, asked: $(cat "$work/out")"
! grep -q staple "$work/out" || complain "ls shows what is typed"
cp "$locked" "$work/identity.age"
talk "stock age" 0 30 "$unlock" -- sh -c "age -d -i '$work/identity.age' '$(ls "$bundle"/meta.001.*)' >'$work/meta' && echo opened"
[ -s "$work/meta" ] || complain "stock age does not open with it: $(cat "$work/out")"
# One that stock age put under a passphrase.
talk "age -p" 0 30 "$unlock" "$unlock" -- sh -c "age -p -o '$work/own.age' '$work/prosecutor.key'"
run "cat, age -p" 0 "$kanshiki" cat "$bundle" 'fs/C/$Boot' --ca "$keys/evidence-ca.pem" --identity "$work/own.age" --passphrase-file <(echo "$unlock")
run "not under a passphrase" 65 "$kanshiki" ls "$bundle" --ca "$keys/evidence-ca.pem" --identity "$(ls "$bundle"/meta.001.*)" --passphrase-file <(echo "$unlock")
says_one_line "not under a passphrase" "not under a passphrase"
cp -r "$bundle" "$work/swapped"
cp "$work/own.age" "$work/swapped/unlock.court.age"
run "verify, swapped" 65 "$kanshiki" verify "$work/swapped" --keys "$keys"
says_one_line "verify, swapped" "unlock.court.age"
cp -r "$kit" "$work/changed"
cp "$work/own.age" "$work/changed/unlock.court.age"
run "collect, swapped" 65 "$kanshiki" collect --kit "$work/changed" --out "$work/out-dir" --volume "C=$image" --passphrase-file <(echo "$secret")
says_one_line "collect, swapped" "'unlock.court.age' is not as the office signed it"

# Renewed: a new key and certificate, all else as it was; the old seals stay good, the list has both.
before=$(openssl x509 -in "$kit/seal.pem" -noout -serial)
cp "$kit/seal.key" "$work/old.key"
cp "$kit/recipients.txt" "$work/recipients.txt"
run "renew, changed" 65 "$kanshiki" kit renew "$work/changed" --keys "$keys" --passphrase-file <(echo "$secret")
says_one_line "renew, changed" "not as the office signed it"
run "other keys" 0 "$kanshiki" kit new "$work/other" --keys "$work/others" --name Test
run "renew, another office" 65 "$kanshiki" kit renew "$kit" --keys "$work/others" --passphrase-file <(echo "$secret")
says_one_line "renew, another office" "another evidence CA"
run "renew, no kit" 66 "$kanshiki" kit renew "$work/nothing" --keys "$keys"
run "renew, locked stays locked" 64 setsid "$kanshiki" kit renew "$kit" --keys "$keys"
says_one_line "renew, locked stays locked" "--passphrase-file"
cmp -s "$kit/seal.key" "$work/old.key" || complain "a refused renewal changed the kit"
run "renew" 0 "$kanshiki" kit renew "$kit" --keys "$keys" --days 10 --passphrase-file <(echo "another secret")
[ "$(cat "$work/out")" = "$kit" ] || complain "renew prints $(cat "$work/out")"
cmp -s "$kit/recipients.txt" "$work/recipients.txt" || complain "renew changed the recipients"
[ "$before" != "$(openssl x509 -in "$kit/seal.pem" -noout -serial)" ] || complain "renew kept the certificate"
run "10 days" 1 openssl x509 -in "$kit/seal.pem" -noout -checkend $((11 * 86400))
[ -z "$(find "$kit" -name '*.new')" ] || complain "renew leaves something behind"
[ "$(stat -c %a "$kit/seal.key")" = 600 ] || complain "the new key is readable by others"
run "the renewed list" 0 env -C "$kit" sha256sum --strict --quiet -c kit.sha256
verify "verify, sealed before" 0 --keys "$keys"
collect "the old passphrase" 65 --passphrase-file <(echo "$secret")
collect "collect, renewed" "0|1" --passphrase-file <(echo "another secret")
old=$bundle
bundle_of "collect, renewed" || finish
verify "verify, sealed after" 0 --keys "$keys"
run "list" 0 "$kanshiki" kit list --keys "$keys"
[ "$(grep -cP '^Test\t.*\tvalid$' "$work/out")" -eq 2 ] || complain "the list has not both: $(cat "$work/out")"
# A kit whose name looks like a renewal's is another one.
run "a like name" 73 "$kanshiki" kit new "$work/like" --keys "$keys" --name "Test~2"
run "a like name, free" 0 "$kanshiki" kit new "$work/like" --keys "$keys" --name "Test~3"
run "renew again" 0 "$kanshiki" kit renew "$kit" --keys "$keys" --passphrase-file <(echo "third secret")
run "revoke" 0 "$kanshiki" kit revoke Test --keys "$keys" --since "$(date -u -d '12 hours ago' +%FT%TZ)"
run "list, revoked" 0 "$kanshiki" kit list --keys "$keys"
[ "$(grep -cP '^Test\t.*\trevoked ' "$work/out")" -eq 3 ] || complain "not all are revoked: $(cat "$work/out")"
grep -qP '^Test~3\t.*\tvalid$' "$work/out" || complain "another kit was revoked: $(cat "$work/out")"
for each in "$old" "$bundle"; do
	run "verify, revoked" 65 "$kanshiki" verify "$each" --keys "$keys"
	says_one_line "verify, revoked" "was revoked"
done
run "renew, revoked" 65 "$kanshiki" kit renew "$kit" --keys "$keys" --passphrase-file <(echo "third secret")
says_one_line "renew, revoked" "was revoked"
finish
