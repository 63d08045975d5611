#!/bin/bash
# Random creations, extensions, truncations and deletions on images, and a model that knows who had which cluster when: what
# nobody has overwritten is called full and comes back, what somebody has that can be seen never is.
# usage: tests/e2e/deleted_model.sh BUILD      KANSHIKI_SEEDS: how many images of each kind (2)
set -euo pipefail
build=${1:?usage: tests/e2e/deleted_model.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq perl mkntfs
[ -x "$build/tests/mkdeleted" ] || skip "deleted files against a model (libntfs-3g is not installed)"

# usage: check SEED OPERATIONS CLOCK CLUSTER
check() {
	local what="seed $1, $2 operations, $3, clusters of $4"
	rm -f "$work/disk.img"
	truncate -s "$(($4 * 4096))" "$work/disk.img"
	mkntfs -F -Q -q -c "$4" "$work/disk.img" >/dev/null 2>&1 || complain "$what: mkntfs"
	"$build/tests/mkdeleted" "$work/disk.img" "$1" "$2" "$3" >"$work/truth" || complain "$what: mkdeleted"
	run "$what" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/disk.img" --profile none --deleted all
	bundle=$(tail -n 1 "$work/out")
	rm -rf "$work/extracted"
	run "$what: extract" 0 "$kanshiki" extract "$bundle" -C "$work/extracted" --keys "$work/keys"
	"$kanshiki" ls "$bundle" --all --json --keys "$work/keys" >"$work/rows"
	perl "$tests/deleted_judge.pl" "$work/truth" "$work/rows" "$work/extracted" "$3" >"$work/judged" || {
		complain "$what"
		grep FAILED "$work/judged" | head -n 5
	}
	sed "s/^/$3: /" "$work/judged" >>"$work/all"
	rm -rf "$bundle"
}

make_work
make_kit
mkdir "$work/out-dir"
: >"$work/all"
for ((seed = 1; seed <= ${KANSHIKI_SEEDS:-2}; seed++)); do
	check "$seed" 900 times 4096
	check "$seed" 900 lsn 4096
	check "$seed" 600 lsn 2048
	check "$seed" 600 none 4096
done
awk -F': ' '!/FAILED/ { sum[$1 ": " $2] += $3 } END { for (i in sum) print i ": " sum[i] }' "$work/all" | sort
for fate in intact overwritten unknowable; do
	grep -q "$fate, called" "$work/all" || complain "no file was $fate: no test"
done
finish
