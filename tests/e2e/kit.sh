#!/bin/bash
# kit new: what it makes, that stock tools agree with it, that it never overwrites, never asks and never lets a key travel.
# usage: tests/e2e/kit.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/kit.sh BUILD}
. "$(dirname "$0")/../lib.sh"

# Every file of DIR has mode 0600, or the names given only.
private() {
	local found
	found=$(find "$1" -type f -perm 0600 -printf '%f\n' | sort | tr '\n' ' ')
	[ "$found" = "$2" ] || complain "private in $1: '$found', not '$2'"
}

need openssl age age-keygen
make_work
keys="$work/office 鍵"
kit="$work/usb 😀/kit"
run "kit new" 0 "$kanshiki" kit new "$kit" --keys "$keys" --name 班3 --days 30
[ "$(tail -n 1 "$work/out")" = "$kit" ] || complain "stdout's last line is not the kit: $(tail -n 1 "$work/out")"
says "kit new" "evidence-ca.key and recipient.key"
private "$keys" "evidence-ca.key recipient.key "
private "$kit" "seal.key "
for file in kit.json recipients.txt seal.pem seal.key evidence-ca.pem chain.pem GUIDE.txt kit.sha256 kit.p7s; do
	[ -s "$kit/$file" ] || complain "no $file in the kit"
done
! grep -rqaE "AGE-SECRET-KEY-1[0-9A-Z]{58}" "$kit" || complain "a key that opens bundles is in the kit"
! grep -lq "$(sed -n 2p "$keys/evidence-ca.key")" -r "$kit" || complain "the CA's key is in the kit"

# Stock tools.
run "openssl verify" 0 openssl verify -CAfile "$keys/evidence-ca.pem" "$kit/seal.pem"
run "openssl verify, strict" 0 openssl verify -x509_strict -CAfile "$keys/evidence-ca.pem" "$kit/seal.pem"
openssl x509 -in "$kit/seal.pem" -noout -text >"$work/text"
grep -A1 "X509v3 Key Usage: critical" "$work/text" | grep -qx ' *Digital Signature' || complain "key usage"
! grep -q "Extended Key Usage" "$work/text" || complain "there is an extended key usage"
run "30 days" 1 openssl x509 -in "$kit/seal.pem" -noout -checkend $((31 * 86400))
run "29 days" 0 openssl x509 -in "$kit/seal.pem" -noout -checkend $((29 * 86400))
run "the kit's list" 0 openssl cms -verify -binary -cades -inform DER -in "$kit/kit.p7s" -content "$kit/kit.sha256" \
	-CAfile "$keys/evidence-ca.pem" -out /dev/null
run "the kit's files" 0 env -C "$kit" sha256sum --strict --quiet -c kit.sha256
[ "$(age-keygen -y "$keys/recipient.key")" = "$(grep -v '^#' "$kit/recipients.txt")" ] || complain "recipient.key and recipients.txt differ"
cmp -s "$kit/seal.pem" "$keys/kits/班3.pem" || complain "the kit is not recorded in KEYDIR"

# Again: keys are used again, names and kits are not.
cp -r "$keys" "$work/before"
run "the same kit" 73 "$kanshiki" kit new "$kit" --keys "$keys"
says_one_line "the same kit" "already"
run "the same name" 73 "$kanshiki" kit new "$work/kit2" --keys "$keys" --name 班3
says_one_line "the same name" "班3"
[ ! -e "$work/kit2" ] || complain "a refused kit leaves a directory"
run "keys in the kit" 64 "$kanshiki" kit new "$work/kit3" --keys "$work/kit3/sub/../keys"
says_one_line "keys in the kit" "travel"
[ ! -e "$work/kit3" ] || complain "keys in the kit: directories are left: $(find "$work/kit3")"
diff -r "$keys" "$work/before" || complain "KEYDIR changed by refusals"
other=$(age-keygen 2>/dev/null | sed -n 's/^# public key: //p')
run "a second kit" 0 "$kanshiki" kit new "$work/kit4/" --keys "$keys/" --recipient "$other" --recipient "$other"
[ "$(grep -vc '^#' "$work/kit4/recipients.txt")" -eq 2 ] || complain "not two recipients"
cmp -s "$keys/evidence-ca.pem" "$work/before/evidence-ca.pem" || complain "another CA"
[ "$(find "$keys/kits" -type f | wc -l)" -eq 2 ] || complain "two kits are not two records"

# A record's name: 64 characters of four bytes fit into no file name; a name that cannot be looked for is not "issued before".
long=$(printf '𠮷%.0s' {1..64})
for i in 1 2; do
	run "a long name" "$([ "$i" = 1 ] && echo 0 || echo 73)" "$kanshiki" kit new "$work/kit-long$i" --keys "$keys" --name "$long"
done
says_one_line "a long name, again" "was issued before"
run "a long name: renewed" 0 "$kanshiki" kit renew "$work/kit-long1" --keys "$keys"
run "a long name: revoked" 0 "$kanshiki" kit revoke "$long" --keys "$keys"
run "a long name: listed" 0 "$kanshiki" kit list --keys "$keys"
[ "$(grep -c "^$long	.*	revoked " "$work/out")" -eq 2 ] || complain "a long name: $(cat "$work/out")"
ln -s looped.pem "$keys/kits/looped.pem"
run "a record that cannot be looked for" 65 "$kanshiki" kit new "$work/kit-looped" --keys "$keys" --name looped
says_one_line "a record that cannot be looked for" "cannot identify '.*looped.pem'"
rm "$keys/kits/looped.pem"

# What fails leaves no kit behind that is nowhere: the name is free again. Keys that were made are told of.
run "no program, no keys yet" 65 "$kanshiki" kit new "$work/kit-none" --keys "$work/fresh" --exe "$kit/GUIDE.txt"
says "no program, no keys yet" "GUIDE.txt"
says "no program, no keys yet" "^made: evidence-ca.pem and evidence-ca.key"
says "no program, no keys yet" "^made: recipient.key"
says "no program, no keys yet" "^in '$work/fresh'. Keep a copy of recipient.key"
[ ! -e "$work/kit-none" ] || complain "no program, no keys yet: a directory of no kit"
if [ "$(id -u)" = 0 ]; then
	stick=$work/stick
	mkdir "$stick"
	mount -t tmpfs -o nr_inodes=5 tmpfs "$stick"
	run "a full stick" 74 "$kanshiki" kit new "$stick" --keys "$work/fresh" --name full
	says_one_line "a full stick" "no space left"
	[ -z "$(ls "$stick")" ] || complain "a full stick: $(ls "$stick")"
	run "a full stick: list" 0 "$kanshiki" kit list --keys "$work/fresh"
	[ ! -s "$work/out" ] || complain "a full stick: a kit that is nowhere: $(cat "$work/out")"
	mount -o remount,nr_inodes=100 "$stick"
	run "a full stick: again" 0 "$kanshiki" kit new "$stick" --keys "$work/fresh" --name full
	mount -o remount,nr_inodes=$((1 + $(find "$stick" -type f | wc -l) + 3)) "$stick"
	run "renewed on a full stick" 74 "$kanshiki" kit renew "$stick" --keys "$work/fresh"
	run "renewed on a full stick: list" 0 "$kanshiki" kit list --keys "$work/fresh"
	[ "$(wc -l <"$work/out")" -eq 1 ] || complain "renewed on a full stick: $(cat "$work/out")"
	umount "$stick"
	mkdir "$work/ca"
	mount -t tmpfs -o nr_inodes=2 tmpfs "$work/ca"
	run "a full disk for the keys" 74 "$kanshiki" kit new "$work/kit-none" --keys "$work/ca"
	says_one_line "a full disk for the keys" "no space left"
	[ -z "$(ls "$work/ca")" ] || complain "a full disk for the keys: half a CA: $(ls "$work/ca")"
	umount "$work/ca"
	mount -t tmpfs -o ro tmpfs "$work/ca"
	run "a read-only stick" 73 "$kanshiki" kit new "$work/ca" --keys "$work/fresh"
	says_one_line "a read-only stick" "cannot create '$work/ca/recipients.txt': the file system is read-only"
	run "below a read-only stick" 73 "$kanshiki" kit new "$work/ca/kit" --keys "$work/fresh"
	run "keys on a read-only stick" 73 "$kanshiki" kit new "$work/kit-none" --keys "$work/ca"
	umount "$work/ca"
fi

# Wrong input.
run "no keys" 64 "$kanshiki" kit new "$work/kit5"
says_one_line "no keys" "--keys"
for name in '' "$(printf '鑑%.0s' {1..65})" "$(printf 'x%.0s' {1..300})" $'a\nb'; do
	run "name '${name:0:9}'" 64 "$kanshiki" kit new "$work/kit5" --keys "$work/keys5" --name "$name"
	says_one_line "name '${name:0:9}'" "a name"
	[ ! -e "$work/kit5" ] && [ ! -e "$work/keys5" ] || complain "name '${name:0:9}': something was made"
done
for profile in nonesuch registry,nonesuch ''; do
	run "profile '$profile'" 64 "$kanshiki" kit new "$work/kit5" --keys "$work/keys5" --profile "$profile"
	says_one_line "profile '$profile'" "profile"
	[ ! -e "$work/kit5" ] || complain "profile '$profile': a kit that could never collect"
done
for word in foo x=age1nonsense; do
	run "recipient '$word'" 64 "$kanshiki" kit new "$work/kit5" --keys "$work/keys5" --recipient "$other" --recipient "$word"
	says_one_line "recipient '$word'" "wrong use: --recipient '$word': key"
	[ ! -e "$work/kit5" ] && [ ! -e "$work/keys5" ] || complain "recipient '$word': something was made"
done
run "no such word" 64 "$kanshiki" kit foo
says_one_line "no such word" "no 'kit foo'; there are new, renew, list and revoke"
run "a word without its name" 64 "$kanshiki" kit revoke --keys "$keys"
says_one_line "a word without its name" "kit revoke needs a NAME"
run "a word too many" 64 "$kanshiki" kit list all --keys "$keys"
says_one_line "a word too many" "kit list takes no 'all'"
run "no days" 64 "$kanshiki" kit new "$work/kit5" --keys "$keys" --days 0
says_one_line "no days" "--days"
run "no program" 65 "$kanshiki" kit new "$work/kit5" --keys "$keys" --exe "$kit/GUIDE.txt"
says_one_line "no program" "GUIDE.txt"
[ ! -e "$work/kit5" ] || complain "a refused kit leaves a directory"
mv "$work/before/evidence-ca.key" "$work/gone.key"
run "half a CA" 65 "$kanshiki" kit new "$work/kit6" --keys "$work/before"
says_one_line "half a CA" "evidence-ca.key"
cp "$kit/seal.key" "$work/before/evidence-ca.key"
run "a CA's wrong key" 65 "$kanshiki" kit new "$work/kit6" --keys "$work/before"
says_one_line "a CA's wrong key" "does not belong"

# It works wherever it lies.
mkdir "$work/moved"
mv "$kit" "$work/moved/E"
have_image
mkdir "$work/out-dir"
run "collect with the moved kit" "0|1" "$kanshiki" collect --kit "$work/moved/E/" --out "$work/out-dir" --volume "C=$image" --take '/$Boot'
! grep -q "could seal until" "$work/err" || complain "a fresh kit is said to be over"
bundle_of "collect" && run "verify" 0 "$kanshiki" verify "$bundle" --keys "$keys"
# Recipients, profile: only those the office signed. Without its signature, no kit.
replaced=$work/replaced
collect() { run "$1" 65 "$kanshiki" collect --kit "$replaced" --out "$work/out-dir" --volume "C=$image" --take '/$Boot'; }
while read -r file change line; do
	rm -rf "$replaced"
	cp -r "$work/moved/E" "$replaced"
	case $change in
	other) echo "$other" >"$replaced/$file" ;;
	more) echo "$other" >>"$replaced/$file" ;;
	profile) sed -i 's/"profile":"default"/"profile":"none"/' "$replaced/$file" ;;
	gone) rm "$replaced/$file" ;;
	esac
	collect "$change $file"
	says_one_line "$change $file" "'$file' $line"
done <<'EOF'
recipients.txt other is not as the office signed it
recipients.txt more is not as the office signed it
kit.json profile is not as the office signed it
kit.p7s gone is missing, nothing vouches
kit.sha256 gone is missing, nothing vouches
EOF
# A kit whose certificate has ended still takes the evidence, and says so; verify refuses it unless the time is proven.
expired=$work/expired
cp -r "$work/moved/E" "$expired"
printf '%s\n' '[ca]' 'default_ca=c' '[c]' "new_certs_dir=$work" "database=$work/index" "serial=$work/serial" 'default_md=sha256' \
	'policy=p' '[p]' 'commonName=supplied' '[e]' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' \
	'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' >"$work/ca.cnf"
: >"$work/index"
echo 4A00000000000001 >"$work/serial"
openssl req -new -key "$expired/seal.key" -subj /CN=old -out "$work/old.csr" 2>/dev/null
run "an old certificate" 0 openssl ca -batch -notext -config "$work/ca.cnf" -extensions e -startdate 20240101000000Z -enddate 20240401000000Z \
	-cert "$keys/evidence-ca.pem" -keyfile "$keys/evidence-ca.key" -in "$work/old.csr" -out "$expired/seal.pem"
cat "$expired/seal.pem" "$keys/evidence-ca.pem" >"$expired/chain.pem"
run "collect with a replaced certificate" 65 "$kanshiki" collect --kit "$expired" --out "$work/out-dir" --volume "C=$image" --take '/$Boot'
says_one_line "collect with a replaced certificate" "'seal.pem' is not as the office signed it"
# Signed anew with stock openssl, as the office could.
(cd "$expired" && sha256sum kit.json recipients.txt seal.pem chain.pem evidence-ca.pem >kit.sha256 &&
	openssl cms -sign -binary -cades -nosmimecap -md sha256 -outform DER -signer evidence-ca.pem -inkey "$keys/evidence-ca.key" \
		-in kit.sha256 -out kit.p7s)
run "collect with an expired kit" "0|1" "$kanshiki" collect --kit "$expired" --out "$work/out-dir" --volume "C=$image" --take '/$Boot'
says "collect with an expired kit" "could seal until 2024-04-01"
tail -n 3 "$work/err" | grep -q "could seal until 2024-04-01" || complain "collect with an expired kit: not said at the end"
bundle_of "expired" && run "verify, expired" 65 "$kanshiki" verify "$bundle" --keys "$keys"
finish
