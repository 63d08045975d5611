#!/bin/bash
# kanshiki.exe: shadow copies of \\.\X: read from the volume's own bytes, without the shadow copy service, which Wine does
# not have: the old content of a file that changed, and nothing twice. 64 bits; 32 where wine32 is.
# usage: wine-tests/shadow.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# Two states of the image: in the second a block of SYSTEM is otherwise.
make_states() {
	local record first
	need ifind istat icat
	record=$(ifind -n Windows/System32/config/SYSTEM "$image")
	first=$(istat "$image" "$record" | awk 'data { print $1; exit } /^Type: \$DATA/ { data = 1 }')
	cp "$image" "$work/now.img"
	printf 'changed since' | dd of="$work/now.img" bs=1 seek="$((first * 4096 + 4200))" conv=notrunc status=none
	icat "$image" "$record" >"$work/SYSTEM.then"
	icat "$work/now.img" "$record" >"$work/SYSTEM.now"
	"$build/tests/mkvss" "$work/shadow.img" "$image" "$work/now.img" >"$work/mkvss"
}

check_arch() {
	local out=$work/out-$arch rows config=Windows/System32/config
	use_wine "$arch"
	map_volume X "$work/shadow.img"
	mkdir -p "$out"
	run "$arch: collect" 0 kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$out")" \
		--volume 'C=\\.\X:' --profile registry --deleted none
	bundle_of_exe "$arch: collect" || return 0
	intact "$arch" "$bundle" 0
	cmp "$work/SYSTEM.then" "$work/extracted/fs/\$vss\$/C/1/$config/SYSTEM" || complain "$arch: SYSTEM is not as it was"
	cmp "$work/SYSTEM.now" "$work/extracted/fs/C/$config/SYSTEM" || complain "$arch: SYSTEM is not as it is"
	rows=$("$kanshiki" ls "$bundle" --all --json --keys "$work/keys" | jq -r 'select(.path | startswith("fs/$vss$/")) |
		"\(.status) \(.read) \(.snapshot.now)"' | sort | uniq -c | sort -rn | awk '{ print $2, $3, $4 }' | paste -sd,)
	[ "$rows" = "same_as vss same,taken vss changed" ] || complain "$arch: rows of the shadow copy: $rows"
}

make_work
have_image
make_kit
need jq
make_states
for arch in win64 win32; do
	has_wine "$arch" || continue
	check_arch
done
finish
