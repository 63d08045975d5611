#!/bin/bash
# What kanshiki.exe leaves behind on a PC: files and registry of the whole Wine prefix are the same before and after a
# collection that takes from it, and the image it reads too.
# usage: wine-tests/footprint.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need jq

# Wine writes its registry when its server ends. Times of keys and Wine's own clockwork are no trace of ours.
settle() {
	"$WINESERVER" -k >/dev/null 2>&1 || true
	"$WINESERVER" -w
}

# usage: state OUT   every file of the prefix with size and both times, of which nobody can set back the second; every key of the registry with its values
state() {
	(cd "$WINEPREFIX" && find . -mindepth 1 -path ./dosdevices -prune -o ! -name '*.reg' -printf '%p %y %s %T@ %C@\n' | sort) >"$1.files"
	(cd "$WINEPREFIX" && sed -E 's/^(\[.*\]) [0-9]+$/\1/; /^#time=/d' system.reg user.reg userdef.reg) >"$1.registry"
}

check() {
	local part
	use_wine "$arch"
	map_volume X "$image"
	# What Wine does the first time any program starts is not ours.
	kanshiki_exe --version >/dev/null 2>&1 || true
	settle
	state "$work/before-$arch"
	sha256sum <"$image" >"$work/image-$arch"
	# No --volume but X: live state of the system is taken as well.
	run "$arch" "0|1" kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$work/out-$arch")" --volume 'C=\\.\X:'
	bundle_of_exe "$arch" || return 0
	settle
	state "$work/after-$arch"
	for part in files registry; do
		cmp -s "$work/before-$arch.$part" "$work/after-$arch.$part" ||
			complain "$arch: $part of the prefix changed: $(diff "$work/before-$arch.$part" "$work/after-$arch.$part" | head -n 6)"
	done
	sha256sum <"$image" | cmp -s - "$work/image-$arch" || complain "$arch: the image changed"
	[ "$(find "$work/out-$arch" -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ] || complain "$arch: more than the bundle in --out"
	"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" >"$work/collection.json"
	[ "$(jq '.footprint | .directories_made == 2 and .registry == "read only" and .process_id > 0 and .bytes_to_files > 100000' "$work/collection.json")" = true ] ||
		complain "$arch: $(jq -c .footprint "$work/collection.json")"
	[ "$(jq -r '.media.fs' "$work/collection.json")" != null ] || complain "$arch: no medium: $(jq -c .media "$work/collection.json")"
	[ "$(jq -r '.clock.w32time.service' "$work/collection.json")" = W32Time ] || complain "$arch: no time service"
}

# The state of the PC itself, where it is the one that is collected from: no volume of it, only what lives.
check_live() {
	run "$arch: live" "0|1" kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$work/out-$arch")" --case LIVE
	bundle_of_exe "$arch: live" || return 0
	"$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" >"$work/collection.json"
	[ "$(jq '.target.is_running and .target.fqdn != null and .target.build != null and (.target.ip | length) > 0 and (.target.disks | length) > 0' \
		"$work/collection.json")" = true ] || complain "$arch: live: $(jq -c .target "$work/collection.json")"
	[ "$(jq '.footprint.expected_traces | length' "$work/collection.json")" -gt 2 ] || complain "$arch: live: no expected traces"
}

make_work
have_image
make_kit
for arch in win64 win32; do
	has_wine "$arch" || continue
	check
	check_live
done
finish
