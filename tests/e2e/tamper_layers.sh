#!/bin/bash
# A bit flipped in each layer of a volume, which is then sealed anew with the kit's own key (what a thief of a kit could do): each
# layer catches its own, and the object is named. The layers that a seal alone protects are flipped in tests/e2e/tamper.sh.
# usage: tests/e2e/tamper_layers.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/tamper_layers.sh BUILD}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need perl age openssl zstd jq
files=files.001.tar.zst.age meta=meta.001.tar.zst.age
layers=$tests/volume_layers.pl
tried=0

# Opened once: the plaintext of both volumes and the tars in them.
make_bundle() {
	local name
	run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work" 4 64
	bundle_of "mkbundle" || finish
	run "untouched" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
	for name in $files $meta; do
		age -d -i "$work/keys/recipient.key" -o "$work/$name.plain" "$bundle/$name"
		perl "$layers" "$work/$name.plain" - cat >"$work/$name.tar"
		perl "$layers" "$work/$name.plain" - places >"$work/$name.places"
	done
}

# usage: hash_of FILE [sha512]   what it is now, in the lists that are sealed
hash_of() { "${2:-sha256}sum" <"$1" | cut -d ' ' -f 1; }

# usage: seal NAME PLAIN   $work/t: the bundle with that content of the volume NAME, encrypted, listed and sealed as the kit would
seal() {
	rm -rf "$work/t" && cp -a "$bundle" "$work/t"
	if [ "$2" != - ]; then age -R "$work/kit/recipients.txt" -o "$work/t/$1" "$2"; else cp "$work/changed" "$work/t/$1"; fi
	sed -i "s/^[0-9a-f]*  $1\$/$(hash_of "$work/t/$1" sha512)  $1/" "$work/t/MANIFEST.sha512"
	sed -i "s/^[0-9a-f]*  $1\$/$(hash_of "$work/t/$1")  $1/; s/^[0-9a-f]*  MANIFEST.sha512\$/$(hash_of "$work/t/MANIFEST.sha512")  MANIFEST.sha512/" "$work/t/MANIFEST.sha256"
	sign
}

# $work/t's MANIFEST.sha256 by the kit's own seal
sign() {
	openssl cms -sign -binary -cades -nosmimecap -md sha256 -signer "$work/kit/seal.pem" -inkey "$work/kit/seal.key" -outform DER \
		-in "$work/t/MANIFEST.sha256" -out "$work/t/MANIFEST.p7s" 2>"$work/sign" || complain "openssl cms: $(cat "$work/sign")"
}

# usage: refused WHAT PATTERN   $work/t, whose seal is good, is refused, and what is wrong with it is said
refused() {
	tried=$((tried + 1))
	run "$1" 65 "$kanshiki" verify "$work/t" --keys "$work/keys"
	head -n 1 "$work/err" | grep -qE -- "$2" || complain "$1: not '$2': $(head -n 2 "$work/err")"
	! grep -q "MANIFEST.p7s" "$work/err" || complain "$1: it is the seal that is refused: $(cat "$work/err")"
}

# usage: spots FROM LEN COUNT   places at random in there, its first and its last
spots() {
	perl -e 'my ($from, $len, $count) = @ARGV; print join("\n", $from, $from + $len - 1, map { $from + int rand $len } 1 .. $count), "\n"' "$@"
}

bit() { echo $((RANDOM % 8)); }

# usage: in_plain WHAT NAME PATTERN FROM LEN COUNT   bits of a volume's plaintext
in_plain() {
	local at
	for at in $(spots "$4" "$5" "$6"); do
		perl "$layers" "$work/$2.plain" "$work/plain" flip "$at" "$(bit)"
		seal "$2" "$work/plain"
		refused "$1, byte $at of $2" "$3"
	done
}

# usage: in_tar WHAT NAME PATTERN FROM LEN COUNT   bits of the tar in it
in_tar() {
	local at
	for at in $(spots "$4" "$5" "$6"); do
		perl "$layers" "$work/$2.plain" "$work/plain" tar "$at" "$(bit)"
		seal "$2" "$work/plain"
		refused "$1, byte $at of the tar in $2" "$3"
	done
}

# usage: where NAME TEXT   byte offset of TEXT in the tar of a volume
where() { text=$2 perl -0777 -ne '$at = index $_, $ENV{text}; die "no $ENV{text}" if $at < 0; print $at' "$work/$1.tar"; }

age_layers() {
	local name size header at
	for name in $files $meta; do
		size=$(stat -c %s "$bundle/$name")
		header=$(perl -0777 -ne '/^--- [^\n]+\n/m and print $+[0]' "$bundle/$name")
		for at in $(spots 0 "$header" 6) $(spots "$header" $((size - header)) 6); do
			perl -0777 -pe 'BEGIN { ($at, $bit) = splice @ARGV, 0, 2 } substr($_, $at, 1) ^= chr(1 << $bit)' "$at" "$(bit)" "$bundle/$name" >"$work/changed"
			seal "$name" -
			refused "age, byte $at of $name (header $header)" "'$name'|'fs/C/"
		done
	done
}

frame_layers() {
	local name kind at len
	for name in $files $meta; do
		while read -r kind at len; do
			in_plain "$kind" "$name" "'$name'|'fs/C/|'meta" "$at" "$len" 4
		done <"$work/$name.places"
	done
	for name in $files $meta; do # another place for the first header, in good JSON
		at=$(perl -0777 -ne 'print $-[1] if /"next_header":(\d)/' "$work/$name.plain")
		perl "$layers" "$work/$name.plain" "$work/plain" flip "$at" 0
		seal "$name" "$work/plain"
		refused "next_header of $name" "'$name' says that the next header"
	done
	# The bit of a frame's descriptor that RFC 8878 leaves to nobody.
	at=$(awk '$1 == "frame" { print $2 + 4; exit }' "$work/$files.places")
	perl "$layers" "$work/$files.plain" "$work/plain" flip "$at" 4
	seal $files "$work/plain"
	refused "the unused bit of a frame" "'$files'|'fs/C/"
}

tar_layers() {
	local path tar data size records
	"$kanshiki" ls "$bundle" --json --keys "$work/keys" | jq -r '"\(.path) \(.place.tar) \(.place.data) \(.size)"' >"$work/rows"
	while read -r path tar data size; do
		# The pax header, its records (times too: the row tells them), what fills its block, the ustar header.
		records=$(perl -0777 -ne 'BEGIN { $at = shift } print oct substr $_, $at + 124, 11' "$tar" "$work/$files.tar")
		in_tar "pax header" $files "'fs/C/|'files'" "$tar" 512 2
		in_tar "pax records" $files "'fs/C/|'files'" $((tar + 512)) "$records" 6
		in_tar "pax padding" $files "'fs/C/|'files'" $((tar + 512 + records)) $((512 - records)) 1
		in_tar "tar header" $files "'fs/C/|'files'" $((data - 512)) 512 3
		in_tar "entry" $files "'$path'" "$data" "$size" 3
		[ $((size % 512)) -eq 0 ] || in_tar "padding" $files "'$path'" $((data + size)) $((512 - size % 512)) 1
	done <"$work/rows"
	in_tar "tar header of rows" $meta "'meta'" 0 512 4
}

# Who salvages hears of a header that says another time than its row, and of which entry: stock tar would set that time.
salvage_times() {
	local path at
	run "salvage of what agrees" 0 "$kanshiki" salvage "$bundle" -C "$work/salvaged" --keys "$work/keys"
	! grep -q 'tar header' "$work/err" "$work/salvaged/SALVAGE.tsv" || complain "salvage of what agrees: speaks of headers"
	read -r path at _ < <(sed -n 3p "$work/rows")
	at=$(perl -0777 -ne 'BEGIN { $at = shift } $at = index $_, " mtime=", $at; die if $at < 0; print $at + 12' "$at" "$work/$files.tar")
	perl "$layers" "$work/$files.plain" "$work/plain" tar "$at" 0
	seal $files "$work/plain"
	refused "another time in a header" "'$path': its tar header does not say what its row says"
	rm -rf "$work/salvaged"
	run "salvage of another time" 1 "$kanshiki" salvage "$work/t" -C "$work/salvaged" --keys "$work/keys"
	[ "$(grep -c 'tar header' "$work/err")" -eq 1 ] || complain "salvage of another time: $(cat "$work/err")"
	grep -q "'$work/t': '$path': its tar header does not say what its row says" "$work/err" || complain "salvage of another time: not said of which: $(cat "$work/err")"
	grep 'tar header' "$work/salvaged/SALVAGE.tsv" | cut -f 4 | cmp -s - <(echo "$path") || complain "salvage of another time: $(grep 'tar header' "$work/salvaged/SALVAGE.tsv")"
}

# What a row says of its entry, the table of contents, the journal.
meta_layers() {
	local key at row
	row=$(where $meta '"path":"fs/C/Bulk/00002.bin"')
	for key in '"path":"' '"tar":' '"data":' '"stored_size":' '"sha256":"' '"volume":1'; do
		at=$(perl -0777 -ne 'BEGIN { ($from, $key) = splice @ARGV, 0, 2 } print index($_, $key, $from) + length $key' "$row" "$key" "$work/$meta.tar")
		[ "$key" != '"volume":1' ] || at=$((at - 1))
		perl "$layers" "$work/$meta.plain" "$work/plain" tar "$at" 0
		seal $meta "$work/plain"
		refused "row: $key" "'fs/C/|'meta|a row"
	done
	at=$(where $meta '{"format":1,"collection_id":')
	in_tar "toc.json" $meta "'meta/toc.json'" "$at" $(($(perl -0777 -ne 'BEGIN { $at = shift } print index($_, "\n", $at) - $at' "$at" "$work/$meta.tar"))) 12
	toc_that_contradicts_itself
	at=$(where $meta '"previous":')
	in_tar "journal" $meta "'meta/journal.jsonl'|'meta'" "$at" 300 4
}

# As many bytes as before, and good JSON: a hash that is the end of the one in MANIFEST.sha512, or none; one key twice.
toc_that_contradicts_itself() {
	local at hash text
	at=$(where $meta '"sha512":"')
	hash=$(perl -0777 -ne 'BEGIN { $at = shift } print substr $_, $at + 10, 128' "$at" "$work/$meta.tar")
	for text in "\"sha512\":\"\",\"rest\":\"${hash:0:118}\"" "\"sha512\":\"${hash:64}\",\"rest\":\"${hash:0:54}\"" \
		"\"sha512\":\"${hash:0:127}\" "; do
		perl "$layers" "$work/$meta.plain" "$work/plain" put "$at" "$text"
		seal $meta "$work/plain"
		refused "toc.json: ${text:0:40}" "'meta/toc.json': what it says of '$files' is not so"
	done
	at=$(where $meta '{"format":1,"collection_id":')
	perl "$layers" "$work/$meta.plain" "$work/plain" put "$at" '{"format":1,"format":1,"x":"x'
	seal $meta "$work/plain"
	refused "toc.json: a key twice" "'meta/toc.json': a key twice"
}

# usage: sealed_list WHAT PATTERN SED   MANIFEST.sha512 changed, listed and sealed as the kit would; stock sha512sum finds it too
sealed_list() {
	seal $files "$work/$files.plain"
	sed -i "$3" "$work/t/MANIFEST.sha512"
	[ "$1" != "no list" ] || { rm "$work/t/MANIFEST.sha512" && sed -i '/  MANIFEST.sha512$/d' "$work/t/MANIFEST.sha256"; }
	sed -i "s/^[0-9a-f]*  MANIFEST.sha512\$/$(hash_of "$work/t/MANIFEST.sha512" 2>/dev/null)  MANIFEST.sha512/" "$work/t/MANIFEST.sha256"
	sign
	refused "MANIFEST.sha512: $1" "$2"
}

second_list() {
	local name
	for name in $files $meta; do
		sealed_list "another hash of $name" "'MANIFEST.sha512'.*'$name' has another SHA-512" "/$name\$/s/^.\{16\}/0123456789abcdef/"
		! (cd "$work/t" && sha512sum --strict --quiet -c MANIFEST.sha512 >"$work/stock" 2>&1) || complain "sha512sum takes another hash of $name"
		sealed_list "no line of $name" "'MANIFEST.sha512'.*no line of '$name'" "/$name\$/d"
		sealed_list "two lines of $name" "'MANIFEST.sha512'.*'$name' is there twice" "/$name\$/p"
	done
	sealed_list "another file" "'MANIFEST.sha512'.*line 2 is not of a sealed volume" '1a '"$(printf '0%.0s' $(seq 128))"'  README.txt'
	sealed_list "capitals" "'MANIFEST.sha512'.*has another SHA-512" '1s/^[0-9a-f]*/\U&/'
	sealed_list "junk" "'MANIFEST.sha512'.*line 3 is not of a sealed volume" '$a junk'
	sealed_list "no list" "'MANIFEST.sha512' is not listed" ''
}

make_work
make_kit
make_bundle
# What seal() makes is as good as the writer's: else nothing here means anything.
seal $meta "$work/$meta.plain"
run "sealed anew, nothing changed" 0 "$kanshiki" verify "$work/t" --keys "$work/keys"
age_layers
frame_layers
tar_layers
salvage_times
meta_layers
second_list
echo "$tried bits"
[ "$tried" -ge 100 ] || complain "only $tried bits tried"
finish
