#!/bin/bash
# dissect opens what we export: hostname, users, every record of the MFT and of the change journal, from the zip; the
# hostname from the tar too.
# usage: tests/e2e/dissect.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/dissect.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need python3
version=3.25.1
# usage: query FUNCTION FILE   records as JSON on stdout
query() {
	timeout 300 "$venv/bin/python" -c 'import sys; from dissect.target.tools.query import main; sys.exit(main())' \
		-q -j -f "$1" "$2" 2>"$work/err" || complain "dissect: $1 of $(basename "$2"): $(tail -n 2 "$work/err")"
}

make_work
have_image
have_venv dissect "dissect.target==$version"
make_kit
mkdir "$work/out-dir"
run "collect" "0|1" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image"
bundle_of collect || finish
for kind in zip tar; do
	run "export --$kind" 0 "$kanshiki" export "$bundle" "--$kind" "$work/e.$kind" --keys "$work/keys"
	timeout 300 "$venv/bin/python" -c 'import sys; from dissect.target.tools.query import main; sys.exit(main())' \
		-q -f hostname "$work/e.$kind" >"$work/hostname" 2>"$work/err" || complain "dissect: hostname of $kind"
	host=$(sed -nE 's/^\{"host": *"([^"]*)".*/\1/p' "$image.json")
	[ -n "$host" ] || host=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["host"])' "$image.json")
	grep -qF "$host" "$work/hostname" || complain "dissect: the host of the $kind is not '$host': $(cat "$work/hostname")"
done
query mft,usnjrnl "$work/e.zip" >"$work/dissect.json"
"$kanshiki" cat "$bundle" 'fs/C/$Extend/$UsnJrnl:$J' --keys "$work/keys" >"$work/J" 2>"$work/err"
"$kanshiki" timeline "$work/J" >"$work/J.jsonl" 2>"$work/err"
"$kanshiki" timeline "$image" >"$work/image.jsonl" 2>"$work/err"
python3 - "$work/dissect.json" "$work/image.jsonl" "$work/J.jsonl" <<'END' || complain "dissect reads other records than we do"
import json, sys
theirs = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8", errors="surrogateescape")]
# Records without a name have no path in dissect, and a name with half a surrogate pair it cannot print. A file that
# needs several records has its name in another one than ours there.
def last(path):
    return path.replace("\\", "/").split("/")[-1].split(":")[0]

mft = {r["segment"]: last(r["path"]) for r in theirs if r.get("_type") == "record" and "segment" in r and "usn" not in r}
journal = [r["usn"] for r in theirs if r.get("_type") == "record" and "usn" in r]
rows = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8", errors="surrogateescape")]
named = {r["record"]: last(r["path"]) for r in rows if r["kind"] == "file" and "$Unnamed/" not in r["path"]
         and "<U+D8" not in r["path"]}
ours = sum(1 for line in open(sys.argv[3], "rb"))
print(f"MFT records: dissect {len(mft)}, ours with a name {len(named)}; journal: dissect {len(journal)}, ours {ours}")
lone = {r for r in named if r not in mft and named[r] not in mft.values()}
more = {r for r in mft if r not in named and mft[r] not in named.values()}
if lone or more:
    print("only ours:", sorted(lone)[:9], "only dissect's:", sorted(more)[:9])
sys.exit(bool(lone or more) or len(named) < 100 or not journal or len(journal) != ours)
END
finish
