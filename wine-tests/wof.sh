#!/bin/bash
# kanshiki.exe unpacks the files of \\.\X: that WOF packed: each as its original, damaged ones with their packed stream.
# usage: wine-tests/wof.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

collect_packed() {
	local algorithm file out=$work/out-$arch
	use_wine "$arch"
	map_volume X "$work/wof.img"
	mkdir -p "$out"
	run "$arch: collect" 1 kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$out")" \
		--volume 'C=\\.\X:' --profile none --take '**'
	bundle_of_exe "$arch: collect" || return 0
	intact "$arch" "$bundle" "0|1"
	for algorithm in xpress4k lzx xpress8k xpress16k; do
		for file in "$work/originals"/*; do
			cmp -s "$file" "$work/extracted/fs/C/$algorithm/$(basename "$file")" ||
				complain "$arch: $algorithm/$(basename "$file"): not the original"
		done
	done
	[ -f "$work/extracted/fs/C/damaged/chunk:WofCompressedData" ] || complain "$arch: no packed stream of a damaged file"
	[ ! -e "$work/extracted/fs/C/lzx/text:WofCompressedData" ] || complain "$arch: a packed stream of a whole file"
}

make_work
code=0
KANSHIKI_BUILD=$build "$tests/make-wof-image.sh" "$work/wof.img" "$work/originals" >"$work/image.log" 2>&1 || code=$?
[ "$code" -eq 0 ] || { tail -n 3 "$work/image.log"; exit "$code"; }
make_kit
for arch in win64 win32; do
	has_wine "$arch" || continue
	collect_packed
done
finish
