#!/bin/bash
# Gigabytes of zeros in a few bytes, sealed by a kit of ours (a stolen stick): 4 GiB as format 1 holds them, in a thousand frames, whose rows
# tell of all of it; and in one frame of 131 KB, with a seek table and rows that agree, or not. Each command holds less than 100 MB; what
# the format allows comes out as a hole, what it does not is refused in a line.
# usage: tests/e2e/bombs.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/bombs.sh BUILD}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need perl age openssl zstd
files=files.001.tar.zst.age
most_kib=97656 # 100 MB
size=4294000000 # a seek table has 32 bits for a frame's content

# usage: bounded WHAT CODES COMMAND...
bounded() {
	local what=$1 codes=$2
	shift 2
	run "$what" "$codes" "$build/tests/peak" "$work/peak" "$@"
	[ "$(cat "$work/peak")" -le "$most_kib" ] || complain "$what: $(cat "$work/peak") KiB"
}

# usage: unpacks WHAT CODES COMMAND...   into $work/x, which then takes less than a megabyte
unpacks() {
	local what=$1 codes=$2
	shift 2
	rm -rf "$work/x"
	bounded "$what: $*" "$codes" "$kanshiki" "$@" "$work/t" -C "$work/x" --keys "$work/keys"
	[ ! -d "$work/x" ] ||
		[ "$(du -sk "$work/x" | cut -f 1)" -lt 1000 ] || complain "$what: $* takes $(du -sk "$work/x" | cut -f 1) KiB"
}

# usage: cat_it WHAT CODE   to a pipe; $work/out is how much it was
cat_it() { bounded "$1: cat" "$2" bash -c 'set -o pipefail; "$@" | wc -c' - "$kanshiki" cat "$work/t" fs/C/zeros --keys "$work/keys"; }

# usage: is_whole WHAT
is_whole() { [ "$(stat -c %s "$work/x/fs/C/zeros")" -eq $size ] || complain "$1: not all of it came out"; }

# usage: refused WHAT PATTERN
refused() {
	bounded "$1: verify" 65 "$kanshiki" verify "$work/t" --keys "$work/keys"
	says "$1: verify" "$2"
	cat_it "$1" 65
	unpacks "$1" "1|65" extract
	unpacks "$1" "1|65" extract --unverified
	unpacks "$1" "1|65" salvage
}

# usage: forge CONTENT   $work/t: the bundle with one frame of 4 GB, of whose content the seek table says CONTENT bytes; sealed as the kit would
forge() {
	rm -rf "$work/t" && cp -a "$bundle" "$work/t"
	perl -e 'my ($plain, $frame, $content) = @ARGV;
		sub slurp { open my $f, "<:raw", shift or die; local $/; <$f> }
		my ($old, $packed) = (slurp($plain), slurp($frame));
		my (undef, $len) = unpack "VV", $old;
		binmode STDOUT;
		print substr($old, 0, 8 + $len), $packed, pack("VVVVVCV", 0x184D2A5E, 17, length $packed, $content, 1, 0, 0x8F92EAB1)' \
		"$work/plain" "$work/frame" "$1" | age -R "$work/kit/recipients.txt" -o "$work/t/$files"
	seal
}

seal() {
	local name kind
	for kind in 512 256; do
		for name in $files MANIFEST.sha512; do
			sed -i "s/^[0-9a-f]*  $name\$/$("sha${kind}sum" <"$work/t/$name" | cut -d ' ' -f 1)  $name/" "$work/t/MANIFEST.sha$kind"
		done
	done
	openssl cms -sign -binary -cades -nosmimecap -md sha256 -signer "$work/kit/seal.pem" -inkey "$work/kit/seal.key" -outform DER \
		-in "$work/t/MANIFEST.sha256" -out "$work/t/MANIFEST.p7s" 2>"$work/sign" || complain "openssl cms: $(cat "$work/sign")"
}

make_work
make_kit
mkdir "$work/made"
echo "entry fs/C/zeros fs/C/zeros $size" >"$work/script"
run "4 GB of zeros" 0 bash -c '"$1" "$2" "$3" <"$4"' - "$build/tests/mkhostile" "$work/kit" "$work/made" "$work/script"
bundle_of "4 GB of zeros" || finish
cp -a "$bundle" "$work/t"
[ "$(stat -c %s "$bundle/$files")" -lt 300000 ] || complain "it is no bomb: $(stat -c %s "$bundle/$files") bytes"
bounded "a thousand frames: verify" 0 "$kanshiki" verify "$work/t" --keys "$work/keys"
bounded "a thousand frames: ls" 0 "$kanshiki" ls "$work/t" --keys "$work/keys"
cat_it "a thousand frames" 0
[ "$(cat "$work/out")" -eq $size ] || complain "a thousand frames: cat gave $(cat "$work/out") bytes"
for command in extract salvage; do
	unpacks "a thousand frames" 0 $command
	is_whole "a thousand frames: $command"
done

# The same tar in one frame, as stock zstd makes it: the table and the rows agree, but no frame is that large.
age -d -i "$work/keys/recipient.key" -o "$work/plain" "$bundle/$files"
length=$(zstd -dcq "$work/plain" | wc -c)
zstd -dcq "$work/plain" | zstd -1cq --check --single-thread --stream-size="$length" >"$work/frame"
forge "$length"
refused "one frame" "'$files'.*frame 0 unpacks to $length bytes"
forge $((4 << 20))
refused "one frame, said to be 4 MiB" "'$files'|fs/C/zeros"
# No seek table: frames are looked for.
forge "$length"
age -d -i "$work/keys/recipient.key" "$work/t/$files" | head -c -1 >"$work/cut"
age -R "$work/kit/recipients.txt" -o "$work/t/$files" "$work/cut"
seal
refused "one frame, no table" "'$files'"
finish
