#!/bin/bash
# Custody: who, what and which clock stand in collection.json and on the sheet.
# usage: tests/e2e/custody.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/custody.sh BUILD}
. "$(dirname "$0")/../lib.sh"
. "$tests/disk_lib.sh"
need jq age zstd openssl sfdisk ntfscp mkntfs mkfs.vfat mkswap

collect() {
	"$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --profile none \
		--take 'c:\programdata\CLEANER.exe' --no-read-back "$@"
}

meta() { "$kanshiki" cat "$bundle" "meta/$1" --keys "$work/keys"; }

# usage: same WHAT EXPECTED FOUND
same() { [ "$2" = "$3" ] || complain "$1: '$3', not '$2'"; }

# The schema of the design: each field is there, and one that is null has its reason in `why`.
complete() {
	local fields
	fields="schema collection_id case_id evidence_no parent_collection public status dispatch authority operator witness location exclusions notes
		target.hostname target.fqdn target.domain target.machine_guid target.manufacturer target.model target.serial target.asset_tag target.uuid
		target.os target.build target.install_date target.boot_time target.state_found target.logged_on target.ip target.mac target.bitlocker target.disks
		clock.start.utc clock.start.local clock.start.tz_offset_min clock.start.boot_time clock.start.uptime_ms clock.end.utc clock.zone clock.reference
		clock.offset_ms clock.w32time tool.name tool.version tool.exe_sha256 tool.commit tool.signer profile.name profile.sha256 rules media.vendor
		media.model media.serial media.fs media.volume_serial media.free_before media.wiped recipients seal.cert_sha256 seal.alg steps footprint.process_id
		footprint.program footprint.peak_memory footprint.bytes_to_files errors totals.files totals.bytes totals.volumes hashes verify.read_back locale"
	# shellcheck disable=SC2086
	jq -r --args '. as $c | $ARGS.positional[] | . as $f | ($f | split(".")) as $p
		| if ($c | getpath($p[:-1]) | type) != "object" or ($c | getpath($p[:-1]) | has($p[-1]) | not) then "no \($f)"
		elif ($c | getpath($p)) == null and $c.why[$f] == null and ($p[0] != "media") then "\($f) is null without a reason" else empty end' \
		$fields <"$1" >"$work/incomplete"
	[ ! -s "$work/incomplete" ] || complain "collection.json: $(tr '\n' ';' <"$work/incomplete")"
}

check_facts() {
	echo '{"operator":{"name":"of the file","org":"SOC"},"evidence_no":"E-7"}' >"$work/facts.json"
	run "facts" 0 collect --facts "$work/facts.json" --operator '<b>田中 & "太郎"</b>' --nonce n0nce-42 --case '</td><script>x' \
		--reference-time "$(TZ=Asia/Tokyo date -d '-100 seconds' +%Y-%m-%dT%H:%M:%S+09:00)"
	bundle_of "facts" || finish
	meta collection.json >"$work/collection.json"
	same "operator" '<b>田中 & "太郎"</b>' "$(jq -r .operator.name "$work/collection.json")"
	same "organization" SOC "$(jq -r .operator.org "$work/collection.json")"
	same "nonce" n0nce-42 "$(jq -r .dispatch.nonce "$work/collection.json")"
	same "offset" true "$(jq '.clock.offset_ms | 99000 < . and . < 110000' "$work/collection.json")"
	same "clock at start and end" true "$(jq '.clock | .start.utc < .end.utc and .start.uptime_ms <= .end.uptime_ms' "$work/collection.json")"
	same "clock not set" true "$(jq '.clock.set_by_ms | -50 < . and . < 50' "$work/collection.json")"
	same "offset at the end" true "$(jq '.clock.offset_end_ms == .clock.offset_ms + .clock.set_by_ms' "$work/collection.json")"
	same "time service" '"kernel"' "$(jq '.clock.w32time.service' "$work/collection.json")"
	complete "$work/collection.json"
	grep -qF '田中 & "太郎"' "$bundle/CUSTODY.txt" || complain "sheet: no operator"
	grep -qF 'n0nce-42' "$bundle/CUSTODY.txt" || complain "sheet: no nonce"
	grep -qE '\+0?(99|10[0-9])\.[0-9]{3} s' "$bundle/CUSTODY.txt" || complain "sheet: no offset"
}

check_mistakes() {
	run "no time" 64 collect --reference-time 07:04
	says_one_line "no time" "reference-time is written"
	run "empty name" 64 collect --operator ''
	says_one_line "empty name" "--operator takes"
	local option
	for option in --operator --nonce; do # a half of a pair of surrogates, too
		run "$option: no UTF-8" 64 collect "$option" $'N\xff'
		says_one_line "$option: no UTF-8" "$option takes a text in UTF-8"
		run "$option: half a pair" 64 collect "$option" $'N\xed\xa0\x80'
		says_one_line "$option: half a pair" "$option takes a text in UTF-8"
	done
}

# usage: check_page WHAT FILE   nothing of it runs, loads or leaves its place
check_page() {
	! grep -qiE '<script|<b>田|javascript:|src=|href=|url\(' "$2" || complain "$1: mark-up of the evidence in the page"
	grep -qF "default-src 'none'; style-src 'unsafe-inline'" "$2" || complain "$1: no policy"
	grep -qF '&lt;/td&gt;&lt;script&gt;x' "$2" || complain "$1: no case"
	grep -qF '&lt;b&gt;田中 &amp; &quot;太郎&quot;&lt;/b&gt;' "$2" || complain "$1: no operator"
	same "$1: boxes" 64 "$(grep -o '<i>' "$2" | wc -l)"
}

# The page's QR code as a picture, five dots a module.
draw_qr() {
	perl -CS -ne 'next unless /viewBox="0 0 (\d+)/; my $n = $1; my @d; $d[$2][$1] = 1 while /M(\d+) (\d+)h1v1h-1z/g;
		print "P1\n", 5 * $n, " ", 5 * $n, "\n";
		for my $y (0 .. 5 * $n - 1) { print join(" ", map { $d[$y / 5][$_ / 5] ? 1 : 0 } 0 .. 5 * $n - 1), "\n" }' "$1"
}

check_sheet() {
	local number id
	number=$(sha256sum "$bundle/MANIFEST.sha256" | cut -c1-64)
	id=$(sed -n 's/^# collection_id: //p' "$bundle/MANIFEST.sha256")
	grep '収集順序 Order:' "$bundle/CUSTODY.txt" >"$work/order"
	! grep -qE 'processes|network' "$work/order" || complain "the sheet has collectors that never ran: $(cat "$work/order")"
	check_page "sealed page" "$bundle/CUSTODY.html"
	! grep -q '<svg' "$bundle/CUSTODY.html" || complain "sealed page: a code before there is a number"
	! grep -oE '<i>[^<]*</i>' "$bundle/CUSTODY.html" | grep -qv nbsp || complain "sealed page: boxes are not empty"
	run "custody" 0 "$kanshiki" custody "$bundle" --ca "$work/keys/evidence-ca.pem" --html "$work/sheet.html"
	same "number" "$number" "$(grep -E '^( \[[0-9a-f]\]){8}$' "$work/out" | tr -d ' []\n')"
	check_page "filled page" "$work/sheet.html"
	same "number of the page" "$number" "$(grep -oE '<i>[0-9a-f]</i>' "$work/sheet.html" | tr -d '</i>\n')"
	grep -q '█' "$work/out" || complain "no code on the screen"
	run "never over another file" 73 "$kanshiki" custody "$bundle" --keys "$work/keys" --html "$work/sheet.html"
	# What cannot be made is 73, whatever the reason, and no sheet is shown without its page.
	run "a page in no directory" 73 "$kanshiki" custody "$bundle" --keys "$work/keys" --html "$work/nothing/sheet.html"
	says_one_line "a page in no directory" "nothing/sheet.html"
	if [ "$(id -u)" = 0 ]; then
		mkdir "$work/ro"
		mount -t tmpfs -o ro tmpfs "$work/ro"
		run "a page, read-only" 73 "$kanshiki" custody "$bundle" --keys "$work/keys" --html "$work/ro/sheet.html"
		umount "$work/ro"
	fi
	if command -v zbarimg >/dev/null; then
		draw_qr "$work/sheet.html" >"$work/qr.pbm"
		same "QR code" "$number $id" "$(zbarimg -q --raw "$work/qr.pbm")"
	else
		echo "zbarimg is not installed: the QR code was not read"
	fi
	cp -a "$bundle" "$work/changed"
	sed -i 's/n0nce-42/n0nce-43/' "$work/changed/CUSTODY.txt"
	run "changed sheet" 65 "$kanshiki" custody "$work/changed" --keys "$work/keys"
	says "changed sheet" "'CUSTODY.txt'"
	[ ! -s "$work/out" ] || complain "changed sheet: shown"
}

# usage: refused WHAT NAME   $work/t does not verify, the file NAME is named, and no sheet is shown
refused() {
	run "$1" 65 "$kanshiki" verify "$work/t" --keys "$work/keys"
	says "$1" "'$2'"
	[ ! -s "$work/out" ] || complain "$1: something on stdout"
	run "$1: custody" 65 "$kanshiki" custody "$work/t" --keys "$work/keys"
	[ ! -s "$work/out" ] || complain "$1: a sheet on stdout"
}

fresh() {
	rm -rf "$work/t"
	cp -a "$bundle" "$work/t"
}

# Who may read may also write: collection.json of another operator, packed and encrypted again with stock tools.
edit_collection() {
	local volume
	fresh
	volume=$(basename "$(ls "$work/t"/meta.*.age | tail -n 1)")
	age -d -i "$work/keys/recipient.key" "$work/t/$volume" | zstd -dcq >"$work/meta.tar"
	LC_ALL=C sed -i 's/"name":"Hanako"/"name":"Jiro99"/' "$work/meta.tar"
	tar -xOf "$work/meta.tar" meta/collection.json | grep -q Jiro99 || complain "edited collection.json: nothing was edited"
	zstd -q <"$work/meta.tar" | age -r "$(sed -n 's/^# recipients: //p' "$work/t/MANIFEST.sha256" | cut -d' ' -f1)" -o "$work/meta.age"
	mv -f "$work/meta.age" "$work/t/$volume"
	refused "edited collection.json" "$volume"
	sed -i "s/^[0-9a-f]*  $volume\$/$(sha256sum <"$work/t/$volume" | cut -c1-64)  $volume/" "$work/t/MANIFEST.sha256"
	refused "edited collection.json, and its hash" MANIFEST.p7s
	# Who stole the kit's seal as well needs our own layout of volumes, and gets another number than that on paper.
	openssl cms -sign -binary -cades -nosmimecap -md sha256 -outform DER -signer "$work/kit/seal.pem" -inkey "$work/kit/seal.key" \
		-in "$work/t/MANIFEST.sha256" -out "$work/t/MANIFEST.p7s" 2>"$work/openssl.log" || complain "openssl: $(tail -n 1 "$work/openssl.log")"
	refused "edited collection.json, sealed by a thief" "$volume"
}

check_tampering() {
	echo '{"operator":{"name":"Hanako"}}' >"$work/names.json"
	run "tampering" 0 collect --facts "$work/names.json" --case C-10
	bundle_of "tampering" || finish
	for name in CUSTODY.txt CUSTODY.html; do
		fresh
		sed -i 's/Hanako/Jiro99/' "$work/t/$name"
		refused "edited $name" "$name"
	done
	edit_collection
}

# The disk of the evidence: its table, what lies in each partition, and which of them BitLocker has locked.
check_disks() {
	make_mbr_disk "$work/disk.img"
	printf '\xeb\x58\x90-FVE-FS-' | dd of="$work/disk.img" bs=512 seek=225280 conv=notrunc status=none
	run "disk" 1 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "$work/disk.img" --profile partition-tables --no-read-back
	bundle_of "disk" || finish
	meta collection.json >"$work/disk.json"
	same "disk" "MBR $((140 << 20)) 8" "$(jq -r '.target.disks | map([.partition_style, .size, (.partitions[-1].number)] | join(" ")) | join(";")' "$work/disk.json")"
	same "partitions" "1:NTFS 2:NTFS 5:not formatted 6:NTFS 7:FAT 8:BitLocker" \
		"$(jq -r '.target.disks[0].partitions | map("\(.number):\(.holds)") | join(" ")' "$work/disk.json")"
	same "locked" 1 "$(jq '[.target.bitlocker[] | select(.state == "locked")] | length' "$work/disk.json")"
	same "C" '"not encrypted"' "$(jq '.target.bitlocker[] | select(.volume == "C") | .state' "$work/disk.json")"
}

# usage: hides WHAT FILE...   no name of a person, a PC or a place
hides() {
	local what=$1
	shift
	! grep -qE 'KANSHIKI|Hanako|Sato|Osaka|Midori|volume\.img' "$@" || complain "$what: $(grep -hE 'KANSHIKI|Hanako|Sato|Osaka|Midori|volume\.img' "$@" | head -n 2)"
}

# With "ids" nothing that is readable without a key names anyone; what is inside does.
check_ids() {
	local host
	host=$(jq -r .target.hostname "$work/collection.json")
	echo '{"evidence_no":"E-7","operator":{"name":"Hanako","org":"Midori"},"witness":[{"name":"Sato"}],"location":{"address":"Osaka"},
		"authority":{"basis":"Sato agreed"},"state_found":"on, Hanako logged on","clock":{"reference":"clock of Sato"}}' >"$work/names.json"
	run "ids" 0 collect --facts "$work/names.json" --case C-9 --nonce n0nce-7 --public ids
	bundle_of "ids" || finish
	same "directory" "C-9_withheld" "$(basename "$bundle" | cut -d_ -f1,2)"
	same "host of the MANIFEST" "# host: withheld" "$(grep '^# host' "$bundle/MANIFEST.sha256")"
	hides "outer files" "$bundle"/MANIFEST.sha256 "$bundle"/CUSTODY.* "$bundle/README.txt" "$bundle/chain.pem"
	grep -q 'C-9' "$bundle/CUSTODY.txt" && grep -q 'n0nce-7' "$bundle/CUSTODY.txt" && grep -q 'E-7' "$bundle/CUSTODY.txt" ||
		complain "outer sheet: the numbers are missing"
	same "collection.json" "ids $host Hanako" "$(meta collection.json | jq -r '[.public, .target.hostname, .operator.name] | join(" ")')"
	run "verify" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
	grep -q "^host: withheld$" "$work/out" && grep -q "^host (sealed inside): $host$" "$work/out" || complain "verify: no host"
	grep -q "^collected by: Hanako (Midori)$" "$work/out" && grep -q "^witness: Sato$" "$work/out" || complain "verify: no people"
	run "sheet without a key" 0 "$kanshiki" custody "$bundle" --ca "$work/keys/evidence-ca.pem"
	hides "sheet without a key" "$work/out"
	run "sheet from inside" 0 "$kanshiki" custody "$bundle" --keys "$work/keys" --html "$work/inner.html"
	for name in Hanako Midori Sato Osaka "$host"; do
		grep -q "$name" "$work/out" && grep -q "$name" "$work/inner.html" || complain "sheet from inside: no '$name'"
	done
	same "number" "$(sha256sum "$bundle/MANIFEST.sha256" | cut -c1-64)" "$(grep -E '^( \[[0-9a-f]\]){8}$' "$work/out" | tr -d ' []\n')"
	run "neither" 64 collect --public all
	says_one_line "neither" "--public: public is names or ids"
}

# Facts of any length make a sheet that can be read; whole they are inside.
check_long_facts() {
	local of
	for of in basis:authority address:location nonce:dispatch; do
		jq -n --arg key "${of%:*}" --arg object "${of#*:}" '{($object): {($key): ("権" * 333000)}}' >"$work/facts.json"
		run "long ${of%:*}" 0 collect --facts "$work/facts.json"
		bundle_of "long ${of%:*}" || return 0
		run "long ${of%:*}: custody" 0 "$kanshiki" custody "$bundle" --keys "$work/keys"
		grep -qE '権 … \(' "$bundle/CUSTODY.txt" || complain "long ${of%:*}: the sheet does not say that it is cut"
		same "long ${of%:*}: inside" 333000 "$(meta collection.json | jq ".${of#*:}.${of%:*} | length")"
	done
}

# The office's word cannot be made laxer on site.
check_kit_ids() {
	run "kit of ids" 0 "$kanshiki" kit new "$work/kit-ids" --keys "$work/keys" --name Ids --public ids
	run "kit of ids: collect" 0 collect --kit "$work/kit-ids"
	bundle_of "kit of ids" || finish
	same "kit of ids: host" "# host: withheld" "$(grep '^# host' "$bundle/MANIFEST.sha256")"
	run "kit of ids: names asked for" 64 collect --kit "$work/kit-ids" --public names
	says_one_line "kit of ids: names asked for" "no names show outside"
	sed -i 's/,"public":"ids"//' "$work/kit-ids/kit.json"
	run "kit of ids: changed" 65 collect --kit "$work/kit-ids"
	says_one_line "kit of ids: changed" "kit.json"
}

make_work
have_image
make_kit
check_facts
check_sheet
check_mistakes
check_long_facts
check_ids
check_kit_ids
check_disks
check_tampering
finish
