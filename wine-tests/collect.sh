#!/bin/bash
# kanshiki.exe end to end: a kit made on Linux, \\.\X: collected under Wine with the live collectors, the bundle
# verified, listed and opened on Linux; every file equal to what tests/make-image.sh put in. 64 and 32 bits.
# usage: wine-tests/collect.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

check_live() {
	local file
	for file in processes network; do
		"$kanshiki" ls "$bundle" --keys "$work/keys" | grep -qE "^live/.*$file.*\.jsonl" ||
			complain "$arch: no live/*$file*.jsonl in the bundle"
	done
	grep -qE '"pid"' "$work"/extracted/live/*process*.jsonl || complain "$arch: no process in the list"
	grep -qi 'kanshiki\.exe' "$work"/extracted/live/*process*.jsonl || complain "$arch: the list lacks ourselves"
}

# Names in directory slack, and owners.
check_slack_and_owners() {
	[ "$(jq -r 'select(.live == "gone") | .path' "$work/extracted/deleted/C/index-slack.jsonl" | grep -c Downloads)" -gt 0 ] ||
		complain "$arch: no deleted name in the slack of directories"
	"$kanshiki" timeline "$bundle" --keys "$work/keys" >"$work/timeline" 2>"$work/err" || true
	grep -q '"kind":"slack".*"path":"C/Users/花子/Downloads/' "$work/timeline" || complain "$arch: no slack in the timeline"
	[ "$(grep -c '"owner_sid":"S-1-5-32-544"' "$work/timeline")" -gt 500 ] || complain "$arch: few lines have an owner"
}

collect_everything() {
	local out=$work/out-$arch
	use_wine "$arch"
	map_volume X "$image"
	mkdir -p "$out"
	run "$arch: collect" "0|1" kanshiki_exe collect --kit "$(win_path "$work/kit")" --out "$(win_path "$out")" \
		--volume 'C=\\.\X:' --take '**' --case "事件 1" --lang ja
	bundle_of_exe "$arch: collect" || return 0
	[ "$(find "$out" -mindepth 1 -maxdepth 1 | wc -l)" -eq 1 ] || complain "$arch: --out received more than one thing"
	[[ $(basename "$bundle") =~ ^[A-Za-z0-9._-]{1,120}$ ]] || complain "$arch: '$bundle' is no name for a bundle"
	[[ $(basename "$bundle") == *KANSHIKI-PC1* ]] || complain "$arch: the bundle's name lacks the host of the SYSTEM hive"
	! compgen -G "$bundle/*.part" >/dev/null || complain "$arch: a .part is left over"
	intact "$arch" "$bundle" 0
	perl "$tests/compare_tree.pl" "$image.json" "$work/extracted/fs/C" || complain "$arch: the files differ"
	check_live
	check_slack_and_owners
	cmp -n 2048 "$image" "$work/extracted/fs/C/\$Boot" || complain "$arch: \$Boot differs"
}

make_work
have_image
make_kit
for arch in win64 win32; do
	has_wine "$arch" || continue
	collect_everything
done
finish
