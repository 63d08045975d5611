#!/bin/bash
# bundle.sh BUILD [MIB [WHAT...]]: sealing and opening so many MiB (512) in memory against the same work by stock tools in the
# same run. WHAT: seal, slow, 7z, open (all). The rounds of a measure take turns with those it is held against; each is the median of
# five. Nothing is judged where the rounds of one of the two vary by more than a tenth. Exit 1 when a limit is not kept. Needs room for
# three times MIB in /dev/shm. Data: mixed.sh; its only entry of 10 KiB is fs/C/small.bin.
set -euo pipefail
export LC_ALL=C.UTF-8
build=$1 mib=${2:-512}
shift $(($# < 2 ? $# : 2))
what=" ${*:-seal slow 7z open} "
here=$(cd "$(dirname "$0")" && pwd)
kanshiki=$build/kanshiki
work=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$work"' EXIT
keys=(--keys "$work/keys")
declare -A seconds spread
failed=0

# usage: rounds NAME...   runs the function of each name, five times in turns
rounds() {
	local name round start all
	declare -A times=()
	for round in 1 2 3 4 5; do
		for name; do
			rm -rf "$work/x" && mkdir "$work/x"
			start=$EPOCHREALTIME
			"$name" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; echo "bundle.sh: $name failed" >&2; exit 1; }
			times[$name]+=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.4f\n", b - a }')$'\n'
		done
	done
	for name; do
		all=$(sort -n <<<"${times[$name]%$'\n'}")
		seconds[$name]=$(sed -n 3p <<<"$all")
		spread[$name]=$(awk '{ at[NR] = $1 } END { printf "%.1f", (at[5] - at[1]) / at[3] * 100 }' <<<"$all")
		printf '%-34s %8.3f s  %7.0f MB/s of content  (spread %s %%)\n' "$name" "${seconds[$name]}" \
			"$(awk -v s="${seconds[$name]}" -v m="$mib" 'BEGIN { print m * 1.048576 / s }')" "${spread[$name]}"
	done
}

# usage: verdict WHAT VALUE WANTED HOLDS [SPREAD...]
verdict() {
	local line result=pass one
	line=$(printf '%-44s %8s  wanted %-10s' "$1" "$2" "$3")
	[ "$4" = 1 ] || result=FAIL
	for one in "${@:5}"; do
		awk -v s="$one" 'BEGIN { exit s > 10 }' || result="not judged: the rounds vary by $one %"
	done
	echo "$line $result"
	[ "$result" != FAIL ] || failed=1
}

# usage: ratio WHAT A B WANTED   seconds of A over seconds of B, at least WANTED
ratio() {
	local value
	value=$(awk -v a="${seconds[$2]}" -v b="${seconds[$3]}" 'BEGIN { printf "%.2f", a / b }')
	verdict "$1" "$value" ">= $4" "$(awk -v a="$value" -v b="$4" 'BEGIN { print (a >= b) }')" "${spread[$2]}" "${spread[$3]}"
}

# usage: memory WHAT COMMAND...   peak resident memory
memory() {
	local kb
	"$build/tests/peak" "$work/kb" "${@:2}" >/dev/null 2>&1
	kb=$(cat "$work/kb")
	verdict "memory of $1, MiB" $((kb / 1024)) "<= 100" "$((kb <= 102400))"
}

seal() { "$build/tests/bench_bundle" "$work/kit" "$work/x/out" "$work/data"; }
pack() { tar -C "$work/data" -cf - .; }
bare_seal() (
	set -o pipefail
	pack | zstd -q -1 -T2 -c | age -r "$recipient" >"$work/x/out"
)
stock_seal() (
	set -o pipefail
	pack | tee >(sha256sum >"$work/x/1") | zstd -q -1 -T2 -c | age -r "$recipient" |
		tee >(sha256sum >"$work/x/2") >(sha512sum >"$work/x/3") >"$work/x/out"
	wait
)
seven_zip() { 7z a -bd -mx1 -psecret "$work/x/out.7z" "$work/data"; }

in_bundle() (
	set -o pipefail
	cd "$bundle"
	for volume in files.*.age; do age -d -i "$work/id" "$volume" || exit 1; done | "$@"
)
unpack() { zstd -dcq | tar -xf - -C "$work/x" --warning=no-unknown-keyword; }
bare_open() { in_bundle unpack; }
stock_open() {
	(cd "$bundle" && sha256sum --strict --quiet -c MANIFEST.sha256) && bare_open &&
		(cd "$work/x" && find . -type f -print0 | xargs -0 sha256sum)
}
extract() { "$kanshiki" extract "$bundle" -C "$work/x/out" "${keys[@]}"; }
verify() { "$kanshiki" verify "$bundle" "${keys[@]}"; }
cat_one() { "$kanshiki" cat "$bundle" fs/C/small.bin "${keys[@]}"; }

sealing() {
	local ours one
	echo "-- sealing"
	rounds seal bare_seal stock_seal
	ratio "stock tools with checksums / seal" stock_seal seal 1.3
	ratio "bare pipe / seal" bare_seal seal 1
	ours=$(cat "$bundle"/files.*.age | wc -c)
	one=$(pack | zstd -q -1 -c | wc -c)
	verdict "size, % over one zstd frame" "$(awk -v a="$ours" -v b="$one" 'BEGIN { printf "%.2f", (a / b - 1) * 100 }')" \
		"<= 1.5" "$(awk -v a="$ours" -v b="$one" 'BEGIN { print (a <= b * 1.015) }')"
	rm -rf "$work/x" && mkdir "$work/x"
	memory seal "$build/tests/bench_bundle" "$work/kit" "$work/x/out" "$work/data"
}

even() { "$build/tests/bench_bundle" "$work/kit" "$work/x/out" "$mib"; }
begin() { "$build/tests/bench_bundle" "$work/kit" "$work/x/out" 1; }
slow_even() { KANSHIKI_SLOW_DISK=$rate LD_PRELOAD=$build/tests/slow_disk.so even; }

# Onto a disk (slow_disk.c) that is just as fast as the processor: one after the other it would take twice the time. What is made
# before the first byte is left out of both.
sealing_slow() {
	local bytes value
	echo "-- sealing onto a slow disk"
	rounds begin even
	bytes=$(cat "$work"/x/out/*/files.*.age | wc -c)
	rate=$(awk -v b="$bytes" -v s="${seconds[even]}" -v n="${seconds[begin]}" 'BEGIN { printf "%.0f", b / (s - n) }')
	rounds even slow_even
	value=$(awk -v a="${seconds[slow_even]}" -v b="${seconds[even]}" -v n="${seconds[begin]}" 'BEGIN { printf "%.2f", (a - n) / (b - n) }')
	verdict "slow disk / in memory" "$value" "<= 1.3" "$(awk -v v="$value" 'BEGIN { print (v <= 1.3) }')" "${spread[even]}" "${spread[slow_even]}"
}

sealing_7z() {
	command -v 7z >/dev/null || { echo "7z -mx1 with AES / seal  not judged: 7z is not installed"; return; }
	echo "-- 7-Zip"
	rounds seal seven_zip
	ratio "7z -mx1 with AES / seal" seven_zip seal 5
}

opening() {
	echo "-- opening"
	rounds extract bare_open stock_open cat_one
	ratio "the same checks by stock tools / extract" stock_open extract 2
	ratio "bare pipe / extract" bare_open extract 1
	verdict "cat of 10 KiB, s" "${seconds[cat_one]}" "0.15" \
		"$(awk -v a="${seconds[cat_one]}" -v b="${seconds[extract]}" 'BEGIN { print (a <= 0.15 || a < 0.02 * b) }')"
	rm -rf "$work/x"
	memory extract "$kanshiki" extract "$bundle" -C "$work/x" "${keys[@]}"
	rm -rf "$work/x"
	memory verify "$kanshiki" verify "$bundle" "${keys[@]}"
	memory cat "$kanshiki" cat "$bundle" fs/C/small.bin "${keys[@]}"
}

grep -m 1 'model name' /proc/cpuinfo | sed "s/.*: /CPU: $(nproc) × /"
"$here/mixed.sh" "$work/data" "$mib"
head -c 10240 /dev/urandom >"$work/data/small.bin"
"$kanshiki" kit new "$work/kit" "${keys[@]}" --name bench >/dev/null 2>&1
sed -n '/AGE-SECRET-KEY/p' "$work/keys/recipient.key" >"$work/id"
recipient=$(age-keygen -y "$work/id")
bundle=$("$build/tests/bench_bundle" "$work/kit" "$work/out" "$work/data" | tail -n 1)
[[ $what != *" seal "* ]] || sealing
[[ $what != *" slow "* ]] || sealing_slow
[[ $what != *" 7z "* ]] || sealing_7z
rm -rf "$work/data"
[[ $what != *" open "* ]] || opening
exit $failed
