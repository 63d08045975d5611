#!/bin/bash
# Keys over the years: kits are listed and revoked, stock openssl reads the list.
# usage: tests/e2e/keys.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/keys.sh BUILD}
. "$(dirname "$0")/../lib.sh"

verify() { run "$1" "$2" "$kanshiki" verify "$bundle" "${@:3}"; }

need openssl
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
printf 'Test\t%s\t%s\t%s\tvalid\n' "${serial#*=}" "$from" "$until" | cmp -s - "$work/out" || complain "kit list: $(cat "$work/out")"
run "no such kit" 66 "$kanshiki" kit revoke Other --keys "$keys"
says_one_line "no such kit" "no kit 'Other' was issued from here"
run "no such kit, Japanese" 66 "$kanshiki" kit revoke Other --keys "$keys" --lang ja
says_one_line "no such kit, Japanese" "見つかりません"
run "no keys" 66 "$kanshiki" kit list --keys "$work/nothing"
says_one_line "no keys" "no such directory of keys"
run "a wrong time" 64 "$kanshiki" kit revoke Test --keys "$keys" --since yesterday
says_one_line "a wrong time" "--since takes a time"
run "a wrong option" 64 "$kanshiki" kit list --keys "$keys" --name x
says_one_line "a wrong option" "does not take"
[ ! -e "$keys/evidence-ca.crl" ] || complain "refusals made a revocation list"
run "a second kit" 0 "$kanshiki" kit new "$work/kit2" --keys "$keys" --name 班4
run "revoke the second" 0 "$kanshiki" kit revoke 班4 --keys "$keys" --since 2026-01-02T03:04:05Z
verify "verify, another kit revoked" 0 --keys "$keys"
cp "$keys/evidence-ca.crl" "$work/first.crl"
before=$(date -u -d '10 seconds ago' +%FT%TZ)
run "revoke" 0 "$kanshiki" kit revoke Test --keys "$keys"
run "revoke again" 73 "$kanshiki" kit revoke Test --keys "$keys"
says_one_line "revoke again" "revoked before"
verify "verify, revoked" 65 --keys "$keys"
says_one_line "verify, revoked" "'MANIFEST.p7s' over 'MANIFEST.sha256': the seal certificate was revoked from 20"
verify "verify, revoked, Japanese" 65 --keys "$keys" --lang ja
says_one_line "verify, revoked, Japanese" "信頼できません"
verify "verify, proven before" 0 --keys "$keys" --at "$before"
run "ls, revoked" 65 "$kanshiki" ls "$bundle" --keys "$keys"
says_one_line "ls, revoked" "revoked"
run "kit list, revoked" 0 "$kanshiki" kit list --keys "$keys"
grep -qP '^Test\t.*\trevoked 20' "$work/out" || complain "kit list, revoked: $(cat "$work/out")"
grep -qP '^班4\t.*\trevoked 2026-01-02T03:04:05Z$' "$work/out" || complain "kit list, --since: $(cat "$work/out")"
run "openssl crl" 0 openssl crl -in "$keys/evidence-ca.crl" -CAfile "$keys/evidence-ca.pem" -noout -text
[ "$(grep -c 'Serial Number:' "$work/out")" -eq 2 ] || complain "not two kits on the list"
grep -A1 'CRL Number' "$work/out" | grep -qx ' *2' || complain "the list's number is not 2"
run "openssl verify, revoked" 2 openssl verify -crl_check -CAfile "$keys/evidence-ca.pem" -CRLfile "$keys/evidence-ca.crl" "$work/kit/seal.pem"
says "openssl verify, revoked" "certificate revoked"
run "openssl verify, not revoked" 0 openssl verify -crl_check -CAfile "$keys/evidence-ca.pem" -CRLfile "$work/first.crl" "$work/kit/seal.pem"

# A list by someone else, or broken, is no list.
cp -r "$keys" "$work/other"
echo junk >"$work/other/evidence-ca.crl"
verify "a broken list" 65 --keys "$work/other"
says_one_line "a broken list" "not a CRL"
run "revoke over a broken list" 65 "$kanshiki" kit revoke Test --keys "$work/other"
says_one_line "revoke over a broken list" "not a CRL"
rm -rf "$work/other"
finish
