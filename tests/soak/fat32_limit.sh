#!/bin/bash
# fat32_limit.sh BUILD [DIR]: files may have 4 GiB - 1 bytes, as on FAT32 (RLIMIT_FSIZE). More than that of what cannot be compressed
# is collected by the shipped program: the volumes rotate before, verify passes, what is extracted is the same. A writer that
# is asked for volumes of 5000 MiB ends cleanly where the file may not grow: what is sealed opens, and it goes on to the end
# with volumes that fit. DIR (/tmp) needs 20 GB of room. Some minutes. Not part of the tests: e2e/resume_full.sh has small limits.
set -euo pipefail
build=${1:?usage: tests/soak/fat32_limit.sh BUILD [DIR]}
. "$(dirname "$0")/../lib.sh"
limit=$(((4 << 30) - 1))

# usage: limited COMMAND...
limited() { prlimit --fsize="$limit" "$@"; }

# usage: largest BUNDLE   sets $largest and $all, of its volumes
largest() {
	largest=$(stat -c %s "$1"/*.age | sort -n | tail -n 1)
	all=$(du -cb "$1"/*.age | tail -n 1 | cut -f 1)
}

# A FAT32 volume with twice the same 2300 MiB of noise: zstd does not look back so far.
make_volume() {
	head -c 2300M /dev/zero | openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 00000000000000000000000000000000 >"$work/noise"
	noise=$(sha256sum <"$work/noise")
	truncate -s 4700M "$work/volume.img"
	mkfs.fat -F 32 "$work/volume.img" >/dev/null
	for name in a b; do MTOOLS_SKIP_CHECK=1 mcopy -i "$work/volume.img" "$work/noise" "::$name.bin"; done
	rm "$work/noise"
}

need prlimit openssl mkfs.fat mcopy
make_work
[ -z "${2:-}" ] || {
	cleanup
	work=$(mktemp -d "$2/kanshiki-limit.XXXXXX")
}
make_kit
make_volume
mkdir "$work/out-dir" "$work/wish"
run "collect" 0 limited "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/volume.img" --profile none --take '**'
bundle_of "collect" || finish
largest "$bundle"
[ "$all" -gt "$limit" ] || complain "only $all bytes came out"
[ "$largest" -lt "$limit" ] || complain "a volume of $largest bytes"
echo "collect: $all bytes in $(find "$bundle" -name '*.age' | wc -l) volumes, the largest $largest"
run "verify" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
for name in a b; do
	[ "$("$kanshiki" cat "$bundle" "fs/C/$name.bin" --keys "$work/keys" | sha256sum)" = "$noise" ] || complain "$name.bin is another"
done
rm -rf "$bundle" "$work/volume.img"

# A volume of 5000 MiB is asked for.
run "a wish above the limit" 1 limited bash -c "trap '' XFSZ; exec \"\$@\"" - "$build/tests/mkbundle" "$work/kit" "$work/wish" 13000 5000
bundle=$(find "$work/wish" -mindepth 1 -maxdepth 1)
run "a wish above the limit: verify" 1 "$kanshiki" verify "$bundle" --keys "$work/keys"
[ "$(stat -c %s "$bundle"/*.part)" = "$limit" ] || complain "the volume did not end at the limit: $(ls -l "$bundle")"
RESUME=1 run "a wish above the limit: resume" 0 limited "$build/tests/mkbundle" "$work/kit" "$bundle" 13000 1900
largest "$bundle"
[ "$all" -gt "$limit" ] && [ "$largest" -lt "$limit" ] || complain "volumes of $largest bytes, $all in all"
run "a wish above the limit: verify the whole" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
finish
