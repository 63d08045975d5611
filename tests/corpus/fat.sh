#!/bin/bash
# fat.sh BUILD: every FAT and exFAT volume of the corpus, also those in partitions of any disk and in images of virtual machines: each entry that
# expected/fls has is listed with the same number, size and times, each that we list it has; the content of every file is icat's; the
# geometry is fsstat's. Pieces of volumes (a boot sector, a directory) are put into a volume made here and read there. docs/formats/fat.md
# says where The Sleuth Kit and we differ and who is right; nothing else may.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" icat fls fsstat mmls jq gzip bsdtar 7zz od
dump=$build/tests/corpus_fat_dump
piece= # set while a piece is compared
most_contents=1000 # files of one volume whose content is compared

# Lines `number TAB size TAB modified TAB accessed TAB created TAB name` of a body file; virtual files left out. What fls found
# in unused sectors only ($OrphanFiles) is a name of its own.
body_lines() {
	awk -F'|' -v OFS='\t' -v piece="$piece" '$2 !~ /^\/\$(MBR|FAT[12]|OrphanFiles|EMPTY_VOLUME_LABEL .*)$/ && $2 !~ /deleted-realloc/ {
		name = $2; sub(/^\//, "", name); sub(/ \(deleted\)$/, "", name); sub(/ *\(Volume Label Entry\)$/, "", name)
		orphan = sub(/^\$OrphanFiles\//, "", name)
		if (piece && ($4 ~ /^v/ || $2 ~ /Volume Label Entry\)$/ || name ~ /^\$(ALLOC_BITMAP|UPCASE_TABLE)$/)) next
		if (piece && $4 ~ /^d/) $7 = 0
		print $3, $7, $9, $8, $11, orphan, name }' "$1" | sort -u
}

# The numbers of what fls found in unused sectors, and would not vouch for.
realloc_numbers() {
	awk -F'|' '$2 ~ /deleted-realloc/ { print $3 }' "$1" | sort -u
}

# Directories that no entry leads to have no number of their own. Of a piece only what tells of files and directories.
our_lines() {
	awk -F'\t' -v OFS='\t' -v piece="$piece" '$2 == "d" && $NF ~ /^\$Orphan\/(cluster|sector) [0-9]+$/ { next }
		piece && ($2 !~ /[rdn]/ || $NF == "." || $NF == "..") { next }
		piece && $2 == "d" { $4 = 0 }
		{ print $1, $4, $6, $7, $8, 0, $NF, $2, $3, $(NF - 1) }' "$scratch/ours" | sort -u
}

# One of ours and one of theirs with the same number. Prints why they may differ; "" when they must not.
difference() {
	awk -F'\t' -v exfat="$1" '
	# Deletion overwrote it: fls shows a _, we what the checksum in the long name says that it was (one character of up to four bytes).
	function but_first(ours, theirs,   more) {
		more = length(ours) - length(theirs)
		return theirs ~ /^_/ && more >= 0 && more <= 3 && substr(ours, more + 2) == substr(theirs, 2)
	}
	{
		split($0, f, "\t"); # ours: 1 number 2 size 3 m 4 a 5 c 6 - 7 name 8 kind 9 state 10 short; theirs: 11 size 12 m 13 a 14 c 15 orphan 16 name
		tail = substr(f[7], length(f[7]) - length(f[16]))
		same_name = f[7] == f[16] || (f[15] && tail == "/" f[16])
		why = ""
		if (!same_name && f[15] && f[10] == f[16]) { why = "the long name of what fls found in a free sector"; same_name = 1 }
		if (!same_name && f[15] && f[9] != "live" && but_first(f[10], f[16])) { why = "the first letter of a deleted short name"; same_name = 1 }
		if (!same_name && f[16] == "OrphanFile-" f[1] && f[7] ~ ("[$]Unnamed-" f[1] "$")) { why = "the name of what has none"; same_name = 1 }
		if (!same_name && length(f[16]) >= 208 && index(f[7], f[16]) == 1) { why = "a long name that fls cuts"; same_name = 1 }
		if (f[5] != f[14] && f[5] == f[14] + 1) { why = "the odd second of created"; f[5] = f[14] }
		if (exfat && f[5] != f[14] && (f[5] - 1 - f[14]) % 900 == 0) { why = "a whole second in the 10 ms"; f[5] = f[14] }
		if (exfat && f[3] != f[12] && (f[3] - 1 - f[12]) % 900 == 0) { why = "a whole second in the 10 ms"; f[3] = f[12] }
		if (exfat && (f[3] != f[12] || f[4] != f[13] || f[5] != f[14]) &&
			(f[3] - f[12]) % 900 == 0 && (f[4] - f[13]) % 900 == 0 && (f[5] - f[14]) % 900 == 0) {
			why = "the offset from UTC"; f[3] = f[12]; f[4] = f[13]; f[5] = f[14] }
		if (f[2] != f[11] && f[8] == "d" && f[9] == "deleted") { why = "the size of a deleted directory"; f[2] = f[11] }
		if (f[2] != f[11] && f[8] == "d" && f[9] == "beyond") { why = "the size of a directory behind the end mark"; f[2] = f[11] }
		if (f[15] && same_name && why == "") why = "the path of what is below a deleted directory"
		if (f[3] != f[12] || f[4] != f[13] || f[5] != f[14] || f[2] != f[11]) print "DIFFERENT"
		else if (!same_name) print "NAME"
		else if (why != "") print why
		else print "nothing" }'
}

# A long name whose checksum is wrong is an orphan of its own here, and the name of the file to fls.
has_orphan_name() {
	awk -F'\t' -v name="$1" '$2 == "n" && $NF == name { found = 1 } END { exit !found }' "$scratch/ours"
}

# An entry that fls has under its right name, too: it walks a directory once for each entry that leads to it.
is_met_again() { # NUMBER
	awk -F'\t' -v number="$1" '$1 != "NAME" && $1 != "DIFFERENT" && $2 == number { found = 1 } END { exit !found }' "$scratch/told"
}

# fls looks at each free sector, we at each free cluster: those of its finds that lie where no cluster begins (on a volume that was made
# anew with other clusters). Of lines by number.
inside_cluster() {
	awk -F'\t' 'FILENAME == ARGV[1] {
			if (/^\* Data Area:/) base = $0; if (/^\*\* Cluster Area:/) area = $0
			if (/^Sector Size:/) size = $0; if (/^Cluster Size:/) cluster = $0
			next }
		FNR == 1 { split(base, b, /[ -]+/); split(area, a, /[ -]+/); sub(/.* /, "", size); sub(/.* /, "", cluster); base = b[4]; area = a[4] }
		area && $6 == 1 && (base + int(($1 - 3) * 32 / size) - area) % (cluster / size) { print }' "$scratch/fsstat" "$1"
}

check_lists() { # LISTING
	local exfat=0 why line count
	! grep -q '^exFAT' "$scratch/messages" || exfat=1
	our_lines >"$scratch/lines.ours"
	body_lines "$1" >"$scratch/lines.theirs"
	realloc_numbers "$1" >"$scratch/realloc"
	# fls names no directory whose entry is gone, only what it finds in it.
	corpus_count "directories that no entry leads to" "$(grep -c $'\t\$Orphan/cluster [0-9]*$' "$scratch/ours" || true)"
	corpus_count "pieces of directories of an earlier layout" "$(grep -c $'\t\$Orphan/sector [0-9]*$' "$scratch/ours" || true)"
	join -t $'\t' -j 1 <(sort -k1,1 "$scratch/lines.ours") <(sort -k1,1 "$scratch/lines.theirs") >"$scratch/both"
	difference "$exfat" <"$scratch/both" | paste - "$scratch/both" >"$scratch/told"
	while IFS=$'\t' read -r why line; do
		if [ "$why" = NAME ] && has_orphan_name "$(cut -f 16 <<<"$line")"; then
			corpus_count "entries with a long name of another checksum"
		elif [ "$why" = NAME ] && is_met_again "${line%%$'\t'*}"; then
			corpus_count "entries that fls meets again through a loop or a cross-link"
		else
			corpus_fail "$where: $why: $line"
		fi
	done < <(grep -E '^(NAME|DIFFERENT)' "$scratch/told" || true)
	while read -r count why; do
		if [ "$why" = nothing ]; then corpus_count "entries equal to fls" "$count"; else corpus_count "entries that differ in $why" "$count"; fi
	done < <(cut -f 1 "$scratch/told" | grep -vE '^(NAME|DIFFERENT)' | sort | uniq -c)
	join -t $'\t' -v 2 -j 1 <(sort -k1,1 "$scratch/lines.ours") <(sort -k1,1 "$scratch/lines.theirs") >"$scratch/missing"
	inside_cluster "$scratch/missing" >"$scratch/inside"
	corpus_count "deleted entries inside clusters that begin no directory, which fls looks for" "$(wc -l <"$scratch/inside")"
	sort "$scratch/missing" | comm -23 - <(sort "$scratch/inside") >"$scratch/still"
	mv "$scratch/still" "$scratch/missing"
	[ ! -s "$scratch/missing" ] || corpus_fail "$where: fls has and we have not ($(wc -l <"$scratch/missing")): $(head -n 2 "$scratch/missing" | tr '\n' ' ')"
	join -t $'\t' -v 1 -j 1 <(sort -k1,1 "$scratch/lines.ours") <(sort -k1,1 "$scratch/lines.theirs") |
		awk -F'\t' '$8 != "n"' | sort -k1,1 >"$scratch/more"
	corpus_count "entry sets without a name, which fls leaves out" "$(grep -c $'\t[^\t]*\$Unnamed-[0-9]*\t' "$scratch/more" || true)"
	sed -i '/\t[^\t]*\$Unnamed-[0-9]*\t/d' "$scratch/more"
	awk -F'\t' '$(NF - 2) == "the first of its entries is gone" { print $1 }' "$scratch/ours" | sort >"$scratch/firstless"
	corpus_count "exFAT sets whose first entry is gone, which fls leaves out" "$(join -t $'\t' -j 1 "$scratch/more" "$scratch/firstless" | wc -l)"
	join -t $'\t' -v 1 -j 1 "$scratch/more" "$scratch/firstless" >"$scratch/kept"
	mv "$scratch/kept" "$scratch/more"
	corpus_count "deleted entries that fls has without a name" "$(join -t $'\t' -j 1 "$scratch/more" "$scratch/realloc" | wc -l)"
	join -t $'\t' -v 1 -j 1 "$scratch/more" "$scratch/realloc" >"$scratch/still"
	[ ! -s "$scratch/still" ] || corpus_fail "$where: we have and fls has not ($(wc -l <"$scratch/still")): $(head -n 2 "$scratch/still" | tr '\n' ' ')"
}

# The bytes of an exFAT file along its chain in the FAT, as fsstat tells where that is: for deleted ones icat does not look.
by_chain() { # CLUSTER SIZE
	local sector cluster_size table heap cluster=$1 left=$2
	sector=$(awk '/^Sector Size:/ { print $3 }' "$scratch/fsstat")
	cluster_size=$(awk '/^Cluster Size:/ { print $3 }' "$scratch/fsstat")
	table=$(awk '/^\* FAT 1:/ { print $4 }' "$scratch/fsstat")
	heap=$(awk '/Cluster Heap:/ { print $4 }' "$scratch/fsstat")
	while [ "$left" -gt 0 ] && [ "$cluster" -ge 2 ] && [ "$cluster" -lt $((0xfffffff7)) ]; do
		dd if="$file" iflag=skip_bytes,count_bytes status=none bs=1M \
			skip=$((offset + heap * sector + (cluster - 2) * cluster_size)) count=$((left < cluster_size ? left : cluster_size))
		left=$((left - cluster_size))
		cluster=$(od -A n -t u4 -j $((offset + table * sector + cluster * 4)) -N 4 "$file" | tr -d ' ')
	done
}

# The bytes of a file by icat; behind what was written zeros, which exFAT says and icat does not know.
by_icat() { # NUMBER SIZE WRITTEN
	if [ "$3" -lt "$2" ]; then
		{ icat -o "$sectors" "$file" "$1" 2>/dev/null || true; } | head -c "$3"
		head -c $(($2 - $3)) /dev/zero
	else
		icat -o "$sectors" "$file" "$1" 2>/dev/null || true
	fi
}

check_contents() {
	local number kind state size hash layout left theirs cluster written every
	awk -F'\t' '$2 ~ /[rv]/ && $4 > 0' "$scratch/ours" >"$scratch/files"
	every=$(($(wc -l <"$scratch/files") / most_contents + 1))
	while IFS=$'\t' read -r number kind state size cluster hash layout left written; do
		theirs=$(by_icat "$number" "$size" "$written" | sha256sum | cut -d ' ' -f 1)
		if [ "$hash" = "$theirs" ]; then
			corpus_count "$state files equal to icat"
		elif [ "$state" != live ] && [ "$layout" = chain ] &&
			[ "$hash" = "$(by_chain "$cluster" "$size" | sha256sum | cut -d ' ' -f 1)" ]; then
			corpus_count "deleted files equal to their chain, which icat does not follow"
		elif [ "$state" != live ] && [ "$left" != full ]; then
			corpus_count "deleted files, not full, that icat puts together otherwise"
		else
			corpus_fail "$where: $state file $number of $size bytes ($layout, $left) differs from icat"
		fi
	done < <(awk -v every="$every" 'NR % every == 0' "$scratch/files" | cut -f 1-5,9-12)
}

# Kind, clusters, their size and serial number against fsstat.
check_geometry() {
	local theirs ours
	ours=$(head -n 1 "$scratch/messages")
	# Of the serial number of an exFAT volume fsstat writes each byte without its leading zero.
	[[ $ours != exFAT* ]] || ours="${ours% *} $(sed 's/0\([0-9a-f]\)/\1/g' < <(fold -w 2 <<<"${ours##* }") | tr -d '\n')"
	theirs=$(awk '/^File System Type:/ { kind = $4 } /Cluster Range:/ { last = $NF }
		/^Cluster Size:/ { size = $3 } /^Volume ID:/ { serial = $3 } /^Volume Serial Number:/ { serial = $4 }
		END { sub(/^0x/, "", serial); n = split(serial, half, "-")
			if (n == 2 && kind == "exFAT") serial = half[1] half[2]
			else {
				while (n == 2 && length(half[2]) < 4) half[2] = "0" half[2]
				if (n == 2) serial = half[1] half[2]
				while (length(serial) < 8) serial = "0" serial
			}
			print kind ", " last - 1 " clusters of " size ", serial " serial }' "$scratch/fsstat")
	if [ "$ours" = "$theirs" ]; then
		corpus_count "volumes with the geometry that fsstat tells"
	else
		corpus_fail "$where: '$ours', fsstat: '$theirs'"
	fi
}

# How many bytes the volume says it has.
claimed() {
	local size16 size32
	if [ "$(dd if="$1" bs=1 skip=3 count=5 status=none)" = EXFAT ]; then
		echo $(($(od -A n -t u8 -j 72 -N 8 "$1") << $(od -A n -t u1 -j 108 -N 1 "$1")))
		return
	fi
	size16=$(od -A n -t u2 -j 19 -N 2 "$1")
	size32=$(od -A n -t u4 -j 32 -N 4 "$1")
	echo $(($(od -A n -t u2 -j 11 -N 2 "$1") * (size16 ? size16 : size32)))
}

# A volume that ends early, perhaps after its first sector: with zeros behind it fsstat tells its geometry.
check_cut() {
	local size
	size=$(claimed "$file")
	[ "$size" -gt "$(stat -Lc %s "$file")" ] && [ "$size" -lt $((1 << 40)) ] || return 1
	cp "$file" "$scratch/longer"
	chmod u+w "$scratch/longer"
	truncate -s "$size" "$scratch/longer"
	if fsstat "$scratch/longer" >"$scratch/fsstat" 2>/dev/null; then
		check_geometry
		corpus_count "volumes of which only the beginning is there"
	fi
	rm -f "$scratch/longer"
}

check_volume() { # PATH FILE OFFSET
	local where sectors=$(($3 / 512)) file=$2 offset=$3 expected
	where="$1 $(basename "$2")$([ "$3" -eq 0 ] || echo " at $3")"
	expected=$(corpus_listing "$1" "$2" "$3")
	if ! "$dump" content "$2" "$3" >"$scratch/ours" 2>"$scratch/messages"; then
		corpus_fail "$where: $(tail -n 1 "$scratch/messages")"
		return
	fi
	grep '^damage' "$scratch/messages" | sed "s|^|$where: |" || true
	corpus_count "volumes of $(head -n 1 "$scratch/messages" | cut -d , -f 1)"
	if ! fsstat -o "$sectors" "$2" >"$scratch/fsstat" 2>/dev/null; then
		[ "$3" -eq 0 ] && check_cut || corpus_pass_over "fsstat does not read it: $where"
		[ -n "$expected" ] || return 0
	else
		check_geometry
	fi
	if [ -z "$expected" ] && fls -o "$sectors" -r -p -m / "$2" >"$scratch/fls" 2>/dev/null; then
		expected=$scratch/fls
		corpus_count "volumes without a listing, compared with fls run here"
	fi
	if [ -n "$expected" ]; then check_lists "$expected"; fi
	if [ -s "$scratch/fsstat" ]; then check_contents; fi
}

# Prints where FAT volumes begin in FILE: by fsstat, by what is expected, by our reader.
volumes() { # PATH FILE
	local first size
	if is_volume "$1" "$2" 0; then
		echo 0
		return
	fi
	for size in 512 4096; do
		while read -r first _; do
			! is_volume "$1" "$2" $((first * size)) || echo $((first * size))
		done < <(corpus_partitions "$2" "$size")
	done | sort -nu
}

is_volume() { # PATH FILE OFFSET
	! corpus_is_ntfs "$2" "$3" || return 1
	[ -z "$(corpus_listing "$1" "$2" "$3")" ] || return 0
	case $(fsstat -t -o "$(($3 / 512))" "$2" 2>/dev/null) in
	fat* | exfat) return 0 ;;
	?*) return 1 ;;
	esac
	corpus_survive "$1" "$dump" list "$2" "$3" >/dev/null 2>&1
}

# A volume of our own with room for a directory, and where its root is. (fsstat never ends with an exFAT volume without a label.)
make_volume() { # fat-directory | exfat-directory
	local heap cluster
	rm -f "$scratch/volume"
	if [ "$1" = fat-directory ]; then
		truncate -s 16M "$scratch/volume"
		mkfs.fat -F 16 -s 2 -r 512 -i 20260101 "$scratch/volume" >/dev/null 2>&1 || return 1
		root=$((512 * ($(od -A n -t u2 -j 14 -N 2 "$scratch/volume") + 2 * $(od -A n -t u2 -j 22 -N 2 "$scratch/volume"))))
		room=$((512 * 32))
	else
		truncate -s 1G "$scratch/volume"
		mkfs.exfat -c 32K -L PIECE "$scratch/volume" >/dev/null 2>&1 || return 1
		heap=$(od -A n -t u4 -j 88 -N 4 "$scratch/volume") cluster=$(od -A n -t u4 -j 96 -N 4 "$scratch/volume")
		# Behind the entries of the label, the bitmap and the up-case table.
		root=$((heap * 512 + (cluster - 2) * 32768 + 96)) room=$((32768 - 96))
	fi
}

# A directory without its volume: fls and we read it as the root of another one. Its clusters are not there, so no contents.
check_piece() { # PATH FILE
	local where kind root room
	[ "$type" != partition ] || return 0
	where="$1 $(basename "$2")"
	kind=$("$dump" piece "$2")
	case $kind in
	*-directory) ;;
	*)
		corpus_count "pieces that name no file, refused"
		return
		;;
	esac
	make_volume "$kind" || { corpus_pass_over "no mkfs: $where"; return; }
	head -c "$room" "$2" | dd of="$scratch/volume" bs=1M oflag=seek_bytes seek="$root" conv=notrunc status=none
	"$dump" list "$scratch/volume" 0 >"$scratch/ours" 2>"$scratch/messages" ||
		{ corpus_fail "$where: $(tail -n 1 "$scratch/messages")"; return; }
	fls -r -p -m / "$scratch/volume" >"$scratch/fls" || corpus_pass_over "to its end by fls: $where"
	corpus_count "pieces of directories, compared with fls in a volume made here"
	: >"$scratch/fsstat"
	piece=1
	check_lists "$scratch/fls"
	piece=
}

check_file() { # FILE PATH
	local offset any=0
	! corpus_is_text "$1" || return 0
	while read -r offset; do
		any=1
		check_volume "$2" "$1" "$offset"
	done < <(volumes "$2" "$1")
	[ "$any" -eq 0 ] && [[ $type == *fat* || $type == partition ]] || return 0
	if [ "$(stat -Lc %s "$1")" -le $((1 << 20)) ]; then
		check_piece "$2" "$1"
	elif [ "$type" != partition ]; then
		corpus_pass_over "no FAT volume: $2 $(basename "$1")"
	fi
}

for type in $(corpus_types); do
	case $type in
	*fat* | partition | *image* | *disk*) corpus_each_file check_file < <(corpus_files "$type") ;;
	esac
done
corpus_end
