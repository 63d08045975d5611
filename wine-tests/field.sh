#!/bin/bash
# kanshiki.exe of a kit, started in a console of its own, as a double-click does: one consent, then a bundle beside the kit and its
# number; a plain Enter does nothing; another disk; what is refused.
# usage: wine-tests/field.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need jq python3

# usage: make_drive LETTER KIND IMAGE   a directory as X:, with the image behind \\.\X:; KIND: hd or floppy
make_drive() {
	local letter=${1,,}
	mkdir -p "$work/drive-$letter"
	ln -sfn "$work/drive-$letter" "$WINEPREFIX/dosdevices/$letter:"
	[ -z "${3:-}" ] || map_volume "$1" "$3"
	"$WINE" reg add 'HKLM\Software\Wine\Drives' /v "$letter:" /d "$2" /f >"$work/reg.log" 2>&1 ||
		complain "Wine's registry: $(tail -n 1 "$work/reg.log")"
}

# usage: click WHAT CODE PROGRAM ANSWER...   what the console showed in $work/screen, without what moves the cursor, in one line a paragraph
click() {
	local what=$1 code=$2 program=$3
	shift 3
	run "$what" "$code" env LOCPATH="$work/locales" LC_ALL="$locale" python3 "$tests/talk.py" 60 "$@" -- "$WINE" "$program"
	sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' "$work/out" | tr -d '\r' >"$work/screen"
	tr -d '\n' <"$work/screen" >"$work/flat"
}

shows() { grep -qF -- "$2" "$work/flat" || complain "$1: '$2' is not on the screen: $(tail -n 5 "$work/screen")"; }
shows_not() { ! grep -qF -- "$2" "$work/flat" || complain "$1: '$2' is on the screen"; }
nothing_made() { [ -z "$(find "$work"/drive-? -name 'MANIFEST*' | head -n 1)" ] || complain "$1: something was made"; }

# usage: sealed WHAT DIRECTORY   the one bundle in it is whole, and its number was on the screen
sealed() {
	local number
	bundle=$(compgen -G "$2/*_*") || { complain "$1: no bundle in '$2'"; return 0; }
	run "$1: verify" "0|1" "$kanshiki" verify "$bundle" --keys "$work/keys"
	number=$(sha256sum "$bundle/MANIFEST.sha256" | cut -c1-64)
	[ "$(grep -xE ' +([0-9a-f] +){7}[0-9a-f] *' "$work/screen" | tr -d ' \n')" = "$number" ] || complain "$1: the number $number is not on the screen"
	"$kanshiki" ls "$bundle" --keys "$work/keys" >"$work/list"
}

refusals() {
	click "declined" 0 "$program" '' ''
	shows "declined" 'Nothing was done.'
	click "no word" 0 "$program" 'n' ''
	shows "no word" 'Nothing was done.'
	click "no such disk" 0 "$program" 'Q:' '' ''
	shows "no such disk" 'There is no disk Q:'
	click "the PC's own disk" 0 "$program" 'c:\x' '' ''
	shows "the PC's own disk" "is the PC's own disk"
	mkdir -p "$WINEPREFIX/drive_c/kit"
	cp -r "$work/drive-e/." "$WINEPREFIX/drive_c/kit"
	click "kit on C" 64 'C:\kit\kanshiki.exe' ''
	shows "kit on C" 'copy the kit to a USB disk'
	sed -i 's/age1/age2/' "$WINEPREFIX/drive_c/kit/recipients.txt"
	cp "$WINEPREFIX/drive_c/kit/recipients.txt" "$work/drive-e/recipients.bad"
	mv "$work/drive-e/recipients.txt" "$work/recipients.txt"
	mv "$work/drive-e/recipients.bad" "$work/drive-e/recipients.txt"
	click "spoiled kit" 65 "$program" ''
	shows "spoiled kit" 'recipients.txt'
	mv "$work/recipients.txt" "$work/drive-e/recipients.txt"
	mkdir -p "$work/drive-e/bare"
	cp "$exe" "$work/drive-e/bare/kanshiki.exe"
	click "no kit" 64 'E:\bare\kanshiki.exe' ''
	shows "no kit" 'GUIDE.txt'
	nothing_made "refusals"
}

# The kit's own place, in English, all questions skipped.
plain() {
	click "plain" 0 "$program" y '' '' '' '' '' '' '' '' ''
	shows "plain" 'From the disks: C:'
	shows "plain" 'Not from: E:'
	shows "plain" 'E:\out'
	shows "plain" 'Finished. Once this window is closed the disk may be unplugged.'
	sealed "plain" "$work/drive-e/out"
	grep -q '^fs/C/' "$work/list" || complain "plain: nothing of C:"
	! grep -q '^fs/E/' "$work/list" || complain "plain: the kit's own disk was read"
}

# Another disk, in Japanese, with the input method on; the questions are collect's own.
elsewhere() {
	local found
	click "elsewhere" 0 "$program" 'ｄ：' 'ｙ' 'C-7' '' '田中 太郎' '' '' '' '' '' ''
	shows "elsewhere" '保存先: D:\out'
	shows "elsewhere" 'この PC の責任者は同意しましたか'
	shows "elsewhere" '管理番号'
	shows_not "elsewhere" 'Press Enter'
	sealed "elsewhere" "$work/drive-d/out"
	found=$("$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" | jq -r '[.case_id, .operator.name] | join("|")')
	[ "$found" = 'C-7|田中 太郎' ] || complain "elsewhere: '$found'"
}

# A collection that was stopped is gone on with when the program is started again.
again() {
	local first
	rm -rf "$work/drive-e/out"
	map_volume C "$work/big.img"
	mkdir "$work/drive-e/out"
	# From a prompt, since a signal must find the program and not its console.
	(
		trap - INT
		exec perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$WINE" "$program" collect --take '**' --out 'E:\out'
	) >"$work/out" 2>"$work/err" </dev/null &
	first=$!
	for _ in $(seq 1000); do
		[ -z "$(find "$work/drive-e/out" -name 'files.*')" ] || break
		sleep 0.01
	done
	kill -INT "$first"
	wait "$first" || true
	first=$(compgen -G "$work/drive-e/out/*_*")
	[ -f "$first/RESUME.000" ] || complain "again: the first was not stopped"
	click "again" 0 "$program" y '' '' '' '' '' '' '' '' ''
	shows "again" 'An interrupted collection of this PC lies there:'
	shows "again" 'Going on: '
	sealed "again" "$work/drive-e/out"
	[ ! -f "$first/RESUME.000" ] || complain "again: it is still one to go on with"
}

make_work
have_image
KANSHIKI_BULK=200 KANSHIKI_BUILD=$build "$tests/make-image.sh" "$work/big.img" 320M >"$work/image.log" 2>&1
use_wine win64
# A locale of that name is enough for Wine; few machines have the real one.
mkdir "$work/locales"
cp -rL /usr/lib/locale/C.utf8 "$work/locales/ja_JP.utf8"
cp -rL /usr/lib/locale/C.utf8 "$work/locales/C.utf8"
make_drive D floppy
make_drive E hd
"$WINE" reg add 'HKLM\Software\Wine\Drives' /v z: /d network /f >"$work/reg.log" 2>&1
map_volume C "$image"
run "kit new" 0 "$kanshiki" kit new "$work/drive-e" --keys "$work/keys" --profile registry --exe "$exe"
# The drives' kinds are read when Wine starts.
"$WINESERVER" -k || true
"$WINESERVER" -w
"$WINE" cmd /c exit </dev/null >/dev/null 2>&1 || true
program='E:\kanshiki.exe'
locale=C.UTF-8
refusals
plain
again
locale=ja_JP.UTF-8
elsewhere
finish
