#!/bin/bash
# The programs for Windows open a bundle as the Linux one does: the same lists, the same bytes, the same zip; names that
# Windows cannot hold are changed and listed.
# usage: wine-tests/open.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need python3

open_exe() {
	local command=$1
	shift
	kanshiki_exe "$command" "$(win_path "$bundle")" --keys "$(win_path "$work/keys")" "$@"
}

check_arch() {
	use_wine "$arch"
	run "$arch: verify" 0 open_exe verify
	run "$arch: ls" 0 open_exe ls
	cmp "$work/out" "$work/ls" || complain "$arch: another list than on Linux"
	run "$arch: cat" 0 open_exe cat 'fs/C/$MFT'
	cmp "$work/out" "$work/MFT" || complain "$arch: cat: other bytes"
	run "$arch: export" 0 open_exe export --zip "$(win_path "$work/$arch.zip")"
	cmp "$work/$arch.zip" "$work/linux.zip" || complain "$arch: another zip than on Linux"
	run "$arch: extract" 0 open_exe extract -C "$(win_path "$work/x-$arch")"
	python3 - "$work/x-$arch" "$work/x" <<'END' || complain "$arch: extract: files differ"
import hashlib, os, sys

def tree(root):
    found = {}
    for directory, _, files in os.walk(root):
        for name in files:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, root)] = hashlib.file_digest(open(path, "rb"), "sha256").hexdigest()
    return found

def names(root):
    with open(os.path.join(root, "NAMES.tsv"), encoding="utf-8") as lines:
        return {there: member for member, there in (line.rstrip("\n").split("\t") for line in lines)}

windows, linux = tree(sys.argv[1]), tree(sys.argv[2])
changed, shortened = names(sys.argv[1]), names(sys.argv[2])
windows.pop("NAMES.tsv"), linux.pop("NAMES.tsv")
bad = [name for name in windows if any(c in name for c in '<>:"|?*\\') or name[-1] in ". "]
# Windows holds 255 units; Wine cuts such a name to the 255 bytes that the file system below it holds.
def cut(path):
    return "/".join(c.encode()[:255].decode(errors="ignore") for c in path.split("/"))

theirs = {changed.get(name, name): digest for name, digest in windows.items()}
ours = {cut(shortened.get(name, name)): digest for name, digest in linux.items()}
print(f"{len(theirs)} files, {len(changed)} names changed")
for name in sorted(set(theirs) ^ set(ours))[:9]:
    print("only on one side:", ascii(name))
sys.exit(bool(bad) or theirs != ours or not changed)
END
	run "$arch: a changed volume" 65 kanshiki_exe verify "$(win_path "$work/t")" --keys "$(win_path "$work/keys")"
	says "$arch: a changed volume" files.001
}

make_work
have_image
make_kit
mkdir "$work/out-dir"
run "collect" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '**'
bundle_of collect || finish
cp -a "$bundle" "$work/t"
printf 'x' >>"$work/t/files.001.tar.zst.age"
"$kanshiki" ls "$bundle" --keys "$work/keys" >"$work/ls"
"$kanshiki" cat "$bundle" 'fs/C/$MFT' --keys "$work/keys" >"$work/MFT"
"$kanshiki" export "$bundle" --keys "$work/keys" --zip "$work/linux.zip" 2>"$work/err"
"$kanshiki" extract "$bundle" --keys "$work/keys" -C "$work/x" 2>"$work/err"
for arch in win64 win32; do
	has_wine "$arch" || continue
	check_arch
done
finish
