#!/bin/bash
# vss.sh BUILD: every snapshot of every volume of type vss has the bytes that libvshadow reads, but for blocks that no
# snapshot keeps; its files have the content that The Sleuth Kit reads from libvshadow's view; headers and catalogues
# that are there by themselves are read as their bytes say. `collect --shadow all` brings every file of every snapshot.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" vshadowmount vshadowinfo icat jq qemu-img mmls od python3
kanshiki=$build/kanshiki
corpus_kit
dump=$build/tests/corpus_vss_dump
mnt=$scratch/mnt
long=$((32 << 20))
most_streams=4000 # of one snapshot that are compared
declare -A compared # long streams that icat read, of the volume at hand
mkdir "$mnt"
trap 'code=$?; unmount; corpus_leave "$code"' EXIT

unmount() {
	if mountpoint -q "$mnt"; then umount "$mnt" || umount -l "$mnt"; fi
}

# number FILE OFFSET: eight bytes, as decimal
number() {
	od -A n -t u8 -j "$2" -N 8 "$1" | tr -d ' '
}

# Of the kinds of blocks (libvshadow, Volume Shadow Snapshot format, 4.1): 2 is of the catalogue.
is_catalog() { # FILE
	is_vss "$1" 0 && [ "$(od -A n -t u4 -j 20 -N 4 "$1" | tr -d ' ')" = 2 ]
}

is_vss() { # FILE OFFSET
	[ "$(od -A n -t x1 -j "$2" -N 16 "$1" 2>/dev/null | tr -d ' \n')" = 6b87083876c1484eb7ae04046e6cc752 ]
}

# The start of a volume: its header.
check_header() {
	local catalog
	catalog=$("$dump" header "$1@0" | cut -f 3) || { corpus_fail "$2: no header"; return; }
	[ "$((catalog))" = "$(number "$1" 7728)" ] || corpus_fail "$2: catalogue at $catalog"
	corpus_count "headers"
}

# A file of catalogue blocks: laid where its first block says it lay, behind a header that we make.
check_catalog() {
	local volume=$scratch/catalog.raw at items listed
	at=$(number "$1" 32)
	rm -f "$volume"
	truncate -s "$((at + 1048576))" "$volume"
	dd if="$1" of="$volume" bs=16384 seek="$((at / 16384))" conv=notrunc status=none
	{
		printf '\x6b\x87\x08\x38\x76\xc1\x48\x4e\xb7\xae\x04\x04\x6e\x6c\xc7\x52\x01\0\0\0\x01\0\0\0'
		printf '\0\x1e\0\0\0\0\0\0\0\x1e\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
		dd if="$1" bs=1 skip=32 count=8 status=none
	} | dd of="$volume" bs=1 seek=7680 conv=notrunc status=none
	items=$(od -A n -t u4 -v -w128 "$1" | awk '$1 == 2' | wc -l)
	listed=$("$dump" list "$volume@0" | wc -l)
	[ "$items" = "$listed" ] || corpus_fail "$2: $listed snapshots listed, its blocks have $items"
	corpus_count "snapshots in catalogues alone" "$listed"
	rm -f "$volume"
}

# Blocks against the peer's, where the peer has the same store: it may take another volume's.
check_bytes() {
	local theirs ours result
	theirs=$({ vshadowinfo -o "$offset" "$file" 2>/dev/null || true; } | awk -v n="$1" '/^Store: / { at = $2 }
		at == n && /Shadow copy ID/ { print $NF }')
	ours=$("$dump" list "$volume" | awk -F'\t' -v n="$1" '$1 == n { print $4 }')
	if [ "$theirs" != "$ours" ]; then
		echo "peer differs: $where snapshot $1: libvshadow reads the store of {$theirs}, the catalogue says {$ours}"
		corpus_count "snapshots for which libvshadow takes another volume's store"
		return
	fi
	result=$("$dump" compare "$volume" "$1" "$mnt/vss$1") || true
	if [[ $result =~ ^([0-9]+)[[:space:]]([0-9]+)[[:space:]]0[[:space:]]([0-9]+)$ ]]; then
		corpus_count "blocks equal to libvshadow" "${BASH_REMATCH[1]}"
		corpus_count "blocks not kept, of which it makes zeros" "${BASH_REMATCH[2]}"
		corpus_count "blocks in holes of the image, of which one in 64 MiB was compared" "${BASH_REMATCH[3]}"
	else
		corpus_fail "$where snapshot $1: $result"
	fi
	check_files "$1"
}

check_files() {
	local record type id size state hash name theirs every
	corpus_survive "$where" "$dump" streams "$volume" "$1" >"$scratch/streams" || true
	every=$(($(wc -l <"$scratch/streams") / most_streams + 1))
	while IFS=$'\t' read -r record type id size state hash name; do
		if [ "$state" != ok ]; then
			[[ $state == *"did not keep"* ]] || corpus_fail "$where snapshot $1 record $record '$name': $state"
			corpus_count "streams that no snapshot keeps whole"
			continue
		fi
		# icat takes seconds for each of the long files of a shadow copy's own store, most of them the same zeros in each snapshot.
		if [ "$size" -gt "$long" ] && [ -n "${compared["$record:$name:$size:$hash"]:-}" ]; then
			corpus_count "long streams that are what icat read in another snapshot"
			printf '%s:%s:%s\t%s\n' "$1" "$record" "$name" "$hash" >>"$scratch/expected"
			continue
		fi
		theirs=$(icat "$mnt/vss$1" "$record-$((16#$type))-$id" 2>/dev/null | sha256sum | cut -d ' ' -f 1) ||
			{ corpus_count "streams that icat cannot read" && continue; }
		[ "$hash" != "$theirs" ] || compared["$record:$name:$size:$hash"]=1
		[ "$hash" = "$theirs" ] || corpus_fail "$where snapshot $1 record $record '$name': $size bytes differ from icat"
		corpus_count "streams equal to icat over vshadowmount"
		printf '%s:%s:%s\t%s\n' "$1" "$record" "$name" "$theirs" >>"$scratch/expected"
	done < <(awk -v every="$every" 'NR % every == 0' "$scratch/streams")
}

# Nobody else here reads it (its store lies on another volume, STORAGE, or libvshadow refuses it): it must open, its $Bitmap must be kept.
check_alone() { # NUMBER WHY [STORAGE]
	local used unkept
	read -r used unkept < <("$dump" unkept "$volume" "$1" ${3:+"$3"}) || { corpus_fail "$where snapshot $1: ${3:+with $3}"; return; }
	[ "$unkept" -lt "$used" ] || corpus_fail "$where snapshot $1: nothing of it is kept"
	corpus_survive "$where" "$dump" streams "$volume" "$1" ${3:+"$3"} >"$scratch/streams" || true
	if cut -f 5 "$scratch/streams" | grep -v -e '^ok$' -e 'did not keep'; then
		corpus_fail "$where snapshot $1: streams cannot be read"
	fi
	corpus_count "$2"
	awk -F'\t' -v OFS='\t' -v n="$1" '$5 == "ok" { print n ":" $1 ":" $7, $6 }' "$scratch/streams" >>"$scratch/expected"
}

# One volume alone, as the program takes it.
cut_volume() { # FILE@OFFSET TO
	corpus_cut "${1%@*}" "${1##*@}"
	mv "$cut" "$2"
}

# What the shipped program brings of the snapshots, against what was found above.
check_collected() { # STORAGE or nothing
	local bundle status path key hash volumes=(--volume "C=$scratch/cut.raw")
	local -A path_of=() status_of=() hash_of=()
	cut_volume "$volume" "$scratch/cut.raw"
	if [ -n "$1" ]; then
		cut_volume "$1" "$scratch/storage.raw"
		volumes+=(--volume "D=$scratch/storage.raw")
	fi
	bundle=$("$kanshiki" collect --kit "$scratch/kit" --out "$scratch/out" "${volumes[@]}" --shadow all --profile none \
		--take 'C:/**' --deleted none 2>"$scratch/messages" | tail -n 1) || true
	[ -d "$bundle" ] || { corpus_fail "$where: collect: $(tail -n 1 "$scratch/messages")"; return; }
	"$kanshiki" extract "$bundle" -C "$scratch/extracted" --keys "$scratch/keys" >/dev/null 2>&1 || true
	"$kanshiki" ls "$bundle" --all --json --keys "$scratch/keys" | jq -r 'select(.snapshot and (.path | startswith("fs/$vss$/C/"))) |
		[.status, .path, "\(.snapshot.n):\(.record):\(.stream)"] | @tsv' >"$scratch/rows"
	while IFS=$'\t' read -r status path key; do
		[ -n "${path_of[$key]:-}" ] || { path_of[$key]=$path && status_of[$key]=$status; }
	done <"$scratch/rows"
	while IFS= read -r -d '' hash; do
		hash_of[${hash:66}]=${hash:0:64}
	done < <(cd "$scratch/extracted" && find . -type f -print0 | xargs -0 -r sha256sum -z)
	while IFS=$'\t' read -r key hash; do
		status=${status_of[$key]:-} path=${path_of[$key]:-}
		if [ "$status" != taken ] && [ "$status" != same_as ]; then
			corpus_fail "$where: $key '$path': '$status'"
		elif [ "${hash_of["./$path"]:-}" != "$hash" ]; then
			corpus_fail "$where: $key '$path' ($status) differs"
		fi
		corpus_count "collected: $status, equal"
	done <"$scratch/expected"
	rm -rf "$scratch/out" "$scratch/extracted" "$scratch/cut.raw" "$scratch/storage.raw"
}

check_volume() {
	local number why storage mounted=
	file=${volume%@*} offset=${volume##*@}
	where=$(basename "$file")@$offset
	: >"$scratch/expected"
	compared=()
	storage=$(awk -F'\t' -v id="$theirs" -v own="$volume" '$2 == id && $1 != own { print $1; exit }' "$scratch/volumes")
	if [ "$theirs" = "$own" ]; then
		if vshadowmount -o "$offset" "$file" "$mnt" >/dev/null 2>&1; then
			mounted=1
		elif vshadowinfo -o "$offset" "$file" >/dev/null 2>&1; then
			corpus_pass_over "vshadowmount cannot mount here"
			[ "$corpus_failures" -eq 0 ] || corpus_end
			echo "skipped: vshadowmount cannot mount here"
			exit 77
		else
			corpus_count "volumes that libvshadow refuses"
		fi
	fi
	while IFS=$'\t' read -r number _ _ _ _ _ _ why _; do
		if [ "$why" = ok ] && [ -n "$mounted" ]; then
			check_bytes "$number"
		elif [ "$why" = ok ]; then
			check_alone "$number" "snapshots that no peer reads"
		elif [[ $why == *"another volume"* ]] && [ -n "$storage" ]; then
			check_alone "$number" "snapshots stored on another volume" "$storage"
		elif ! head -c 65536 "$mnt/vss$number" >/dev/null 2>&1; then
			echo "neither reads: $where snapshot $number: $why"
			corpus_count "damaged snapshots that libvshadow does not read, either"
		else
			corpus_fail "$where snapshot $number: $why"
		fi
	done < <("$dump" list "$volume" 2>/dev/null)
	unmount
	[ ! -s "$scratch/expected" ] || check_collected "$storage"
}

: >"$scratch/volumes"
while IFS= read -r path; do
	corpus_unpack "$path" || { echo "cannot be unpacked: $path"; continue; }
	while IFS= read -r file; do
		if is_catalog "$file"; then
			check_catalog "$file" "$path"
		elif [ "$(stat -L -c %s "$file")" = 8192 ] && is_vss "$file" 7680; then
			check_header "$file" "$path"
		elif is_vss "$file" 0; then
			corpus_pass_over "a block of a store, by itself: $path"
		fi
	done < <(corpus_below "$unpacked")
	while IFS=$'\t' read -r file offset; do
		is_vss "$file" "$((offset + 7680))" || continue
		printf '%s\t%s\t%s\n' "$file@$offset" "$("$dump" header "$file@$offset")" "$path" >>"$scratch/volumes"
	done < <(corpus_ntfs_volumes "$path")
done < <(corpus_files vss)
while IFS=$'\t' read -r volume own theirs _ path; do
	corpus_look "$path"
	check_volume
done <"$scratch/volumes"
corpus_end
