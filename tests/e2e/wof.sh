#!/bin/bash
# Files that Windows packed with WOF (compact /exe): libwim's compressors pack them into a real NTFS volume, collect and
# extract give the originals back, byte for byte. A damaged one loses its chunk, and its packed stream comes too.
# usage: tests/e2e/wof.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/wof.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq age zstd tar perl

# usage: same WHAT EXPECTED FOUND
same() { [ "$2" = "$3" ] || complain "$1: '$3', not '$2'"; }

rows() {
	local volume
	for volume in "$bundle"/meta.*.age; do age -d -i "$work/keys/recipient.key" "$volume"; done | zstd -dcq |
		tar -xOf - --wildcards 'meta/entries.*' 2>/dev/null
}

make_image() {
	local code=0
	KANSHIKI_BUILD=$build "$tests/make-wof-image.sh" "$work/wof.img" "$work/originals" >"$work/image.log" 2>&1 || code=$?
	[ "$code" -eq 0 ] || { tail -n 3 "$work/image.log"; exit "$code"; }
}

# usage: row_of PATH FILTER
row_of() { jq -r "select(.path == \"fs/C/$1\") | $2" "$work/rows"; }

check_whole() {
	local algorithm file name
	for algorithm in xpress4k lzx xpress8k xpress16k; do
		for file in "$work/originals"/*; do
			name=$algorithm/$(basename "$file")
			cmp -s "$file" "$work/extracted/fs/C/$name" || complain "$name: not the original"
			same "$name: row" "taken $algorithm $(stat -c %s "$file")" \
				"$(row_of "$name" '"\(.status) \(.wof.algorithm) \(.stored_size)"')"
			same "$name: sha256" "$(sha256sum "$file" | cut -c1-64)" "$(row_of "$name" .sha256)"
		done
		same "$algorithm/empty" "taken 0" "$(row_of "$algorithm/empty" '"\(.status) \(.size)"')"
	done
	same "packed streams beside whole content" "" "$(jq -r .path "$work/rows" | grep ':WofCompressedData' | grep -v /damaged/ || true)"
}

# Everything but one chunk of 32 KiB, and that is said.
check_damaged() {
	local name
	name=damaged/chunk
	same "$name: row" "partial lzx" "$(row_of "$name" '"\(.status) \(.wof.algorithm)"')"
	same "$name: bad" "[[65536,32768]]" "$(row_of "$name" '.bad_ranges | tojson')"
	perl -e 'my ($at, $len, @f) = @ARGV; local $/; my @c = map { open my $h, "<", $_ or die; scalar <$h> } @f;
		substr($_, $at, $len) = "" for @c; exit($c[0] ne $c[1])' 65536 32768 "$work/originals/text" "$work/extracted/fs/C/$name" ||
		complain "$name: more than that differs"
	for name in damaged/chunk damaged/unknown damaged/cut; do
		same "$name: its packed stream" taken "$(row_of "$name:WofCompressedData" .status)"
	done
	same "damaged/unknown: row" "partial unsupported 0" \
		"$(row_of damaged/unknown '"\(.status) \(.reason_kind) \(.stored_size)"')"
	same "damaged/gone: row" "partial damaged 0" "$(row_of damaged/gone '"\(.status) \(.reason_kind) \(.stored_size)"')"
	same "damaged/cut: row" "partial damaged" "$(row_of damaged/cut '"\(.status) \(.reason_kind)"')"
	cmp -s -n 90000 "$work/originals/text" "$work/extracted/fs/C/damaged/cut" || complain "damaged/cut: the first part is lost"
}

check_reparse() {
	local name
	for name in cloud dedup wim; do
		same "$name: row" "partial $name 0 []" \
			"$(row_of "reparse/$name" '"\(.status) \(.reparse.content) \(.stored_size) \(.sparse_map)"')"
	done
	same "cloud: size" 12345 "$(stat -c %s "$work/extracted/fs/C/reparse/cloud")"
	same "cloud: name" CLOUD_6 "$(row_of reparse/cloud .reparse.name)"
	same "wim: sha1" 0102030405060708090a0b0c0d0e0f1011121314 "$(row_of reparse/wim .reparse.sha1)"
	same "link: target" 'taken a\b.c true' "$(row_of reparse/link '"\(.status) \(.reparse.target) \(.reparse.relative)"')"
	same "extended attributes" '$LXUID 4 e8030000 null $LXMOD 4 a4810000 true' \
		"$(row_of reparse/wsl '[.ea[] | "\(.name) \(.size) \(.value) \(.needed)"] | join(" ")')"
	same "object id" "04030201-0605-0807-090a-0b0c0d0e0f10 14131211 24232221 34333231" \
		"$(row_of reparse/wsl '.object_id | "\(.id) \(.birth_volume[:8]) \(.birth_id[:8]) \(.domain[:8])"')"
	same "cloud: reason" "the content is in the cloud, not on this disk" "$(row_of reparse/cloud .reason)"
}

# The timeline names what stands behind a file.
check_timeline() {
	run "timeline" 0 "$kanshiki" timeline "$work/wof.img"
	grep '"set":"si"' "$work/out" >"$work/lines"
	same "timeline: link" 'SYMLINK a\b.c' "$(jq -r 'select(.path == "reparse/link") | "\(.reparse) \(.reparse_target)"' "$work/lines")"
	same "timeline: packed" lzx "$(jq -r 'select(.path == "lzx/text") | .packed' "$work/lines")"
	same "timeline: wsl" '$LXUID $LXMOD 04030201' "$(jq -r 'select(.path == "reparse/wsl") | "\(.ea) \(.object_id[:8])"' "$work/lines")"
}

make_work
make_kit
mkdir "$work/out-dir"
make_image
run "everything" 1 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/wof.img" \
	--profile none --take '**'
bundle_of everything || finish
rows >"$work/rows"
intact everything "$bundle" "0|1"
check_whole
check_damaged
check_reparse
check_timeline
rm -rf "$bundle"
# A pattern that names streams gets the packed one.
run "the packed stream" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/wof.img" \
	--profile none --take 'lzx/text:*'
bundle_of "the packed stream" || finish
same "the packed stream" "fs/C/lzx/text:WofCompressedData" "$("$kanshiki" ls "$bundle" --keys "$work/keys" | grep '^fs/' | paste -sd' ')"
finish
