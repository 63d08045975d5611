#!/bin/bash
# Time stamps over HTTP and HTTPS, from an authority on the loopback that is stock openssl ts (tests/tsa.py); what goes wrong there is
# one line, and nothing is put into the bundle. Then what the authority's certificates being revoked means, years later too.
# usage: tests/e2e/stamp.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/stamp.sh BUILD}
. "$(dirname "$0")/../lib.sh"

need openssl python3
make_work
make_kit
have_image
keys=$work/keys
mkdir "$work/out-dir"
run "collect" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '/$Boot' --profile none --no-live
bundle_of "collect" || finish
servers=()
stop_servers() { [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null || true; }
trap 'stop_servers; cleanup' EXIT

# root -> middle -> tsa, the authority; lists of revocations by openssl ca.
cd "$work"
request() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -utf8 -subj "/CN=$2" 2>/dev/null; }
# usage: sign NAME ISSUER EXTENSION...
sign() {
	printf '%s\n' "${@:3}" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 3650 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key -out root.pem -days 3650 -subj "/CN=root" 2>/dev/null
request middle middle && sign middle root basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign subjectKeyIdentifier=hash
request tsa "stamps 時刻" && sign tsa middle extendedKeyUsage=critical,timeStamping keyUsage=critical,digitalSignature
request tls localhost && sign tls root subjectAltName=IP:127.0.0.1
printf '%s\n' '[tsa]' default_tsa=t '[t]' "serial=$work/serial" "signer_cert=$work/tsa.pem" "signer_key=$work/tsa.key" \
	"certs=$work/middle.pem" signer_digest=sha256 default_policy=1.2.3.4 digests=sha256 ess_cert_id_alg=sha256 >tsa.cnf
echo 01 >serial
openssl ts -query -data "$bundle/MANIFEST.p7s" -sha256 -cert -out other.tsq 2>/dev/null
export OTHER=$work/other.tsq
# usage: serve NAME ARGUMENT...   sets $port
serve() {
	local i
	python3 "$tests/tsa.py" "$work/tsa.cnf" "$work/$1.port" "${@:2}" 2>"$work/$1.log" &
	servers+=($!)
	for ((i = 0; i < 100; i++)); do
		[ ! -s "$work/$1.port" ] || break
		sleep 0.1
	done
	[ -s "$work/$1.port" ] || { complain "no server: $(cat "$work/$1.log")"; finish; }
	port=$(cat "$work/$1.port")
}
stamp() { run "$1" "$2" "$kanshiki" stamp "$bundle" "${@:3}"; }

serve http
http=http://127.0.0.1:$port
serve https "$work/tls.pem" "$work/tls.key"
https=https://127.0.0.1:$port
stamp "no keys" 64 --url "$http/"
says_one_line "no keys" "--keys"
stamp "no tsa-ca.pem" 66 --url "$http/" --keys "$keys"
says_one_line "no tsa-ca.pem" "tsa-ca.pem"
cp root.pem "$keys/tsa-ca.pem"

# What goes wrong. usage per line: CODE PATH-OR-ADDRESS TEXT
while read -r code address text; do
	case $address in
	/*) address=$http$address ;;
	esac
	stamp "$address" "$code" --url "$address" --keys "$keys" --timeout 2
	says_one_line "$address" "$text"
done <<'END'
65 /type answer is 'text/html
65 /big more than 65536 bytes
65 /moved not followed
74 /error says HTTP 503
65 /junk not an answer
74 /slow within 2 seconds
65 /other answers another request
74 http://127.0.0.1:1/ nobody answers
74 http://tsa.invalid/ no such host
64 ftp://127.0.0.1/ no address of http
64 file:///etc/passwd no address of http
64 ://x no address of http
64 http://me:secret@127.0.0.1/ user or password
END
! grep -q secret "$work/err" || complain "a password is repeated"
stamp "Japanese" 74 --url "$http/error" --keys "$keys" --lang ja
says_one_line "Japanese" "HTTP 503"
stamp "both ways" 64 --url "$http/" --request "$work/x" --keys "$keys"
stamp "a place that cannot be made" 73 --request "$work/none/x.tsq"
says_one_line "a place that cannot be made" "none/x.tsq"
stamp "too patient" 64 --url "$http/" --keys "$keys" --timeout 601
stamp "a stranger's server" 65 --url "$https/" --keys "$keys"
says_one_line "a stranger's server" "server's certificate is not trusted"
stamp "no TLS authorities" 65 --url "$https/" --keys "$keys" --tls-ca "$work/serial"
stamp "the other's name" "65|74" --url "${https/127.0.0.1/localhost}/" --keys "$keys" --tls-ca "$work/root.pem"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/else.key" -out "$work/else.pem" -days 9 -subj "/CN=else" 2>/dev/null
cp else.pem "$keys/tsa-ca.pem"
stamp "a stranger's stamp" 65 --url "$http/" --keys "$keys"
says_one_line "a stranger's stamp" "not by a time stamp authority"
cp root.pem "$keys/tsa-ca.pem"
[ ! -e "$bundle/MANIFEST.tsr" ] || complain "a refused stamp was put into the bundle"

# A stamp or signature that the disk has no room for is not left in part: the bundle would be refused, and have one already.
run "no room" 74 bash -c 'ulimit -f 1; exec "$@"' bash "$kanshiki" stamp "$bundle" --url "$http/" --keys "$keys"
says_one_line "no room" "MANIFEST.tsr"
[ ! -e "$bundle/MANIFEST.tsr" ] || complain "a part of a stamp was left: $(stat -c %s "$bundle/MANIFEST.tsr") bytes"

# Stamped; a proxy of the environment is not asked, and the keys of the connection are not written down.
http_proxy=http://127.0.0.1:1 HTTPS_PROXY=http://127.0.0.1:1 SSLKEYLOGFILE=$work/tls.log stamp "HTTPS" 0 --url "$https/" --keys "$keys" --tls-ca "$work/root.pem"
[ ! -e "$work/tls.log" ] || complain "the connection's keys were written down"
run "openssl ts -verify" 0 openssl ts -verify -data "$bundle/MANIFEST.p7s" -in "$bundle/MANIFEST.tsr" -CAfile "$keys/tsa-ca.pem"
stamp "a second stamp" 73 --url "$http/" --keys "$keys"
rm "$bundle/MANIFEST.tsr"
http_proxy=http://127.0.0.1:1 stamp "HTTP" 0 --url "$http/" --keys "$keys"

# The lines that the pages print, with the address and the names here.
said=0
while IFS= read -r line; do
	said=$((said + 1))
	rm "$bundle/MANIFEST.tsr"
	line=${line//BUNDLE/$bundle}
	line=${line//--keys keys/--keys $keys}
	run "$line" 0 bash -c "\"$kanshiki\"$(sed -E "s#^kanshiki##; s#http://[a-z.]+/#$http/#" <<<"$line")"
	[ -s "$bundle/MANIFEST.tsr" ] || complain "$line: no stamp"
done < <(grep -hoE 'kanshiki stamp BUNDLE --url [^`]*' "$tests"/../README.md "$tests"/../docs/*.md "$tests"/../packaging/man/*.1)
[ "$said" -ge 2 ] || complain "the pages print $said lines with --url"
run "verify" 0 "$kanshiki" verify "$bundle" --keys "$keys"
grep -q "by CN = stamps 時刻" "$work/out" || complain "verify does not tell of the stamp"

# Revocations: by the reason in the list, RFC 3161 4.
printf '%s\n' '[ca]' default_ca=c '[c]' "database=$work/index" default_md=sha256 default_crl_days=30 "crlnumber=$work/number" >ca.cnf
# usage: list ISSUER CERTIFICATE DATE [REASON]   sets KEYDIR/tsa-ca.crl; CERTIFICATE - for an empty list
list() {
	local serial
	: >index
	echo 01 >number
	if [ "$2" != - ]; then
		serial=$(openssl x509 -in "$2.pem" -noout -serial)
		printf 'R\t360101000000Z\t%s%s\t%s\tunknown\t/CN=x\n' "$3" "${4:+,$4}" "${serial#*=}" >index
	fi
	openssl ca -gencrl -config ca.cnf -cert "$1.pem" -keyfile "$1.key" -out "$1.crl" 2>"$work/ca.log" || complain "openssl ca: $(cat "$work/ca.log")"
	cp "$1.crl" "$keys/tsa-ca.crl"
}
past=250101000000Z later=$(date -u -d '+1 day' +%y%m%d%H%M%SZ)
list middle -
run "verify, an empty list" 0 "$kanshiki" verify "$bundle" --keys "$keys"
says "verify, an empty list" "revocation list of $(date -u +%Y)"
while read -r code issuer certificate when reason; do
	list "$issuer" "$certificate" "${!when}" "$reason"
	run "verify, $certificate, $when, $reason" "$code" "$kanshiki" verify "$bundle" --keys "$keys"
	[ "$code" -eq 0 ] || says_one_line "verify, $certificate, $when, $reason" "'MANIFEST.tsr': the certificate of .* was revoked from 20"
done <<'END'
65 middle tsa past superseded
65 middle tsa past keyCompromise
65 middle tsa later keyCompromise
65 middle tsa later
0 middle tsa later superseded
0 middle tsa later cessationOfOperation
65 root middle past superseded
65 root middle later CACompromise
0 root middle later superseded
END
list middle tsa "$past" superseded
openssl crl -in middle.crl -outform DER -out "$keys/tsa-ca.crl"
run "verify, DER" 65 "$kanshiki" verify "$bundle" --keys "$keys"
list root middle "$later" superseded
cat middle.crl >>"$keys/tsa-ca.crl"
run "verify, two lists" 65 "$kanshiki" verify "$bundle" --keys "$keys"
list middle tsa "$later" superseded
cp middle.crl older.crl
list middle tsa "$later" keyCompromise
cat older.crl middle.crl >"$keys/tsa-ca.crl"
run "verify, a worse reason in the newer list" 65 "$kanshiki" verify "$bundle" --keys "$keys"
says_one_line "verify, a worse reason in the newer list" "no reason leaves earlier stamps good"
openssl req -x509 -key else.key -out middle-else.pem -days 9 -subj "/CN=middle" 2>/dev/null
cp else.key middle-else.key
list middle-else -
run "verify, a forged list" 65 "$kanshiki" verify "$bundle" --keys "$keys"
says_one_line "verify, a forged list" "not by its issuer"
cat root.pem middle-else.pem >"$keys/tsa-ca.pem"
run "verify, the list of a trusted CA of that name" 0 "$kanshiki" verify "$bundle" --keys "$keys"
says "verify, the list of a trusted CA of that name" "has no list by its authority's issuer"
cp root.pem "$keys/tsa-ca.pem"
echo junk >"$keys/tsa-ca.crl"
run "verify, no list" 65 "$kanshiki" verify "$bundle" --keys "$keys"
says_one_line "verify, no list" "no revocation list"
list else -
run "verify, another's list" 0 "$kanshiki" verify "$bundle" --keys "$keys"
says "verify, another's list" "has no list by its authority's issuer that covers it"
rm "$bundle/MANIFEST.tsr"
list middle tsa "$past" superseded
stamp "by a revoked authority" 65 --url "$http/" --keys "$keys"
says_one_line "by a revoked authority" "was revoked"
[ ! -e "$bundle/MANIFEST.tsr" ] || complain "a revoked authority's stamp was put into the bundle"
finish
