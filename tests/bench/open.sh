#!/bin/bash
# open.sh BUILD [MIB]: opening a bundle of so many MiB of content (4096) in memory, against the same work by stock tools in
# the same run: `extract`, `cat` of one entry of 10 KiB, and the peak memory of each. Median of five; nothing is judged when a
# measure varies by more than 10 %.
set -euo pipefail
export LC_ALL=C.UTF-8
build=$1 mib=${2:-4096}
work=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$work"' EXIT
kanshiki=$build/kanshiki
keys=(--keys "$work/keys")
"$kanshiki" kit new "$work/kit" --keys "$work/keys" --name bench >/dev/null 2>&1
bundle=$("$build/tests/bench_bundle" "$work/kit" "$work/out" "$mib" | tail -n 1)
sed -n '/AGE-SECRET-KEY/p' "$work/keys/recipient.key" >"$work/id"

# usage: median WHAT COMMAND   seconds into $seconds, its spread into $spread
median() {
	local what=$1 i all
	shift
	all=$(for i in 1 2 3 4 5; do
		rm -rf "$work/x" && mkdir "$work/x"
		{ TIMEFORMAT=%R; time "$@" >/dev/null 2>&1; } 2>&1
	done | sort -n)
	seconds=$(sed -n 3p <<<"$all")
	spread=$(awk 'NR == 1 { least = $1 } { most = $1 } END { printf "%.0f", (most / least - 1) * 100 }' <<<"$all")
	printf '%-44s %8.3f s  (spread %s %%)\n' "$what" "$seconds" "$spread"
}

pipe() (
	set -o pipefail
	cd "$bundle"
	for volume in files.*.age; do age -d -i "$work/id" "$volume" || exit 1; done | zstd -dc | tar -xf - -C "$work/x" --warning=no-unknown-keyword
)
stock() {
	(cd "$bundle" && sha256sum --strict --quiet -c MANIFEST.sha256) && pipe && (cd "$work/x" && find . -type f -print0 | xargs -0 sha256sum)
}
ratio() { awk -v a="$2" -v b="$3" -v wanted="$4" -v what="$1" 'BEGIN { printf "%-44s %8.2f    wanted %s: %s\n", what, a / b, wanted, (a / b >= wanted) ? "yes" : "NO" }'; }

grep -m 1 'model name' /proc/cpuinfo | sed 's/.*: /CPU: /'
median "stock: the bare pipe" pipe && bare=$seconds
median "stock: sha256sum -c, pipe, sha256sum" stock && all=$seconds
median "kanshiki extract" "$kanshiki" extract "$bundle" -C "$work/x/out" "${keys[@]}" && ours=$seconds
median "kanshiki verify" "$kanshiki" verify "$bundle" "${keys[@]}"
median "kanshiki cat, 10 KiB" "$kanshiki" cat "$bundle" fs/C/small.bin "${keys[@]}" && one=$seconds
ratio "the same checks by stock tools / extract" "$all" "$ours" 2
ratio "bare pipe / extract" "$bare" "$ours" 1
awk -v one="$one" -v all="$ours" 'BEGIN { printf "%-44s %8.3f    wanted 0.02 or 0.150 s: %s\n", "cat / extract", one / all, (one / all < 0.02 || one <= 0.15) ? "yes" : "NO" }'
for what in extract verify cat; do
	rm -rf "$work/x"
	case $what in
	extract) more=(-C "$work/x") ;;
	cat) more=(fs/C/small.bin) ;;
	*) more=() ;;
	esac
	"$build/tests/peak" "$work/kb" "$kanshiki" "$what" "$bundle" "${more[@]}" "${keys[@]}" >/dev/null 2>&1
	kb=$(cat "$work/kb")
	echo "peak memory of $what: $((kb / 1024)) MiB    wanted 100"
done
