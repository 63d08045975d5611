#!/bin/bash
# mft.sh BUILD MFT [IMAGE]: the shipped program and the peers that are installed, on the same bytes in memory, one core, output
# to /dev/null: processor seconds (user + system), median of five, rounds in turn; ratios against what is wanted. The peers in
# Python take half a minute a round for a $MFT of 60 MB: SLOW_ROUNDS=1 is one round of them, then not judged.
# Like with like: jsonl against mft_dump's jsonl and dissect's and analyzeMFT's JSON of the same $MFT, body file against
# fls -r -m of the same image. A peer that is not found is named. MFT_DUMP, ANALYZEMFT and DISSECT_PYTHON (a python3 that has
# dissect.ntfs) say where they are when PATH does not. Exit 1 when a ratio is too small, or ours fails.
set -euo pipefail
build=$1 mft=$2 image=${3:-}
kanshiki=$build/kanshiki
mft_dump=${MFT_DUMP:-$(command -v mft_dump || true)}
analyzemft=${ANALYZEMFT:-$(command -v analyzemft || true)}
python=${DISSECT_PYTHON:-$(ls -d "${XDG_CACHE_HOME:-$HOME/.cache}"/kanshiki/dissect-*/bin/python3 2>/dev/null | tail -n 1)}
slow_rounds=${SLOW_ROUNDS:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
core=()
! command -v taskset >/dev/null || core=(taskset -c "$(taskset -cp $$ | sed 's/.*[^0-9]//')")
failed=0

# once COMMAND...: its processor seconds.
once() {
	local TIMEFORMAT='%U %S'
	{ time "${core[@]}" "$@" >/dev/null 2>&1 || true; } 2>&1 | awk '{ print $1 + $2 }'
}

# lines_of COMMAND...: what it prints; fails where it fails. A program that breaks down is fast.
lines_of() {
	"$@" >"$work/lines" 2>"$work/lines.err" && wc -lc <"$work/lines" | awk '{ printf "%d lines (%d MB)", $1, $2 / 1e6 }'
}

# compare WHAT ROUNDS WANTED OURS... -- THEIRS...
compare() {
	local what=$1 rounds=$2 wanted=$3 ours=() theirs=()
	shift 3
	while [ "$1" != -- ]; do ours+=("$1"); shift; done
	shift
	theirs=("$@")
	local lines peer_lines
	if ! lines=$(lines_of "${ours[@]}"); then
		printf '%-52s          FAIL: %s\n' "$what" "$(tail -n 1 "$work/lines.err")"
		failed=1
		return
	fi
	if ! peer_lines=$(lines_of "${theirs[@]}"); then
		printf '%-52s          not judged: the peer failed: %s\n' "$what" "$(tail -n 1 "$work/lines.err")"
		return
	fi
	echo "   $lines against $peer_lines"
	: >"$work/ours" && : >"$work/theirs"
	while [ "$rounds" -gt 0 ]; do
		# Ours is short: several of it are one round, so that the grain of the clock does not count.
		{ once bash -c 'for i in 1 2 3 4 5 6 7 8 9 10; do "$@"; done' - "${ours[@]}" | awk '{ print $1 / 10 }'; } >>"$work/ours"
		once "${theirs[@]}" >>"$work/theirs"
		rounds=$((rounds - 1))
	done
	awk -v what="$what" -v wanted="$wanted" '
		function sorted(values, n,  i, j, t) { for (i = 2; i <= n; i++) for (j = i; j > 1 && values[j] < values[j - 1]; j--) {
			t = values[j]; values[j] = values[j - 1]; values[j - 1] = t } }
		function spread(values, n) { return (values[n] - values[1]) / values[int((n + 1) / 2)] }
		FNR == NR { a[++n] = $1; next } { b[++m] = $1 }
		END { sorted(a, n); sorted(b, m); x = a[int((n + 1) / 2)]; y = b[int((m + 1) / 2)]; s = spread(a, n); t = spread(b, m)
			if (t > s) s = t
			verdict = (n < 5) ? "not judged: fewer than five rounds" : (s > 0.1) ? sprintf("not judged: the rounds vary by %.0f %%", s * 100) : (y / x >= wanted) ? "pass" : "FAIL"
			printf "%-52s %8.2f  wanted >= %-5s %s (%.3f s, %.3f s)\n", what, y / x, wanted, verdict, x, y
			exit verdict == "FAIL" }' "$work/ours" "$work/theirs" || failed=1
}

missing() { printf '%-52s          not judged: not found: %s\n' "$1" "$2"; }

if [ -n "$mft_dump" ]; then
	compare "mft_dump, jsonl / kanshiki timeline" 5 5 "$kanshiki" timeline "$mft" -- "$mft_dump" -o jsonl "$mft"
else
	missing "mft_dump, jsonl / kanshiki timeline" "mft_dump (cargo install mft)"
fi
if [ -n "$image" ] && command -v fls >/dev/null; then
	compare "fls -r -m / kanshiki timeline, body file" 5 20 "$kanshiki" timeline "$image" --format bodyfile -- fls -r -m / "$image"
else
	missing "fls -r -m / kanshiki timeline, body file" "fls (sleuthkit), or no image was given"
fi
if [ -n "$python" ]; then
	cat >"$work/peer.py" <<'END'
import json, sys
from dissect.ntfs import NTFS
for record in NTFS(mft=open(sys.argv[1], "rb")).mft.segments():
    try:
        si = record.attributes.STANDARD_INFORMATION
        row = {"record": record.segment, "paths": record.full_paths(), "si": [str(t) for a in si for t in (
            a.creation_time, a.last_modification_time, a.last_change_time, a.last_access_time)]}
        row["fn"] = [[str(t) for t in (a.creation_time, a.last_modification_time, a.last_change_time, a.last_access_time)]
                     for a in record.attributes.FILE_NAME]
    except Exception as error:
        row = {"record": record.segment, "error": str(error)}
    print(json.dumps(row))
END
	compare "dissect, JSON / kanshiki timeline" "$slow_rounds" 30 "$kanshiki" timeline "$mft" -- "$python" "$work/peer.py" "$mft"
else
	missing "dissect, JSON / kanshiki timeline" "dissect.ntfs"
fi
if [ -n "$analyzemft" ]; then
	compare "analyzeMFT, JSON / kanshiki timeline" "$slow_rounds" 30 "$kanshiki" timeline "$mft" -- "$analyzemft" --json -f "$mft" -o "$work/out.json"
else
	missing "analyzeMFT, JSON / kanshiki timeline" "analyzemft (pip install analyzeMFT)"
fi
exit $failed
