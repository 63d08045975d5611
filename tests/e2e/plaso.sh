#!/bin/bash
# plaso reads what we extract: the MFT, event logs, hives and recycle bin of the made image.
# usage: tests/e2e/plaso.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/plaso.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need python3
version=20260720
# usage: plaso TOOL ARGUMENT...
plaso() {
	local tool=$1
	shift
	HOME=$work timeout 600 "$venv/bin/python" -c "import sys; from plaso.scripts import $tool; sys.argv[0] = \"$tool\"; sys.exit($tool.Main())" "$@"
}

make_work
have_image
have_venv plaso "plaso==$version"
make_kit
mkdir "$work/out-dir"
run "collect" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image"
bundle_of collect || finish
run "extract" 0 "$kanshiki" extract "$bundle" -C "$work/x" --keys "$work/keys"
cd "$work"
plaso log2timeline -q -u --status_view none --single-process --parsers mft,winevtx,winreg,recycle_bin,filestat \
	--storage-file "$work/x.plaso" "$work/x/fs/C" >"$work/log" 2>&1 || complain "log2timeline: $(tail -n 3 "$work/log")"
# Its JSON is none where a name holds a control character; its text is read instead.
plaso pinfo "$work/x.plaso" >"$work/pinfo" 2>"$work/err" || complain "pinfo: $(tail -n 2 "$work/err")"
sed -n '/Events generated per parser/,/Total/s/^ *\([a-z_0-9]*\) : \([0-9]*\)$/\1 \2/p' "$work/pinfo" | tee "$work/events"
for kind in mft winevtx winreg recycle_bin filestat; do
	grep -qE "^$kind[a-z_]* [1-9]" "$work/events" || complain "plaso read nothing of $kind"
done
finish
