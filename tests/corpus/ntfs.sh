#!/bin/bash
# ntfs.sh BUILD: every stream of every NTFS image of the corpus has the bytes that The Sleuth Kit (or ntfs-3g where
# that cannot open the image) reads; times equal libfsntfs and istat to 100 ns; directories list what fls lists;
# every path finds its file.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" icat istat fls mmls ntfscat fsntfsinfo jq gzip xz bsdtar 7zz ewfexport qemu-img
dump=$build/tests/corpus_ntfs_dump
most_streams=4000 # of one volume that are compared
declare -A bases=()
longest=$((1 << 30)) # a stream that claims more is not read through; the number is printed

digest() {
	sha256sum | cut -d ' ' -f 1
}

# TSK gives attributes of extension records ids of its own, which may be those of others in the base record: prints its id of what has the type and name.
peer_id() { # RECORD TYPE(decimal) ID NAME
	[ -f "$scratch/istat/$1" ] || istat -f ntfs -o "$sector" "$file" "$1" >"$scratch/istat/$1" 2>/dev/null || true
	# It shows controls as ^.
	type=$2- own=$3 name=$(sed 's/<U+00[01][0-9A-F]>/^/g' <<<"${4:-N/A}") awk '
		/^Type: / && index($3, "(" ENVIRON["type"]) == 1 { id = $3; gsub(/.*-|\)/, "", id)
			n = $0; sub(/^[^)]*\) +Name: /, "", n); sub(/   (Non-)?Resident.*/, "", n)
			if (n == ENVIRON["name"] && (!found || id == ENVIRON["own"])) { found = 1; best = id } }
		END { print found ? best : 65535 }' "$scratch/istat/$1" # no attribute has this one
}

# peer_bytes RECORD TYPE(decimal) ID NAME: what the peer reads of a stream.
peer_bytes() {
	local id=$3
	if [ "$peer" = ntfscat ]; then
		ntfscat -i "$1" -a "$2" ${4:+-n "$4"} "$cut"
		return
	fi
	[ -z "${bases[$1]:-}" ] || id=$(peer_id "$1" "$2" "$3" "$4")
	icat -f ntfs -o "$sector" "$file" "$1-$2-$id" 2>"$scratch/peer.err" && [ ! -s "$scratch/peer.err" ] && return
	[ -z "${bases[$1]:-}" ] && grep -q 'not found' "$scratch/peer.err" || return 1
	id=$(peer_id "$1" "$2" "$3" "$4")
	icat -f ntfs -o "$sector" "$file" "$1-$2-$id" 2>"$scratch/peer.err" && [ ! -s "$scratch/peer.err" ]
}

# Files with extension records, by number.
load_bases() {
	local record
	bases=()
	rm -rf "$scratch/istat"
	mkdir "$scratch/istat"
	[ "$peer" = icat ] || return 0
	while IFS= read -r record; do bases[$record]=1; done < <(corpus_bases "$file" "$sector")
}

check_streams() {
	local record type id size used state hash name theirs every
	corpus_survive "$where" "$dump" streams "$file" "$offset" "$longest" >"$scratch/streams" 2>>"$scratch/messages" || true
	every=$(($(wc -l <"$scratch/streams") / most_streams + 1))
	while IFS=$'\t' read -r record type id size used state hash name; do
		[ "$name" != '$Bad' ] || continue
		if [ "$state" = long ]; then
			corpus_count "streams longer than $longest bytes, not read"
			continue
		fi
		if [ "$peer" = ntfscat ] && [ "$used" = free ]; then
			corpus_count "streams of deleted files, which $peer does not read"
			continue
		fi
		# ntfscat undoes fix-ups in these; we give what is stored.
		if [ "$peer" = ntfscat ] && { [ "$type" = a0 ] || { [ "$type" = 80 ] && [ "$record" -lt 2 ]; }; }; then
			corpus_count "streams that $peer does not give as stored"
			continue
		fi
		if ! theirs=$(set -o pipefail; peer_bytes "$record" "$((16#$type))" "$id" "$name" 2>/dev/null | digest); then
			echo "peer fails: $where record $record type 0x$type '$name' ($size bytes, $used, we say $state): $(head -c 160 "$scratch/peer.err" | tr '\n' ' ')"
			corpus_count "streams that $peer cannot read"
		elif [ "$hash" = "$theirs" ]; then
			corpus_count "streams equal to $peer"
		elif [ "$state" = ok ] && [ "$hash" = "$(peer_bytes "$record" "$((16#$type))" "$id" "$name" 2>/dev/null | head -c "$size" | digest)" ]; then
			corpus_count "streams that $peer reads beyond their size"
		elif [ "$used" = free ] && [ "$state" != ok ]; then
			corpus_count "streams of deleted files with lost clusters"
		else
			corpus_fail "$where record $record type 0x$type id $id '$name': $size bytes, $used, $state, differs from $peer"
		fi
	done < <(awk -v every="$every" 'NR % every == 0' "$scratch/streams")
}

# Both as `record kind created modified changed accessed name`, ours in ticks turned to ISO by awk's arithmetic would
# lose digits, so the peer's text is turned into ticks by date.
check_times() {
	local ours=$scratch/times.ours theirs=$scratch/times.theirs
	corpus_survive "$where" "$dump" times "$file" "$offset" >"$scratch/times" 2>>"$scratch/messages" || true
	cut -f 1-6 "$scratch/times" | sort -u >"$ours"
	{ fsntfsinfo -E all -o "$offset" "$file" 2>/dev/null || true; } | fsntfs_times | sort -u >"$theirs"
	if [ ! -s "$theirs" ]; then
		echo "peer fails: $where: fsntfsinfo reads no entries"
		return
	fi
	corpus_count "times equal to libfsntfs" "$(comm -12 "$ours" "$theirs" | wc -l)"
	# Ours has more where libfsntfs stops: attributes of extension records and deleted files. Less is wrong.
	if comm -13 "$ours" "$theirs" | LC_ALL=C grep . >"$scratch/missing"; then
		corpus_fail "$where: $(wc -l <"$scratch/missing") times differ from libfsntfs: $(head -n 2 "$scratch/missing" | tr '\n' ' ')"
	fi
}

# `Feb 21, 2023 13:53:27.123456700 UTC` to ticks since 1601; all in one pass.
fsntfs_times() {
	awk -v OFS='\t' '
		function days(y, m, d) { # since 1601-03-01 in a calendar that begins in March
			if (m <= 2) { y--; m += 12 }
			return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + d - 1
		}
		function ticks(text,   p, t, s, m, whole) {
			split(text, p, /[ ,]+/)
			split(p[4], t, /[:.]/)
			m = (index("JanFebMarAprMayJunJulAugSepOctNovDec", p[1]) + 2) / 3
			s = (days(p[3], m, p[2]) - days(1601, 1, 1)) * 86400 + t[1] * 3600 + t[2] * 60 + t[3]
			whole = sprintf("%.0f%07d", s, substr(t[4], 1, 7))
			sub(/^0+/, "", whole)
			return whole == "" ? "0" : whole
		}
		function flush() {
			if (kind != "" && got == 4) print record, kind, c, m, e, a
			kind = ""; got = 0
		}
		/^MFT entry: / { flush(); record = $3 }
		/^Attribute: / { flush() }
		/\$STANDARD_INFORMATION/ { kind = "si" }
		/\$FILE_NAME/ { kind = "fn" }
		/: (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) / {
			v = $0; sub(/.*: /, "", v)
			v = $0; sub(/^[^:]*: /, "", v)
			if (/^\tCreation time/) c = ticks(v); else if (/^\tModification/) m = ticks(v)
			else if (/^\tAccess time/) a = ticks(v); else if (/^\tEntry mod/) e = ticks(v); else next
			got++
		}
		END { flush() }'
}

fls_names() { # KIND   names of a kind (expression) as `record TAB name`
	LC_ALL=C sed -n "s/^[+ ]*$1\\/[-a-z] \\([0-9]*\\)[-0-9]*:\\t/\\1\\t/p" "$scratch/fls" |
		LC_ALL=C sed '/\$OrphanFiles$/d; s/:[^:]*$//; /\t\.$/d' | sort -u
}

# fls lists names in index blocks that are free as names in use.
without_free_names() {
	comm -13 "$scratch/names.ours" "$scratch/names.theirs" >"$scratch/more"
	[ -s "$scratch/more" ] || return 0
	corpus_cut "$file" "$offset"
	corpus_survive "$where" "$build/kanshiki" timeline "$cut" >"$scratch/jsonl" 2>/dev/null || true
	corpus_free_names "$cut" "$scratch/jsonl"
	sed 's|\t.*/|\t|' "$scratch/free" | sort -u | comm -12 "$scratch/more" - >"$scratch/known"
	corpus_count "names in free blocks of an index, which fls takes for names in use" "$(wc -l <"$scratch/known")"
	comm -23 "$scratch/names.theirs" "$scratch/known" >"$scratch/kept"
	mv "$scratch/kept" "$scratch/names.theirs"
}

# Every name that fls sees below the root is in our listing, and every path of ours leads to its file.
check_names() {
	local record orphan path found
	local -A listed=()
	corpus_survive "$where" "$dump" list "$file" "$offset" 2>>"$scratch/messages" >"$scratch/list" || true
	while IFS=$'\t' read -r _ record _ path; do listed["$record/$path"]=1; done <"$scratch/list"
	if [ "$peer" = icat ]; then
		awk -F'\t' '$3 != 2 { sub(/-.*/, "", $2); print $2 "\t" $4 }' "$scratch/list" |
			LC_ALL=C sed '/^5\t\.$/d' | sort -u >"$scratch/names.ours"
		# It shows the streams of a directory a second time, as those of its "."; names of the kind "-" come from the MFT and not
		# from the index: all of ours must be among both, all from indexes among ours.
		fls -f ntfs -r -u -o "$sector" "$file" 2>/dev/null >"$scratch/fls" || true
		fls_names '[a-z]' >"$scratch/names.theirs"
		fls_names - | comm -12 - "$scratch/names.ours" >"$scratch/names.both"
		sort -u -o "$scratch/names.theirs" "$scratch/names.theirs" "$scratch/names.both"
		# TSK shows control characters and lone surrogates as others: such files are left out on both sides.
		cut -f 2,4 "$scratch/list" | LC_ALL=C grep -aP '\t.*(<U\+00[01][0-9A-F]>|\xed[\xa0-\xbf])' |
			sed 's/-.*//' | sort -u >"$scratch/unshown" || true
		if [ -s "$scratch/unshown" ]; then
			corpus_count "files whose names fls does not show as they are" "$(wc -l <"$scratch/unshown")"
			for path in names.ours names.theirs; do
				awk -F'\t' 'NR == FNR { skip[$1]; next } !($1 in skip)' "$scratch/unshown" "$scratch/$path" >"$scratch/kept"
				mv "$scratch/kept" "$scratch/$path"
			done
		fi
		corpus_count "names equal to fls" "$(comm -12 "$scratch/names.ours" "$scratch/names.theirs" | wc -l)"
		without_free_names
		if [ ! -s "$scratch/fls" ]; then
			echo "peer fails: $where: fls lists nothing"
			corpus_count "volumes that fls does not open"
		elif comm -3 "$scratch/names.ours" "$scratch/names.theirs" | LC_ALL=C grep . >"$scratch/missing"; then
			corpus_fail "$where: names differ from fls: $(head -n 4 "$scratch/missing" | tr '\n\t' ' >')"
		fi
	fi
	corpus_survive "$where" "$dump" paths "$file" "$offset" >"$scratch/paths" 2>>"$scratch/messages" || true
	while IFS=$'\t' read -r record orphan path found; do
		[ "$orphan" = 0 ] || { corpus_count "names without a path"; continue; }
		[ "$path" != / ] || continue
		if [ "$record" = "$found" ]; then
			corpus_count "paths that find their file"
		elif [ -z "${listed["$record/${path##*/}"]:-}" ]; then
			corpus_count "names in the MFT that no directory lists"
		else
			corpus_fail "$where: '$path' is record $record and finds '$found'"
		fi
	done <"$scratch/paths"
}

check_volume() { # FILE OFFSET PATH
	file=$1 offset=$2 sector=$(($2 / 512))
	where="$3 at $offset"
	corpus_count "NTFS volumes"
	peer=icat
	if ! fsstat -f ntfs -o "$sector" "$file" >/dev/null 2>&1; then
		peer=ntfscat
		corpus_cut "$file" "$offset"
	fi
	: >"$scratch/messages"
	load_bases
	check_streams
	check_times
	check_names
	"$dump" damage "$file" "$offset" >>"$scratch/messages" 2>/dev/null || corpus_fail "$where: cannot be opened"
	[ ! -s "$scratch/messages" ] || sort -u "$scratch/messages" | sed "s|^|damage in $3: |" | head -n 20
}

corpus_each_volume check_volume < <(corpus_ntfs_paths)
corpus_end
