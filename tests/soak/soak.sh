#!/bin/bash
# soak.sh BUILD [GB [DIR]]: collects, verifies and reads an NTFS volume with so many GB (100) of content, all of it allocated, most
# of it holes of the image: memory must stay the same from beginning to end, verify must pass, and ls and cat of one entry may
# read no more of the bundle than `meta`, the volume's ends and the frames needed. DIR (/tmp) needs an eleventh of GB of room.
# An hour at idle priority (chrt -i 0), some minutes on an idle machine. Not part of the tests: 1 GB of it is, e2e/soak.sh.
# Exits 77 with "skipped: WHAT" where the volume cannot be made.
set -euo pipefail
export LC_ALL=C.UTF-8
build=$1 gb=${2:-100} dir=${3:-${TMPDIR:-/tmp}}
here=$(cd "$(dirname "$0")" && pwd)
kanshiki=$build/kanshiki
limit_kb=102400
work=$(mktemp -d "$dir/kanshiki-soak.XXXXXX")
mount=$work/mnt
failed=0

cleanup() {
	if mountpoint -q "$mount"; then umount "$mount" || umount -l "$mount"; fi
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

skip() {
	echo "skipped: $*"
	exit 77
}
complain() {
	echo "soak.sh: $*" >&2
	failed=1
}
for tool in mkntfs ntfs-3g ntfsfallocate perl strace mountpoint; do
	command -v "$tool" >/dev/null || skip "soak ($tool is not installed)"
done
[ "$(id -u)" = 0 ] && [ -e /dev/fuse ] || skip "soak (needs root and /dev/fuse to make the volume)"

# Half of the content in one file, the rest in files of a 25th, small.bin between them.
make_volume() {
	local number
	mkdir "$mount"
	truncate -s $((gb * 1030 + 200))M "$work/image"
	mkntfs -F -Q -q "$work/image" >/dev/null 2>&1
	ntfs-3g "$work/image" "$mount" 2>/dev/null || skip "soak (ntfs-3g cannot mount)"
	for ((number = 10; number < 23; number++)); do
		echo -n reserved >"$mount/f$number.bin"
		[ $number != 16 ] || { head -c 10240 /dev/urandom >"$work/small" && cp "$work/small" "$mount/f16small.bin"; }
	done
	umount "$mount"
	for ((number = 10; number < 23; number++)); do
		ntfsfallocate -f -l $((number == 15 ? gb * 500 : gb * 1000 / 24))M "$work/image" "f$number.bin" >/dev/null 2>&1
	done
	perl "$here/fill.pl" "$work/image" $((gb < 25 ? 1600000 * gb : 40000000)) 1000000000
}

# usage: sampled NAME STATUS COMMAND...   runs it, its resident memory sampled into $work/NAME.rss (kB)
sampled() {
	local name=$1 want=$2 pid status=0 start=$SECONDS
	shift 2
	"$@" >"$work/$name.out" 2>"$work/$name.err" &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status 2>/dev/null || true
		sleep 0.25
	done >"$work/$name.rss"
	wait $pid || status=$?
	[ "$status" = "$want" ] || complain "$name: exit $status: $(tail -n 3 "$work/$name.err")"
	judge "$name" $((SECONDS - start))
}

# The most in the last three quarters is not more than a tenth and 4 MiB above the most in the first.
judge() {
	local summary
	summary=$(awk -v limit=$limit_kb '
		{ at[NR] = $1; if ($1 > most) most = $1 }
		END {
			for (i = 1; i <= NR; i++) { if (i <= NR / 4 + 4) { if (at[i] > early) early = at[i] } else if (at[i] > late) late = at[i] }
			printf "%d samples, at most %.0f MiB in the first quarter, %.0f MiB after it", NR, early / 1024, late / 1024
			exit !(most <= limit && late <= early * 1.1 + 4096)
		}' "$work/$1.rss") || complain "$1: memory grows, or is too much"
	printf '%-8s %5d s  memory: %s\n' "$1" "$2" "$summary"
}

# usage: read_of NAME LIMIT COMMAND...   bytes read from the bundle's files
read_of() {
	local name=$1 limit=$2 bytes
	shift 2
	strace -f -y -qq -e trace=read,pread64,readv,preadv,mmap -o "$work/$name.trace" "$@" >"$work/$name.out" 2>"$work/$name.err" ||
		complain "$name failed: $(tail -n 1 "$work/$name.err")"
	! grep -q "mmap(.*<$bundle/" "$work/$name.trace" || complain "$name maps a file of the bundle: not counted"
	bytes=$(grep -F "<$bundle/" "$work/$name.trace" | sed -n 's/.*= \([0-9]*\)$/\1/p' | awk '{ sum += $1 } END { printf "%d", sum }')
	printf '%-8s reads %d bytes of the bundle (%d), wanted at most %d\n' "$name" "$bytes" "$(cat "$bundle"/* | wc -c)" "$limit"
	[ "$bytes" -le "$limit" ] && [ "$bytes" -gt 0 ] || complain "$name reads too much"
}

make_volume
"$kanshiki" kit new "$work/kit" --keys "$work/keys" --name soak >/dev/null 2>&1
mkdir "$work/out"
sampled collect 0 "$kanshiki" collect --kit "$work/kit" --out "$work/out" --volume "C=$work/image" --profile none --take '*.bin' \
	--shadow none --deleted none --no-live
bundle=$(echo "$work"/out/*)
sampled verify 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
content=$("$kanshiki" ls "$bundle" --keys "$work/keys" --json 2>/dev/null | sed -n 's/.*"stored_size":\([0-9]*\).*/\1/p' | awk '{ sum += $1 } END { printf "%.0f", sum }')
echo "content  $content bytes in $(find "$bundle" -name 'files.*.age' | wc -l) volumes of $(cat "$bundle"/files.* | wc -c) bytes"
[ "$content" -ge $((gb * 990000000)) ] || complain "only $content bytes were stored"
# Twice: to check its hash and to open it.
meta=$(($(cat "$bundle"/meta.* "$bundle"/MANIFEST* "$bundle"/*.pem | wc -c) * 2 + 262144))
read_of ls $meta "$kanshiki" ls "$bundle" --keys "$work/keys"
# The frame of the entry, and header, seek table and last chunk of the volume in which it lies.
read_of cat $((meta + 4194304 + 2097152)) "$kanshiki" cat "$bundle" fs/C/f16small.bin --keys "$work/keys"
cmp -s "$work/cat.out" "$work/small" || complain "cat gives other bytes"
start=$EPOCHREALTIME
"$kanshiki" cat "$bundle" fs/C/f16small.bin --keys "$work/keys" >/dev/null 2>&1
awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "cat      %.3f s\n", b - a }'
exit $failed
