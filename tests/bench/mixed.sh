#!/bin/bash
# mixed.sh OUT MIB: a directory of about so many MiB as a collection takes them: three quarters are the files of the corpus
# (hives, event logs, tables and journals of NTFS, databases; archives unpacked as well; whole images, which are mostly zeros,
# left out), again and again, the rest does not compress: pieces of 1 to 16 MiB and one file of a sixteenth of the whole.
# Without a corpus the machine's own programs and libraries stand in for it, and it says so.
set -euo pipefail
export LC_ALL=C.UTF-8
out=$1 mib=$2
corpus=${KANSHIKI_CORPUS:-$(cd "$(dirname "$0")/../../.." && pwd)/shared/testdata}
base=$out/1
mkdir -p "$base"

# usage: noise MIB NUMBER   bytes that do not compress, others for each number
noise() { head -c $(($1 << 20)) /dev/zero | openssl enc -aes-128-ctr -K "$(printf %032x "$2")" -iv "$(printf %032x 0)" -nosalt; }

# Paths of the files that a collection would take, by their type.
taken() {
	awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["type"] !~ /image|^vss|partition|bitlocker|^age$|boot/ { print $at["path"] }' "$corpus/MANIFEST.tsv"
}

copy_all() {
	local file number=0
	while IFS= read -r file; do
		[ -f "$corpus/$file" ] || continue
		number=$((number + 1))
		case $file in
		*.7z | *.zip | *.gz | *.xz)
			mkdir "$base/$number"
			7z x -y -bd -pinfected -o"$base/$number" "$corpus/$file" >/dev/null 2>&1 || true
			;;
		*) cp --no-preserve=mode "$corpus/$file" "$base/$number-${file##*/}" ;;
		esac
	done < <(taken)
}

if [ -f "$corpus/MANIFEST.tsv" ]; then
	copy_all
else
	echo "mixed.sh: no corpus; programs of this machine instead" >&2
	find /usr/bin /usr/lib -xdev -type f -size -16M -size +1k 2>/dev/null | sort | head -n 2000 | xargs -d '\n' cp --no-preserve=mode --backup=numbered -t "$base"
fi
find "$out" \( -type l -o -type p -o -type s \) -delete
each=$(du -sm --apparent-size "$base" | cut -f 1)
want=$((mib * 3 / 4))
if [ "$each" -gt "$want" ]; then # a part of it, evenly
	find "$base" -type f -print0 | sort -z | awk -v RS='\0' -v keep=$want -v of="$each" 'int(NR * keep / of) == int((NR - 1) * keep / of)' |
		tr '\n' '\0' | xargs -0 rm -f
	each=$(du -sm --apparent-size "$base" | cut -f 1)
fi
for ((copy = 2; copy * each <= want; copy++)); do cp -r "$base" "$out/$copy"; done
mkdir "$out/noise"
noise $((mib / 16)) 1 >"$out/noise/large"
left=$((mib - (copy - 1) * each - mib / 16))
for ((number = 2; left > 0; number++)); do
	size=$((number % 4 ? 1 + number % 3 : 16))
	[ $size -le $left ] || size=$left
	noise $size $number >"$out/noise/$number"
	left=$((left - size))
done
