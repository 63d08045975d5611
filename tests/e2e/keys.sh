#!/bin/bash
# Keys over the years: kits are listed and revoked, bundles stamped (the authority is stock openssl ts) and countersigned.
# usage: tests/e2e/keys.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/keys.sh BUILD}
. "$(dirname "$0")/../lib.sh"

verify() { run "$1" "$2" "$kanshiki" verify "$bundle" "${@:3}"; }

need openssl jq python3
make_work
keys=$work/keys
make_kit
have_image
mkdir "$work/out-dir"
run "collect" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '/$Boot'
bundle_of "collect" || finish
verify "verify" 0 --keys "$keys"

# Kits: listed, revoked, and the list is one that stock openssl takes.
run "kit list" 0 "$kanshiki" kit list --keys "$keys"
serial=$(openssl x509 -in "$work/kit/seal.pem" -noout -serial)
until=$(date -u -d "$(openssl x509 -in "$work/kit/seal.pem" -noout -enddate | cut -d= -f2)" +%F)
from=$(date -u -d "$(openssl x509 -in "$work/kit/seal.pem" -noout -startdate | cut -d= -f2)" +%F)
made=$(jq -r '.created[:10]' "$work/kit/kit.json") # its certificate is valid from the day before
printf 'Test\t%s\t%s\t%s\tvalid\n' "${serial#*=}" "$made" "$until" | cmp -s - "$work/out" || complain "kit list: $(cat "$work/out")"
run "kit list, on a screen" 0 python3 "$tests/talk.py" 60 -- "$kanshiki" kit list --keys "$keys" --lang ja
grep -qP '^名前\tシリアル番号\t作成日\t期限\t状態\r$' "$work/out" || complain "kit list, on a screen: no heading: $(cat "$work/out")"
grep -qP "^Test\t.*\t$made\t$until\t有効\r$" "$work/out" || complain "kit list, on a screen: $(cat "$work/out")"
run "no such kit" 66 "$kanshiki" kit revoke Other --keys "$keys"
says_one_line "no such kit" "no kit 'Other' was issued from here"
run "no such kit, Japanese" 66 "$kanshiki" kit revoke Other --keys "$keys" --lang ja
says_one_line "no such kit, Japanese" "見つかりません"
run "no keys" 66 "$kanshiki" kit list --keys "$work/nothing"
says_one_line "no keys" "no such directory of keys"
run "a wrong time" 64 "$kanshiki" kit revoke Test --keys "$keys" --since yesterday
says_one_line "a wrong time" "--since: 'yesterday' is not a time like"
run "a wrong option" 64 "$kanshiki" kit list --keys "$keys" --name x
says_one_line "a wrong option" "does not take"
[ ! -e "$keys/evidence-ca.crl" ] || complain "refusals made a revocation list"
run "a second kit" 0 "$kanshiki" kit new "$work/kit2" --keys "$keys" --name 班4
# What a mistyped year would do: a lost kit believed for years, or a date that no list can hold.
for since in 2099-01-01 +060000-01-01 "$(date -u -d '1 hour' +%FT%TZ)"; do
	run "--since $since" 64 "$kanshiki" kit revoke 班4 --keys "$keys" --since "$since"
	says_one_line "--since $since" "--since has not come yet"
done
for since in 1800-01-01 1970-01-01 "$(date -u -d '3 days ago' +%F)"; do
	run "--since $since" 64 "$kanshiki" kit revoke 班4 --keys "$keys" --since "$since"
	says_one_line "--since $since" "--since is before $from \(UTC\), the first day of the kit"
done
[ ! -e "$keys/evidence-ca.crl" ] || complain "refused dates made a revocation list"
since=$(date -u -d '12 hours ago' +%FT%TZ)
run "revoke the second" 0 "$kanshiki" kit revoke 班4 --keys "$keys" --since "$since"
verify "verify, another kit revoked" 0 --keys "$keys"
! grep -qF "judged at" "$work/out" || complain "a good certificate is said to be over"
cp "$keys/evidence-ca.crl" "$work/first.crl"
before=$(date -u -d '10 seconds ago' +%FT%TZ)
run "revoke" 0 "$kanshiki" kit revoke Test --keys "$keys"
run "revoke again" 73 "$kanshiki" kit revoke Test --keys "$keys"
says_one_line "revoke again" "revoked before"
verify "verify, revoked" 65 --keys "$keys"
says_one_line "verify, revoked" "'MANIFEST.p7s' over 'MANIFEST.sha256': the seal certificate was revoked from 20.*Z on; .* --at TIME"
verify "verify, revoked, Japanese" 65 --keys "$keys" --lang ja
says_one_line "verify, revoked, Japanese" "信頼できません"
verify "verify, proven before" 0 --keys "$keys" --at "$before"
grep -qF "judged at ${before%Z}Z, which is before it" "$work/out" || complain "verify does not say when it was judged: $(cat "$work/out")"
grep -qF "revoked from 20" "$work/out" || complain "verify does not say that the kit was revoked"
grep -qF "judged at ${before%Z}Z because --at says so" "$work/out" || complain "verify does not say who says when"
verify "verify, by the clock of Tokyo" 0 --keys "$keys" --at "$(TZ=Asia/Tokyo date -d "$before" +%FT%T%:z)"
grep -qF "judged at ${before%Z}Z because --at says so" "$work/out" || complain "--at with a zone: $(cat "$work/out")"
run "ls, revoked" 65 "$kanshiki" ls "$bundle" --keys "$keys"
says_one_line "ls, revoked" "revoked"
run "kit list, revoked" 0 "$kanshiki" kit list --keys "$keys"
grep -qP '^Test\t.*\trevoked 20' "$work/out" || complain "kit list, revoked: $(cat "$work/out")"
grep -qP "^班4\t.*\trevoked $since\$" "$work/out" || complain "kit list, --since: $(cat "$work/out")"
run "openssl crl" 0 openssl crl -in "$keys/evidence-ca.crl" -CAfile "$keys/evidence-ca.pem" -noout -text
[ "$(grep -c 'Serial Number:' "$work/out")" -eq 2 ] || complain "not two kits on the list"
grep -A1 'CRL Number' "$work/out" | grep -qx ' *2' || complain "the list's number is not 2"
run "openssl verify, revoked" 2 openssl verify -crl_check -CAfile "$keys/evidence-ca.pem" -CRLfile "$keys/evidence-ca.crl" "$work/kit/seal.pem"
says "openssl verify, revoked" "certificate revoked"
run "openssl verify, not revoked" 0 openssl verify -crl_check -CAfile "$keys/evidence-ca.pem" -CRLfile "$work/first.crl" "$work/kit/seal.pem"

# Whose a certificate is, it says itself: a name that is only a file's is no kit's, and a gap in the numbers ends nothing.
other=$work/named
run "kit r1" 0 "$kanshiki" kit new "$work/r1" --keys "$other" --name r1
run "kit a/b" 0 "$kanshiki" kit new "$work/ab" --keys "$other" --name a/b
for i in 2 3; do run "renew r1" 0 "$kanshiki" kit renew "$work/r1" --keys "$other"; done
for name in 'r1~2' a_b; do
	run "revoke $name" 66 "$kanshiki" kit revoke "$name" --keys "$other"
	says_one_line "revoke $name" "no kit '$name' was issued from here"
done
[ ! -e "$other/evidence-ca.crl" ] || complain "names of files made a revocation list"
cp "$other/kits/r1~2.pem" "$work/kept.pem"
rm "$other/kits/r1~2.pem"
echo junk >"$other/kits/r1~5.pem"
run "revoke, a damaged record" 65 "$kanshiki" kit revoke r1 --keys "$other"
says_one_line "revoke, a damaged record" "'kits/r1~5.pem'"
rm "$other/kits/r1~5.pem"
run "revoke, a gap" 0 "$kanshiki" kit revoke r1 --keys "$other"
cp "$work/kept.pem" "$other/kits/r1~2.pem"
run "revoke, the gap filled" 0 "$kanshiki" kit revoke r1 --keys "$other"
run "revoke a/b" 0 "$kanshiki" kit revoke a/b --keys "$other"
run "list of names" 0 "$kanshiki" kit list --keys "$other"
[ "$(grep -c '^r1	.*	revoked ' "$work/out") $(grep -c '^a/b	.*	revoked ' "$work/out")" = "3 1" ] || complain "not every certificate of a name: $(cat "$work/out")"
rm -rf "$other"

# A list by someone else, or broken, is no list.
cp -r "$keys" "$work/other"
echo junk >"$work/other/evidence-ca.crl"
verify "a broken list" 65 --keys "$work/other"
says_one_line "a broken list" "not a CRL"
run "revoke over a broken list" 65 "$kanshiki" kit revoke Test --keys "$work/other"
says_one_line "revoke over a broken list" "not a CRL"
# Whoever cuts the list, or the list behind another CA's, un-revokes kits: never silently.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/else.key" -out "$work/else.pem" -days 9 -subj "/CN=Else" 2>/dev/null
: >"$work/index"
echo 01 >"$work/number"
printf '%s\n' '[ca]' default_ca=c '[c]' "database=$work/index" default_md=sha256 default_crl_days=30 "crlnumber=$work/number" >"$work/ca.cnf"
run "another CA's list" 0 openssl ca -gencrl -config "$work/ca.cnf" -cert "$work/else.pem" -keyfile "$work/else.key" -out "$work/else.crl"
cat "$work/else.crl" "$keys/evidence-ca.crl" >"$work/two.crl"
cp "$work/two.crl" "$work/other/evidence-ca.crl"
verify "revoked in the second list" 65 --keys "$work/other"
says_one_line "revoked in the second list" "was revoked from 20"
run "revoke, two lists" 65 "$kanshiki" kit revoke Test --keys "$work/other"
says_one_line "revoke, two lists" "more than one revocation list"
for cut in 1 2 30 200; do
	head -c "-$((cut + 1))" "$work/two.crl" >"$work/other/evidence-ca.crl"
	verify "the second list cut by $cut" 65 --keys "$work/other"
	says_one_line "the second list cut by $cut" "what follows revocation list 1 is not a whole CRL"
done
: >"$work/other/evidence-ca.crl"
verify "an empty list" 65 --keys "$work/other"
says_one_line "an empty list" "evidence-ca.crl' is empty"
cp "$work/else.crl" "$work/other/evidence-ca.crl"
verify "another CA's list" 0 --keys "$work/other"
says "another CA's list" "no list by the issuer of this seal"
rm -rf "$work/other"

# A time stamp: request and answer by hand. The authority is stock openssl, its clock is now.
keys=$work/keys2
run "keys of the office" 0 "$kanshiki" kit new "$work/kit3" --keys "$keys" --name Stamped --days 1
rm -rf "$bundle"
run "collect" "0|1" "$kanshiki" collect --kit "$work/kit3" --out "$work/out-dir" --volume "C=$image" --take '/$Boot'
bundle_of "collect, stamped" || finish
tsa() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$1.key" -out "$work/$1-ca.pem" -days 3650 \
		-subj "/CN=$1 CA" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$1-tsa.key" -out "$work/$1.csr" -subj "/CN=$1 stamps" 2>/dev/null
	printf '%s\n' 'extendedKeyUsage=critical,timeStamping' 'keyUsage=critical,digitalSignature' >"$work/tsa.ext"
	openssl x509 -req -in "$work/$1.csr" -CA "$work/$1-ca.pem" -CAkey "$work/$1.key" -CAcreateserial -days 3650 -extfile "$work/tsa.ext" \
		-out "$work/$1-tsa.pem" 2>/dev/null
	printf '%s\n' '[tsa]' 'default_tsa=t' '[t]' "serial=$work/$1.serial" "signer_cert=$work/$1-tsa.pem" "signer_key=$work/$1-tsa.key" \
		'signer_digest=sha256' 'default_policy=1.2.3.4' 'digests=sha256' 'ess_cert_id_alg=sha256' 'clock_precision_digits=3' >"$work/$1.cnf"
	echo 01 >"$work/$1.serial"
}
# usage: reply TSA REQUEST ANSWER
reply() { openssl ts -reply -config "$work/$1.cnf" -queryfile "$2" -out "$3" 2>"$work/ts" || complain "openssl ts -reply: $(cat "$work/ts")"; }
stamp() { run "$1" "$2" "$kanshiki" stamp "$bundle" "${@:3}"; }
tsa good
tsa stranger
stamp "stamp, nothing asked" 64
says_one_line "stamp, nothing asked" "--request FILE"
stamp "request" 0 --request "$work/a.tsq"
openssl ts -query -in "$work/a.tsq" -text >"$work/text" 2>/dev/null
for line in 'Version: 1' 'Hash Algorithm: sha256' 'Certificate required: yes' 'Nonce: 0x'; do
	grep -qF "$line" "$work/text" || complain "the request lacks '$line'"
done
stamp "another request" 0 --request "$work/b.tsq"
! cmp -s "$work/a.tsq" "$work/b.tsq" || complain "two requests have the same nonce"
reply good "$work/a.tsq" "$work/a.tsr"
stamp "no keys" 64 --response "$work/a.tsr"
says_one_line "no keys" "--keys"
stamp "no tsa-ca.pem" 66 --response "$work/a.tsr" --keys "$keys"
says_one_line "no tsa-ca.pem" "tsa-ca.pem"
cp "$work/good-ca.pem" "$keys/tsa-ca.pem"
stamp "the answer to another request" 65 --request "$work/b.tsq" --response "$work/a.tsr" --keys "$keys"
says_one_line "the answer to another request" "answers another request"
reply stranger "$work/a.tsq" "$work/stranger.tsr"
stamp "a stranger's stamp" 65 --response "$work/stranger.tsr" --keys "$keys"
says_one_line "a stranger's stamp" "not by a time stamp authority"
openssl ts -query -data "$work/text" -sha256 -cert -out "$work/else.tsq" 2>/dev/null
reply good "$work/else.tsq" "$work/else.tsr"
stamp "a stamp of something else" 65 --response "$work/else.tsr" --keys "$keys"
says_one_line "a stamp of something else" "another seal"
stamp "a stamp of something else, Japanese" 65 --response "$work/else.tsr" --keys "$keys" --lang ja
says_one_line "a stamp of something else, Japanese" "壊れている"
openssl ts -query -data "$bundle/MANIFEST.p7s" -sha512 -cert -out "$work/refused.tsq" 2>/dev/null
openssl ts -reply -config "$work/good.cnf" -queryfile "$work/refused.tsq" -out "$work/refused.tsr" 2>/dev/null || true
stamp "a refusal" 65 --response "$work/refused.tsr" --keys "$keys"
says_one_line "a refusal" "refused to stamp"
stamp "no answer" 65 --response "$work/text" --keys "$keys"
says_one_line "no answer" "not an answer"
[ ! -e "$bundle/MANIFEST.tsr" ] || complain "a refused stamp was put into the bundle"
stamp "response" 0 --request "$work/a.tsq" --response "$work/a.tsr" --keys "$keys"
stamp "a second stamp" 73 --request "$work/a.tsq" --response "$work/a.tsr" --keys "$keys"
says_one_line "a second stamp" "MANIFEST.tsr"
run "openssl ts -verify" 0 openssl ts -verify -data "$bundle/MANIFEST.p7s" -in "$bundle/MANIFEST.tsr" -CAfile "$keys/tsa-ca.pem"
verify "verify, stamped" 0 --keys "$keys"
grep -qE 'time stamp: 20.*Z, by CN = good stamps' "$work/out" || complain "verify does not tell of the stamp: $(cat "$work/out")"
verify "verify, stamped, JSON" 0 --keys "$keys" --json
[ "$(jq -r .stamped_by "$work/out")" = "CN = good stamps" ] || complain "the JSON does not tell of the stamp"

# Years later: the token's time counts; without it, or with another --at, the certificate is over.
later() { run "$1" "$2" faketime "$(date -u -d "+$3 years" +'%F %T')" "$kanshiki" verify "$bundle" --keys "$keys" "${@:4}"; }
if command -v faketime >/dev/null; then
	later "verify in 5 years" 0 5
	grep -qF "which is before it" "$work/out" || complain "verify does not say that the certificate is over"
	later "verify in 15 years, stamped" 0 15
	# The lines for that time in docs/bundle-format.md, as they stand there.
	sed -n '/^## With stock tools/,/^## /p' "$tests/../docs/bundle-format.md" | awk '/^```/ { block++; next } block == 3' >"$work/years"
	[ "$(wc -l <"$work/years")" -eq 3 ] || complain "the page has not three lines for later: $(cat "$work/years")"
	years() { (cd "$bundle" && keys=$keys run "$1" "$2" faketime "$(date -u -d '+5 years' +'%F %T')" bash -euo pipefail "$work/years" && exit "$failures") || failures=$?; }
	years "stock tools in 5 years" 0
	mv "$keys/tsa-ca.pem" "$work/kept.pem"
	cp "$work/stranger-ca.pem" "$keys/tsa-ca.pem"
	years "stock tools in 5 years, another authority" 1
	mv "$work/kept.pem" "$keys/tsa-ca.pem"
fi
in_a_year=$(date -u -d '+1 year' +%FT%TZ)
verify "verify, --at wins" 65 --keys "$keys" --at "$in_a_year"
says_one_line "verify, --at wins" "expired at 20"
mv "$bundle/MANIFEST.tsr" "$work/kept.tsr"
if command -v faketime >/dev/null; then
	later "verify in 5 years, no stamp" 65 5
	says_one_line "verify in 5 years, no stamp" "expired at 20.*--at TIME"
fi
# The stamped seal of another bundle does not date a seal that lies beside it.
cp -r "$bundle" "$work/borrowed"
mv "$work/borrowed/MANIFEST.p7s" "$work/borrowed/MANIFEST.p7s.new"
run "collect another" "0|1" "$kanshiki" collect --kit "$work/kit3" --out "$work/out-dir" --volume "C=$image" --take '/$Boot'
cp "$(tail -n 1 "$work/out")/MANIFEST.p7s" "$work/borrowed/MANIFEST.p7s"
run "request for another" 0 "$kanshiki" stamp "$work/borrowed" --request "$work/c.tsq"
reply good "$work/c.tsq" "$work/borrowed/MANIFEST.tsr"
run "verify, a borrowed stamp" 0 "$kanshiki" verify "$work/borrowed" --keys "$keys"
says "verify, a borrowed stamp" "'MANIFEST.tsr' counts for nothing"
if command -v faketime >/dev/null; then
	run "verify in 5 years, a borrowed stamp" 65 faketime "$(date -u -d '+5 years' +'%F %T')" "$kanshiki" verify "$work/borrowed" --keys "$keys"
	says_one_line "verify in 5 years, a borrowed stamp" "'MANIFEST.p7s.new' .*expired at 20.*--at TIME"
fi
# A revocation after the stamped time leaves the seal good; one before it does not.
cp "$work/kept.tsr" "$bundle/MANIFEST.tsr"
sleep 1
cp -r "$keys" "$work/late"
run "revoke, later" 0 "$kanshiki" kit revoke Stamped --keys "$work/late"
verify "verify, revoked after the stamp" 0 --keys "$work/late"
run "revoke, earlier" 0 "$kanshiki" kit revoke Stamped --keys "$keys" --since "$since"
verify "verify, revoked before the stamp" 65 --keys "$keys"
says_one_line "verify, revoked before the stamp" "revoked from $since"
rm "$keys/evidence-ca.crl"
# Wrong stamps in the bundle are refused and named; without the authority's CA it is said.
for wrong in stranger else refused; do
	cp "$work/$wrong.tsr" "$bundle/MANIFEST.tsr"
	verify "verify, $wrong" 65 --keys "$keys"
	says_one_line "verify, $wrong" "'MANIFEST.tsr': "
done
cp "$work/kept.tsr" "$bundle/MANIFEST.tsr"
mv "$keys/tsa-ca.pem" "$work/tsa-ca.pem"
verify "verify, no tsa-ca.pem" 0 --keys "$keys"
says "verify, no tsa-ca.pem" "'MANIFEST.tsr' was not checked"
mv "$work/tsa-ca.pem" "$keys/tsa-ca.pem"

# A second signer.
sign() { run "$1" "$2" "$kanshiki" countersign "$bundle" --key "$3" --cert "$4"; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/witness.key" -out "$work/witness.pem" -days 30 \
	-subj "/CN=立会人 田中" -utf8 2>/dev/null
sign "another's certificate" 65 "$work/witness.key" "$work/good-ca.pem"
says_one_line "another's certificate" "does not belong"
sign "no key" 66 "$work/nothing.key" "$work/witness.pem"
[ ! -e "$bundle/MANIFEST.countersigned.p7s" ] || complain "a refused countersignature was put into the bundle"
sign "countersign with no key" 65 "$work/keys/recipient.key" "$work/witness.pem"
says_one_line "countersign with no key" "^kanshiki: not supported: .*holds no private key"
sign "countersign with no certificate" 65 "$work/witness.key" "$work/witness.key"
says_one_line "countersign with no certificate" "^kanshiki: not supported: .*holds no certificate"
run "countersign a file" 65 "$kanshiki" countersign "$work/witness.pem" --key "$work/witness.key" --cert "$work/witness.pem"
says_one_line "countersign a file" "^kanshiki: not supported: not a sealed bundle"
sign "countersign" 0 "$work/witness.key" "$work/witness.pem"
sign "countersign again" 73 "$work/witness.key" "$work/witness.pem"
says_one_line "countersign again" "MANIFEST.countersigned.p7s"
run "openssl cms -verify" 0 openssl cms -verify -binary -cades -inform DER -in "$bundle/MANIFEST.countersigned.p7s" \
	-content "$bundle/MANIFEST.p7s" -CAfile "$work/witness.pem" -out /dev/null
verify "verify, countersigned" 0 --keys "$keys"
print=$(openssl x509 -in "$work/witness.pem" -outform DER | sha256sum | cut -d' ' -f1)
grep -qF "countersigned by: CN = 立会人 田中 (SHA-256 of the certificate: $print" "$work/out" || complain "the countersigner is not named: $(cat "$work/out")"
cp "$bundle/MANIFEST.p7s" "$work/else.p7s"
printf x >>"$work/else.p7s"
openssl cms -sign -binary -cades -nosmimecap -md sha256 -outform DER -signer "$work/witness.pem" -inkey "$work/witness.key" \
	-in "$work/else.p7s" -out "$bundle/MANIFEST.countersigned.p7s"
verify "verify, a countersignature of something else" 65 --keys "$keys"
says_one_line "verify, a countersignature of something else" "'MANIFEST.countersigned.p7s': it seals other bytes"
rm "$bundle/MANIFEST.countersigned.p7s"
verify "verify at the end" 0 --keys "$keys"
finish
