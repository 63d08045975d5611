#!/bin/bash
# Opening a bundle: verify, ls, cat, extract, export on everything of the image, against what the image's maker wrote
# down; and each way to ask for the wrong thing.
# usage: tests/e2e/open.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/open.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need perl openssl age-keygen unzip tar python3

open_with() {
	local command=$1
	shift
	"$kanshiki" "$command" "$@" --keys "$work/keys"
}

check_verify() {
	run "verify" 0 open_with verify "$bundle"
	grep -q "$(sha256sum "$bundle/MANIFEST.sha256" | cut -c1-8)" "$work/out" || complain "verify: no number"
	grep -qi 'complete' "$work/out" || complain "verify: no verdict"
	run "verify in Japanese" 0 open_with verify "$bundle/" --lang ja
	! grep -q 'not on this system\|no collector' "$work/out" || complain "verify --lang ja: English in the receipt"
	grep -q '管理番号' "$work/out" || complain "verify --lang ja: no Japanese"
	grep -q '予定 2、取得 0、一部 0、除外 2、' "$work/out" || complain "verify --lang ja: what was left out is said to be in scope, too"
	run "verify --json" 0 open_with verify "$bundle" --json
	python3 -c 'import json,sys; d = json.load(open(sys.argv[1])); sys.exit(d["verdict"] != "intact" or not d["content_checked"])' \
		"$work/out" || complain "verify --json: not what it says"
	run "verify without identity" 0 "$kanshiki" verify "$bundle" --ca "$work/keys/evidence-ca.pem"
	grep -qi 'not opened' "$work/out" || complain "verify without identity does not say so"
}

check_ls() {
	run "ls" 0 open_with ls "$bundle"
	cp "$work/out" "$work/ls"
	! grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]' "$work/ls" ||
		complain "ls prints control or bidi characters"
	grep -q '^fs/C/\$MFT$' "$work/ls" || complain "ls: no \$MFT"
	[ "$(sort "$work/ls" | uniq -d | wc -l)" -eq 0 ] || complain "ls: paths twice"
	run "ls --json" 0 open_with ls "$bundle" --json
	python3 - "$work/out" "$work/ls" <<'END' || complain "ls --json and ls differ"
import json, sys
rows = [json.loads(line)["path"] for line in open(sys.argv[1], encoding="utf-8")]
sys.exit(rows != open(sys.argv[2], encoding="utf-8").read().splitlines())
END
	run "ls --long" 0 open_with ls "$bundle" --long --all
	run "ls PATTERN" 0 open_with ls "$bundle" '**/*.evtx'
	! grep -v '\.evtx$' "$work/out" || complain "ls PATTERN: more than asked for"
	run "ls of nothing" 66 open_with ls "$bundle" 'nonesuch/**'
	says_one_line "ls of nothing" "'$bundle': nothing in the bundle matches 'nonesuch/\*\*'"
	run "ls of something and of nothing" 1 open_with ls "$bundle" nonesuch 'fs/C/$Boot' 'fs/C/$boot' gone
	[ "$(cat "$work/out")" = 'fs/C/$Boot' ] || complain "ls of something and of nothing: $(head -n 2 "$work/out")"
	[ "$(grep -c "nothing in the bundle matches '\(nonesuch\|gone\)'" "$work/err")" = 2 ] && [ "$(wc -l <"$work/err")" = 2 ] ||
		complain "ls of something and of nothing: $(cat "$work/err")"
	# As Windows writes them.
	run "ls fs/C/Windows" 0 open_with ls "$bundle" 'fs/C/Windows/**'
	cp "$work/out" "$work/ls.windows"
	for pattern in 'C:\Windows\**' 'c:/windows/' 'fs\C\Windows' 'C:\\WINDOWS\'; do
		run "ls $pattern" 0 open_with ls "$bundle" "$pattern"
		cmp -s "$work/out" "$work/ls.windows" || complain "ls $pattern: not what fs/C/Windows/** gives"
	done
}

# Names that Windows cannot hold (CON, "trailing.", "a\b", a colon of a stream) are changed, every content stays.
check_windows_names() {
	run "extract --windows-names" "0|1" open_with extract "$bundle" -C "$work/windows" --windows-names
	find "$work/windows/fs" -printf '%f\n' >"$work/names"
	! grep -qiE '[<>:"|?*\\]|[. ]$|^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)' "$work/names" ||
		complain "extract --windows-names: $(grep -iE '[<>:"|?*\\]|[. ]$|^con(\.|$)' "$work/names" | head -n 3)"
	run "extract for comparison" "0|1" open_with extract "$bundle" -C "$work/posix"
	diff <(cd "$work/posix/fs" && find . -type f -exec sha256sum {} + | cut -c1-64 | sort) \
		<(cd "$work/windows/fs" && find . -type f -exec sha256sum {} + | cut -c1-64 | sort) >/dev/null ||
		complain "extract --windows-names: other contents"
	grep -q 'CON' "$work/windows/NAMES.tsv" || complain "extract --windows-names: NAMES.tsv does not tell of CON"
	rm -rf "$work/windows" "$work/posix"
}

check_cat() {
	run "cat" 0 open_with cat "$bundle" 'fs/C/$MFT'
	python3 - "$image.json" >"$work/some" <<'END'
import json, sys
for f in [f for f in json.load(open(sys.argv[1]))["files"] if f["path"].isascii() and "<" not in f["path"]][::9]:
    print(f["sha256"], f["path"])
END
	while read -r hash path; do
		got=$(open_with cat "$bundle" "fs/C/$path" 2>"$work/err" | sha256sum | cut -c1-64)
		[ "$got" = "$hash" ] || grep -q 'allocated' "$work/err" || complain "cat '$path': other bytes"
	done <"$work/some"
	run "cat of nothing" 66 open_with cat "$bundle" fs/C/nonesuch
	says_one_line "cat of nothing" nonesuch
	open_with cat "$bundle" 'fs/C/$Boot' >"$work/boot"
	for path in 'fs/c/$boot' 'C:\$BOOT' 'C:/$Boot'; do
		run "cat $path" 0 open_with cat "$bundle" "$path"
		cmp -s "$work/out" "$work/boot" || complain "cat $path: other bytes"
	done
	run "cat of meta" 0 open_with cat "$bundle" meta/receipt.json
	python3 -m json.tool "$work/out" >/dev/null || complain "cat meta/receipt.json: no JSON"
}

check_extract() {
	run "extract" 0 open_with extract "$bundle/" -C "$work/a/b"
	perl "$tests/compare_tree.pl" "$image.json" "$work/a/b/fs/C" | tee "$work/compared" || complain "extract: files differ"
	[ -s "$work/a/b/NAMES.tsv" ] || complain "extract: no NAMES.tsv"
	run "extract again" 1 open_with extract "$bundle" -C "$work/a/b" 'fs/C/$Boot'
	says "extract again" "exists already: .*are there already.*: 1; --force replaces them"
	run "extract all again" 1 open_with extract "$bundle" -C "$work/a/b"
	[ "$(grep -c 'there already' "$work/err")" = 1 ] && [ "$(wc -l <"$work/err")" -le 3 ] ||
		complain "extract all again: $(head -n 4 "$work/err")"
	mkdir "$work/blocked" && : >"$work/blocked/fs"
	run "extract where a file has a directory's name" 1 open_with extract "$bundle" -C "$work/blocked" 'fs/C/$Boot'
	says "extract where a file has a directory's name" "'fs': something that is no directory stands in the way"
	! grep -q -- '--force' "$work/err" || complain "extract where a file has a directory's name: --force would not help"
	run "extract --force" 0 open_with extract "$bundle" -C "$work/a/b" --force 'fs/C/$Boot'
	run "extract of nothing" 66 open_with extract "$bundle" -C "$work/c" nonesuch
	says "extract of nothing" "nothing in the bundle matches 'nonesuch'"
	run "extract of something and of nothing" 1 open_with extract "$bundle" -C "$work/c" nonesuch 'C:\$Boot' meta
	says "extract of something and of nothing" "nothing in the bundle matches 'nonesuch'"
	[ -f "$work/c/fs/C/\$Boot" ] && [ -f "$work/c/meta/receipt.json" ] || complain "extract of something and of nothing: not what there is"
	run "extract without -C" 64 open_with extract "$bundle"
	says_one_line "extract without -C" "give -C"
	run "extract PATTERN" 0 open_with extract "$bundle" -C "$work/d" fs/C/Windows/Prefetch
	[ "$(ls "$work/d/fs/C")" = Windows ] || complain "extract PATTERN: more than asked for"
	local boot=$work/a/b/fs/C/\$Boot
	[ "$(stat -c %a "$boot")" = 600 ] || complain "extract: readable by others"
	# A link in the way is not followed.
	mkdir -p "$work/e/fs" "$work/elsewhere"
	ln -s "$work/elsewhere" "$work/e/fs/C"
	run "extract through a link" 1 open_with extract "$bundle" -C "$work/e" 'fs/C/$Boot'
	[ -z "$(ls -A "$work/elsewhere")" ] || complain "extract left its directory"
}

check_sparse() {
	local sparse
	sparse=$(open_with ls "$bundle" --json | python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    if row.get("stored") == "runs":
        print(row["size"], row["stored_size"], row["path"])')
	[ -n "$sparse" ] || complain "no sparse member in the image"
	while read -r size stored path; do
		[ "$(stat -c %s "$work/a/b/$path")" -eq "$size" ] || complain "'$path' has another size than $size"
		[ "$(stat -c '%b' "$work/a/b/$path")" -le $((stored / 512 + 128)) ] || complain "'$path' is not sparse"
	done <<<"$sparse"
}

# What is to be replaced stays whole until there is another whole one.
check_replaced() {
	local kept=$work/kept.zip
	cp "$work/x.zip" "$kept"
	run "export of nothing over a file" 66 open_with export "$bundle" --zip "$kept" -f nonesuch
	cmp "$work/x.zip" "$kept" && [ ! -e "$kept.new" ] || complain "export of nothing --force: not as before"
	mkdir "$work/directory.zip"
	run "export over a directory" 73 open_with export "$bundle" --zip "$work/directory.zip"
	says_one_line "export over a directory" "directory.zip' is there already; --force replaces it"
	touch "$kept.new"
	run "export beside another's .new" 73 open_with export "$bundle" --zip "$kept" -f
	says_one_line "export beside another's .new" "kept.zip.new'"
	[ ! -s "$kept.new" ] && cmp "$work/x.zip" "$kept" || complain "export beside another's .new: not as before"
	rm "$kept.new"
	if [ "$(id -u)" = 0 ]; then
		mkdir "$work/tiny"
		mount -t tmpfs -o size=64k tmpfs "$work/tiny"
		echo old >"$work/tiny/a.tar"
		run "export, full" 74 open_with export "$bundle" --tar "$work/tiny/a.tar" -f
		[ "$(ls "$work/tiny")" = a.tar ] && [ "$(cat "$work/tiny/a.tar")" = old ] || complain "export, full: not as before: $(ls "$work/tiny")"
		umount "$work/tiny"
	fi
	if [ "$(id -u)" = 0 ]; then
		mount --bind "$kept" "$kept"
		run "export over what cannot be replaced" 74 open_with export "$bundle" --zip "$kept" -f fs/C/Windows
		umount "$kept"
		cmp "$work/x.zip" "$kept" && unzip -tqq "$kept.new" || complain "export over what cannot be replaced: the old one is not as before, or the new one gone"
		rm -f "$kept.new"
	fi
	run "export --force" 0 open_with export "$bundle" --zip "$kept" -f fs/C/Windows
	unzip -tqq "$kept" && ! cmp -s "$work/x.zip" "$kept" && [ ! -e "$kept.new" ] || complain "export --force: not replaced"
}

check_export() {
	run "export --zip" 0 open_with export "$bundle" --zip "$work/x.zip"
	TZ=Asia/Tokyo LC_ALL=C run "export --zip again" 0 open_with export "$bundle" --zip "$work/y.zip"
	cmp "$work/x.zip" "$work/y.zip" || complain "two exports differ"
	unzip -tqq "$work/x.zip" || complain "unzip -t"
	python3 - "$work/x.zip" "$work/ls" <<'END' || complain "the zip holds other names than ls says"
import sys, zipfile
sys.exit(sorted(zipfile.ZipFile(sys.argv[1]).namelist()) != sorted(open(sys.argv[2], encoding="utf-8").read().splitlines()))
END
	run "export over a file" 73 open_with export "$bundle" --zip "$work/x.zip"
	says_one_line "export over a file" force
	run "export --tar" 0 open_with export "$bundle" --tar "$work/x.tar" fs/C/Windows
	tar -tf "$work/x.tar" --warning=no-unknown-keyword >"$work/tar.txt" || complain "tar -t"
	! grep -v '^fs/C:/Windows/' "$work/tar.txt" || complain "export --tar: not below fs/C:"
	run "export of nothing" 66 open_with export "$bundle" --zip "$work/n.zip" 'fs/C/nonesuch/**'
	says_one_line "export of nothing" 'matches'
	[ ! -e "$work/n.zip" ] || complain "export of nothing leaves a zip"
	run "export of something and of nothing" 1 open_with export "$bundle" --zip "$work/n.zip" nonesuch 'C:\$Boot'
	says "export of something and of nothing" "nothing in the bundle matches 'nonesuch'"
	[ "$(unzip -Z1 "$work/n.zip")" = 'fs/C/$Boot' ] || complain "export of something and of nothing: not what there is"
	rm "$work/n.zip"
	run "export to nowhere" 73 open_with export "$bundle" --zip "$work/nonesuch/n.zip"
	run "extract below a file" 73 open_with extract "$bundle" -C "$work/x.zip/y"
	says_one_line "extract below a file" "x\.zip"
	for command in extract salvage; do
		run "$command into a file" 73 open_with "$command" "$bundle" -C "$work/x.zip"
		says "$command into a file" "x\.zip' is a file; -C takes a directory"
	done
	run "export to stdout" 64 env -C "$work" "$kanshiki" export "$bundle" --keys "$work/keys" --zip -
	says_one_line "export to stdout" "not to stdout"
	[ ! -e "$work/-" ] || complain "export to stdout: a file called -"
	if [ "$(id -u)" = 0 ]; then
		mkdir "$work/ro"
		mount -t tmpfs -o ro tmpfs "$work/ro"
		run "export, read-only" 73 open_with export "$bundle" --zip "$work/ro/n.zip"
		run "extract, read-only" 73 open_with extract "$bundle" -C "$work/ro" fs/C/Windows
		umount "$work/ro"
	fi
	check_replaced
	run "export of both" 64 open_with export "$bundle" --tar "$work/z.tar" --zip "$work/z.zip"
}

# On a terminal a percentage is shown, and it goes up to the end.
check_progress() {
	local command most
	for command in "extract -C $work/p" "export --zip $work/p.zip" "salvage -C $work/p2"; do
		# shellcheck disable=SC2086
		python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$kanshiki" $command "$bundle" --keys "$work/keys" >"$work/out" </dev/null ||
			complain "$command on a terminal: $(tail -n 2 "$work/out")"
		most=$(tr '\r' '\n' <"$work/out" | sed -nE 's/^(extracting|exporting|salvaging) ([0-9]+) %.*/\2/p' | sort -n | tail -n 1)
		[ "${most:-0}" -ge 95 ] || complain "$command: the progress shown ends at ${most:-nothing} %"
	done
}

check_trust() {
	run "no such bundle" 66 open_with verify "$work/nonesuch"
	says_one_line "no such bundle" nonesuch
	run "an empty directory" 65 open_with verify "$work/elsewhere"
	says_one_line "an empty directory" 'not supported: .*not a bundle'
	run "a file" 65 open_with verify "$bundle/MANIFEST.sha256"
	says_one_line "a file" 'not supported: .*not a bundle'
	cp -r "$bundle" "$work/no-manifest" && rm "$work/no-manifest/MANIFEST.sha256"
	run "no MANIFEST" 65 open_with verify "$work/no-manifest"
	says_one_line "no MANIFEST" 'damaged or changed: .*not a bundle'
	rm -r "$work/no-manifest"
	run "no keys" 64 "$kanshiki" verify "$bundle"
	says_one_line "no keys" '--keys'
	run "no directory of keys" 66 "$kanshiki" ls "$bundle" --keys "$work/nonesuch"
	"$kanshiki" kit new "$work/kit2" --keys "$work/keys2" --name Other >"$work/kit2.log" 2>&1
	run "wrong CA" 65 "$kanshiki" verify "$bundle" --ca "$work/keys2/evidence-ca.pem"
	says_one_line "wrong CA" "not sealed under this evidence CA, but under one called 'CN = Kanshiki evidence CA [0-9]*'.*--keys"
	run "wrong CA, in Japanese" 65 "$kanshiki" verify "$bundle" --ca "$work/keys2/evidence-ca.pem" --lang ja
	says_one_line "wrong CA, in Japanese" "'CN = Kanshiki evidence CA [0-9]*' という認証局"
	for command in ls verify; do
		run "$command: wrong identity" 65 "$kanshiki" "$command" "$bundle" --ca "$work/keys/evidence-ca.pem" \
			--identity "$work/keys2/recipient.key"
		says_one_line "$command: wrong identity" identit
	done
	run "expired" 65 open_with verify "$bundle" --at 2099-01-01
	says_one_line "expired" 'expired.*--at'
	run "before its time" 65 open_with verify "$bundle" --at 2001-01-01
	run "not a time" 64 open_with verify "$bundle" --at yesterday
	run "ls --unverified" 0 "$kanshiki" ls "$bundle" --identity "$work/keys/recipient.key" --unverified
}

# usage: stopped WHAT WORD...   SIGTERM as soon as it is caught; the identity, for which stdin is read, comes after it
stopped() {
	local pid what=$1
	shift
	code=0
	mkfifo "$work/identity"
	"$kanshiki" "$@" --ca "$work/keys/evidence-ca.pem" --identity - <"$work/identity" >"$work/out" 2>"$work/err" &
	pid=$!
	exec 8>"$work/identity"
	until [ "$((0x$(sed -n 's/^SigCgt:\t//p' "/proc/$pid/status") >> 14 & 1))" = 1 ]; do sleep 0.01; done
	kill -TERM "$pid"
	cat "$work/keys/recipient.key" >&8
	exec 8>&-
	wait "$pid" || code=$?
	rm "$work/identity"
	[ "$code" -eq 130 ] || complain "$what, stopped: exit $code, not 130"
	says "$what, stopped" '^kanshiki: stopped: '
}

# usage: stopped_printing WHAT WORD...   SIGTERM while it waits for someone to read on
stopped_printing() {
	local pid what=$1
	shift
	code=0
	mkfifo "$work/printed"
	"$kanshiki" "$@" --keys "$work/keys" >"$work/printed" 2>"$work/err" &
	pid=$!
	exec 8<"$work/printed"
	head -c 1 <&8 >"$work/out"
	kill -TERM "$pid"
	cat <&8 >>"$work/out"
	exec 8<&-
	wait "$pid" || code=$?
	rm "$work/printed"
	[ "$code" -eq 130 ] || complain "$what, stopped while printing: exit $code, not 130"
	says "$what, stopped while printing" 'stopped by you'
}

# 1 would say that it came to its end.
check_stopped() {
	stopped verify verify "$bundle"
	says "verify, stopped" 'did not come to its end: nothing of it says that the bundle is intact'
	[ ! -s "$work/out" ] || complain "verify, stopped: something on stdout"
	stopped "verify --json" verify "$bundle" --json
	python3 -c 'import json,sys; sys.exit(json.load(open(sys.argv[1]))["verdict"] != "stopped")' "$work/out" ||
		complain "verify --json, stopped: another verdict"
	stopped custody custody "$bundle"
	[ ! -s "$work/out" ] || complain "custody, stopped: a sheet"
	stopped ls ls "$bundle"
	stopped timeline timeline "$bundle"
	[ ! -s "$work/out" ] || complain "timeline, stopped: lines"
	stopped cat cat "$bundle" 'fs/C/$MFT'
	stopped_printing ls ls "$bundle" --all --json
	stopped_printing cat cat "$bundle" fs/C/Sizes/4194305.bin
	grep -q 'what was printed is not to be used' "$work/err" || complain "cat, stopped while printing, does not say what that means"
}

make_work
have_image
make_kit
mkdir "$work/out-dir"
run "collect" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '**'
bundle_of collect || finish
check_verify
check_stopped
check_ls
check_cat
check_windows_names
check_extract
check_sparse
check_export
check_progress
check_trust
finish
