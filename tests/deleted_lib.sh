# shellcheck shell=bash
# Images with deleted files whose fate is known, and the judgement of what a collection made of them. Sourced by
# tests/e2e/deleted.sh and wine-tests/deleted.sh, after tests/lib.sh.
#
# The truth of an image is a table IMAGE.truth of record, stream (. for the unnamed), size, SHA-256, path: one line for each
# stream that was deleted.

random_bytes() { head -c "$1" /dev/urandom; }

# usage: make_volume IMAGE SIZE   and mounts it at $work/mnt
make_volume() {
	rm -f "$1"
	truncate -s "$2" "$1"
	mkntfs -F -Q -q "$1" >/dev/null 2>&1 || skip "deleted files (mkntfs fails)"
	mount_volume "$1"
}

# A new mount looks for free MFT records from the lowest on.
mount_volume() {
	mkdir -p "$work/mnt"
	ntfs-3g -o streams_interface=windows,compression,noatime "$1" "$work/mnt" 2>/dev/null ||
		skip "deleted files (ntfs-3g cannot mount)"
}

unmount() { umount "$work/mnt"; }

remount() {
	unmount
	mount_volume "$1"
}

# Records that what comes later may use instead of the victims'.
make_spares() {
	local i
	for ((i = 0; i < 40; i++)); do : >"$work/mnt/spare$i"; done
}

free_spares() { rm "$work/mnt"/spare*; }

# A file in pieces: each lies in the gap that a file left.
make_fragmented() {
	local i
	for ((i = 0; i < 2 * $2; i++)); do random_bytes 4096 >"$work/mnt/gap$i"; done
	random_bytes 1000000000 2>/dev/null >"$work/mnt/rest" || true
	for ((i = 0; i < 2 * $2; i += 2)); do rm "$work/mnt/gap$i"; done
	sync -f "$work/mnt/rest"
	random_bytes "$(($2 * 4096))" >"$1"
	rm "$work/mnt/rest" "$work/mnt"/gap*
}

# A file in so many runs that its record does not hold them: clusters and holes in turn.
make_long() {
	perl -e 'my ($file, $pieces) = @ARGV;
		open my $out, ">:raw:unix", $file or die; open my $in, "<:raw", "/dev/urandom" or die;
		for (0 .. $pieces - 1) { read $in, my $piece, 4096; sysseek $out, 8192 * $_, 0; syswrite $out, $piece }' "$1" "$2"
}

# Packed by WOF as Windows does it: a hole, a packed stream, a reparse point (version 1, provider 2, version 1, algorithm).
make_wof() {
	seq 1 50000 >"$work/original"
	"$build/tests/mkwof" xpress8k "$work/original" "$work/packed"
	truncate -s "$(stat -c %s "$work/original")" "$1"
	stat -c %i "$1" >"$work/wof.record"
	cat "$work/packed" >"$1:WofCompressedData"
	setfattr -n system.ntfs_reparse_data -v 0x170000801000000001000000020000000100000002000000 "$1"
}

make_victims() {
	local dir=$work/mnt/victims
	mkdir -p "$dir/packed" "$dir/gone/sub"
	echo "small" >"$dir/small.txt"
	: >"$dir/empty.txt"
	random_bytes 300000 >"$dir/whole.bin"
	random_bytes 65536 >"$dir/請求書.docx"
	make_fragmented "$dir/fragmented.bin" 60
	make_long "$dir/attribute-list.bin" 700
	truncate -s 400000 "$dir/sparse.bin"
	random_bytes 5000 | dd of="$dir/sparse.bin" bs=1 seek=200000 conv=notrunc status=none
	setfattr -n system.ntfs_attrib_be -v 0x00000800 "$dir/packed"
	seq 1 60000 >"$dir/packed/text.log"
	{ seq 1 9000; random_bytes 100000; seq 1 9000; } >"$dir/packed/mixed.bin"
	echo "main" >"$dir/streams.txt"
	echo "a small stream" >"$dir/streams.txt:small"
	random_bytes 50000 >"$dir/streams.txt:隠し"
	random_bytes 20000 >"$dir/gone/one.exe"
	echo "deep" >"$dir/gone/sub/two.txt"
	[ ! -x "$build/tests/mkwof" ] || make_wof "$dir/packed.dll"
	sync -f "$dir"
}

# usage: line RECORD STREAM PATH FILE   of truth
line() {
	local sum
	sum=$(sha256sum <"$4")
	printf '%s\t%s\t%s\t%s\tvictims/%s\n' "$1" "$2" "$(stat -c %s "$4")" "${sum%% *}" "$3"
}

# usage: write_truth IMAGE   before they are deleted
write_truth() {
	local path
	(cd "$work/mnt/victims" && find . -type f ! -name packed.dll -printf '%P\n' && printf '%s\n' streams.txt:small streams.txt:隠し) |
		while IFS= read -r path; do
			line "$(stat -c %i "$work/mnt/victims/$path")" "$([[ $path != *:* ]] && echo . || echo "${path##*:}")" "$path" \
				"$work/mnt/victims/$path"
		done >"$1.truth"
	[ -f "$work/wof.record" ] || return 0
	line "$(cat "$work/wof.record")" . packed.dll "$work/original" >>"$1.truth"
	line "$(cat "$work/wof.record")" WofCompressedData packed.dll:WofCompressedData "$work/packed" >>"$1.truth"
}

# usage: make_deleted IMAGE SIZE   victims that were there and are deleted; spare records are free in front of theirs
make_deleted() {
	make_volume "$1" "$2"
	make_spares
	make_victims
	write_truth "$1"
	rm -r "$work/mnt/victims"
	free_spares
	remount "$1"
}

# usage: fill FILE [BYTES]   random bytes until the volume is full
fill() { random_bytes "${2:-1000000000}" 2>/dev/null >"$work/mnt/$1" || true; }

# usage: make_case NAME IMAGE
make_case() {
	case $1 in
	untouched) make_deleted "$2" 32M ;;
	overwritten-in-part)
		make_deleted "$2" 16M
		fill live.bin 1800000
		random_bytes 200000 >"$work/mnt/live2.bin" ;;
	overwritten)
		make_deleted "$2" 16M
		fill live.bin ;;
	overwritten-by-deleted) # whose record is kept
		make_deleted "$2" 16M
		fill later.bin
		rm "$work/mnt/later.bin" ;;
	unknowable) # whose record is another's now
		make_deleted "$2" 16M
		fill later.bin
		rm "$work/mnt/later.bin"
		remount "$2"
		for i in {0..20}; do echo "small" >"$work/mnt/reuse$i"; done ;;
	trimmed)
		make_deleted "$2" 16M
		unmount
		ntfswipe -f -q -u -b 0 "$2" >/dev/null 2>&1 || skip "deleted files (ntfswipe fails)"
		return ;;
	esac
	unmount
}

# usage: read_results BUNDLE   $work/results: record, stream, result, earlier owner, SHA-256 of the extracted file, path
read_results() {
	local record stream result owner path sum
	rm -rf "$work/extracted"
	run "$what: verify" 0 "$kanshiki" verify "$1" --keys "$work/keys"
	run "$what: extract" 0 "$kanshiki" extract "$1" -C "$work/extracted" --keys "$work/keys"
	"$kanshiki" ls "$1" --all --json --keys "$work/keys" >"$work/rows"
	jq -r 'select(.deleted) | [.record, (if .stream == "" then "." else .stream end), .deleted.result, .deleted.earlier_owner // "-", .path] | @tsv' "$work/rows" |
		while IFS=$'\t' read -r record stream result owner path; do
			sum=-
			[ ! -f "$work/extracted/$path" ] || sum=$(sha256sum <"$work/extracted/$path")
			printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$record" "$stream" "$result" "$owner" "${sum%% *}" "$path"
		done >"$work/results"
}

# The line of results for a line of truth: sets result, owner, found (a hash).
result_of() {
	IFS=$'\t' read -r result owner found < <(awk -F'\t' -v record="$1" -v stream="$2" \
		'$1 == record && $2 == stream { print $3 "\t" $4 "\t" $5; exit }' "$work/results") || result= owner= found=
}

# Whether the bytes are still there, as The Sleuth Kit reads them: it asks nobody whose they are.
still_there() {
	local sum
	sum=$(icat -r "$1" "$2" 2>/dev/null | sha256sum)
	[ "${sum%% *}" = "$3" ]
}

# usage: judge CASE IMAGE   what the rows say against the truth; counts in $full and $lost
judge() {
	local record stream size sum path is_there
	full=0 lost=0
	while IFS=$'\t' read -r record stream size sum path; do
		result_of "$record" "$stream"
		if [ -z "$result" ]; then
			complain "$what: '$path' (record $record) has no row"
			continue
		fi
		is_there=unknown
		case $1 in
		untouched) is_there=yes ;;
		overwritten | trimmed) is_there=no ;;
		esac
		[ "$is_there" != unknown ] || [ "$stream" != . ] || [[ $path = */packed.dll ]] ||
			is_there=$(still_there "$2" "$record" "$sum" && echo yes || echo no)
		# What lies in the record is there as long as the record is.
		is_resident "$record" "$stream" && is_there=yes
		if [ "$result" = full ]; then
			full=$((full + 1))
			if [ "$found" != "$sum" ]; then
				[ "$1" = unknowable ] && [ "$owner" = unknowable ] ||
					complain "$what: '$path' is called full, and its bytes are not its own"
			fi
		else
			lost=$((lost + 1))
			[ "$is_there" != yes ] || complain "$what: '$path' is still there, and is called $result"
		fi
		[ "$is_there" != no ] || [ "$result" != full ] || [ "$1" = unknowable ] ||
			complain "$what: '$path' is gone, and is called full"
	done <"$2.truth"
}

is_resident() {
	jq -se --argjson record "$1" --arg stream "${2#.}" \
		'any(.deleted and .record == $record and .stream == $stream and .resident)' "$work/rows" >/dev/null
}
