#!/bin/bash
# Today's peers, where they are in PATH: age 1.2 or later, rage, openssl 3.5 or later. Files and bundles cross both ways; signatures and
# time stamps are checked by stock openssl. Debian 12 has older ones (age.sh, keys.sh): to run this, put newer ones first in PATH:
#   go install filippo.io/age/cmd/...@latest; cargo install rage; openssl 3.5 from its sources
# usage: tests/e2e/interop.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/interop.sh BUILD}
. "$(dirname "$0")/../lib.sh"

agetool=$build/tests/agetool
export PINENTRY_PROGRAM= # rage asks on the terminal
need zstd tar python3
# usage: version_of COMMAND...   the first number with dots that it prints
version_of() { "$@" 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1; }
at_least() { [ -n "$1" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }
peers=()
missing=()
if at_least "$(version_of age --version)" 1.2; then peers+=(age); else missing+=("age 1.2 or later"); fi
if command -v rage >/dev/null; then peers+=(rage); else missing+=(rage); fi
openssl=
if at_least "$(version_of openssl version)" 3.5; then openssl=openssl; else missing+=("openssl 3.5 or later"); fi
[ ${#peers[@]} -gt 0 ] || [ -n "$openssl" ] || skip "none of ${missing[*]} is installed"

make_work
secret='correct horse 馬'
run "kit new" 0 "$kanshiki" kit new "$work/kit" --keys "$work/keys" --name Test --unlock soc --seal-passphrase \
	--passphrase-file <(printf '%s\n' "$secret" "$secret")
have_image
mkdir "$work/out-dir"
run "collect" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '/$Boot' \
	--passphrase-file <(echo "$secret")
bundle_of "collect" || finish

# usage: cross PEER   files of sizes around a chunk, both ways, by keys of either; a bundle; a key under a passphrase
cross() {
	local peer=$1 size key ours theirs crossed=0
	"$peer-keygen" -o "$work/$peer.key" 2>/dev/null
	theirs=$("$peer-keygen" -y "$work/$peer.key")
	ours=$("$peer-keygen" -y "$work/keys/recipient.key")
	for size in 0 1 65535 65536 65537 131072 1000000; do
		head -c $size /dev/urandom >"$work/plain"
		"$agetool" encrypt "$theirs" "$ours" <"$work/plain" >"$work/ours.age"
		"$peer" -r "$theirs" -r "$ours" -o "$work/theirs.age" "$work/plain"
		for key in "$work/$peer.key" "$work/keys/recipient.key"; do
			"$peer" -d -i "$key" "$work/ours.age" | cmp -s - "$work/plain" || complain "$peer cannot read ours of $size bytes"
			"$agetool" decrypt "$key" <"$work/theirs.age" | cmp -s - "$work/plain" || complain "we cannot read $peer's of $size bytes"
			crossed=$((crossed + 2))
		done
		rm -f "$work/theirs.age"
	done
	rm -rf "$work/tree"
	mkdir "$work/tree"
	for volume in "$bundle"/files.*.age; do "$peer" -d -i "$work/keys/recipient.key" "$volume"; done | zstd -dcq |
		tar -xf - -C "$work/tree" --warning=no-unknown-keyword 'fs/C/$Boot' || complain "$peer, zstd and tar do not open the bundle"
	cmp -n 512 -s "$work/tree/fs/C/\$Boot" "$image" || complain "$peer opens something else"
	run "$peer, unlock" 0 python3 "$tests/talk.py" 60 "$secret" -- \
		sh -c "$peer -d -i '$bundle/unlock.soc.age' '$(ls "$bundle"/meta.001.*)' >'$work/meta'"
	[ -s "$work/meta" ] || complain "$peer does not open with unlock.soc.age: $(cat "$work/out")"
	run "$peer -p" 0 python3 "$tests/talk.py" 60 "$secret" "$secret" -- sh -c "$peer -p -o '$work/$peer.locked' '$work/keys/recipient.key'"
	run "$peer -p, read by us" 0 "$kanshiki" cat "$bundle" 'fs/C/$Boot' --ca "$work/keys/evidence-ca.pem" --identity "$work/$peer.locked" \
		--passphrase-file <(echo "$secret")
	echo "$peer $(version_of "$peer" --version): $crossed files crossed"
}
for peer in "${peers[@]}"; do cross "$peer"; done

if [ -n "$openssl" ]; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/ca.key" -out "$work/keys/tsa-ca.pem" -days 30 \
		-subj "/CN=TSA CA" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/tsa.key" -out "$work/tsa.csr" -subj /CN=tsa 2>/dev/null
	printf '%s\n' extendedKeyUsage=critical,timeStamping keyUsage=critical,digitalSignature >"$work/tsa.ext"
	openssl x509 -req -in "$work/tsa.csr" -CA "$work/keys/tsa-ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 30 \
		-extfile "$work/tsa.ext" -out "$work/tsa.pem" 2>/dev/null
	printf '%s\n' '[tsa]' default_tsa=t '[t]' "serial=$work/serial" "signer_cert=$work/tsa.pem" "signer_key=$work/tsa.key" \
		signer_digest=sha256 default_policy=1.2.3.4 digests=sha256 ess_cert_id_alg=sha256 >"$work/tsa.cnf"
	echo 01 >"$work/serial"
	run "request" 0 "$kanshiki" stamp "$bundle" --request "$work/a.tsq"
	run "openssl ts -reply" 0 openssl ts -reply -config "$work/tsa.cnf" -queryfile "$work/a.tsq" -out "$work/a.tsr"
	run "response" 0 "$kanshiki" stamp "$bundle" --request "$work/a.tsq" --response "$work/a.tsr" --keys "$work/keys"
	run "openssl ts -verify" 0 openssl ts -verify -data "$bundle/MANIFEST.p7s" -in "$bundle/MANIFEST.tsr" -CAfile "$work/keys/tsa-ca.pem"
	run "openssl cms -verify" 0 openssl cms -verify -binary -cades -inform DER -in "$bundle/MANIFEST.p7s" \
		-content "$bundle/MANIFEST.sha256" -CAfile "$work/keys/evidence-ca.pem" -out /dev/null
	run "openssl cms -verify, kit" 0 openssl cms -verify -binary -cades -inform DER -in "$work/kit/kit.p7s" \
		-content "$work/kit/kit.sha256" -CAfile "$work/keys/evidence-ca.pem" -out /dev/null
	cp "$bundle/MANIFEST.sha256" "$work/changed"
	echo >>"$work/changed"
	run "openssl cms -verify, changed" 4 openssl cms -verify -binary -cades -inform DER -in "$bundle/MANIFEST.p7s" \
		-content "$work/changed" -CAfile "$work/keys/evidence-ca.pem" -out /dev/null
	run "openssl pkey" 0 openssl pkey -in "$work/kit/seal.key" -passin "pass:$secret" -noout
	run "revoke" 0 "$kanshiki" kit revoke Test --keys "$work/keys" --since "$(date -u -d '12 hours ago' +%FT%TZ)"
	run "openssl verify, revoked" 2 openssl verify -crl_check -CAfile "$work/keys/evidence-ca.pem" -CRLfile "$work/keys/evidence-ca.crl" \
		"$work/kit/seal.pem"
	echo "openssl $(version_of openssl version): seal, kit, stamp, key and list"
fi
[ ${#missing[@]} -eq 0 ] || echo "not installed: ${missing[*]}"
finish
