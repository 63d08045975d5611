#!/bin/bash
# Deleted files and names in directory slack of shadow copies: those that no newer state has are listed with what was kept of them, and nothing that need not
# have been kept is called whole.
# usage: tests/e2e/shadow_deleted.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/shadow_deleted.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq mkntfs ntfs-3g istat ifind icat
[ "$(id -u)" = 0 ] && [ -e /dev/fuse ] || skip "deleted files of shadow copies (need root and /dev/fuse)"

collect() { "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$work/now.img" "$@"; }

same() { [ "$2" = "$3" ] || complain "$1: '$3', not '$2'"; }

mounted() { ntfs-3g "$1" "$work/mnt" 2>/dev/null || skip "ntfs-3g cannot mount"; }

# usage: clusters IMAGE RECORD   those of its unnamed data, one a line
clusters() { istat "$1" "$2" | awk '/^Type:/ { data = /\$DATA/; next } data' | tr -s ' ' '\n' | sed '/^$/d'; }

# usage: overwrite IMAGE FILE   its clusters as they were in the first state, with bytes of nobody
overwrite() {
	local cluster
	while read -r cluster; do
		head -c 4096 /dev/urandom | dd of="$1" bs=4096 seek="$cluster" conv=notrunc status=none
	done <"$work/clusters.$2"
}

# 1: twelve files are deleted. 2: the records of five are others', the clusters of three were, and the place of a name in a directory is
# another's. 3: almost the same.
make_states() {
	local name
	mkdir -p "$work/mnt" "$work/kept"
	truncate -s 32M "$work/1.img"
	mkntfs -F -Q -q "$work/1.img" >"$work/mkntfs" 2>&1
	mounted "$work/1.img"
	echo "nobody was to read this" >"$work/kept/note.txt"
	head -c 8000 /dev/urandom >"$work/kept/kept.bin"
	head -c 100000 /dev/urandom >"$work/kept/lost.bin"
	echo "deleted, and nobody came after it" >"$work/kept/still.txt"
	head -c 8000 /dev/urandom >"$work/kept/twice.bin"
	mkdir "$work/mnt/dir" "$work/mnt/few"
	for name in $(seq 1 40); do : >"$work/mnt/apart$name"; done
	mkdir "$work/mnt/far"
	for name in 1 2 3 4; do echo 1 | tee "$work/mnt/few/note $name.txt" >"$work/mnt/far/note $name.txt"; done
	cp "$work"/kept/* "$work/mnt/dir/"
	for name in 1 2 3 4 5; do head -c 198000 /dev/urandom >"$work/mnt/dir/fill$name.bin"; done
	umount "$work/mnt"
	for name in note.txt kept.bin lost.bin still.txt twice.bin; do
		ifind -n "dir/$name" "$work/1.img" >"$work/record.$name"
		clusters "$work/1.img" "$(cat "$work/record.$name")" >"$work/clusters.$name"
	done
	mounted "$work/1.img"
	rm "$work"/mnt/dir/* "$work/mnt/few/note 4.txt" "$work/mnt/far/note 4.txt"
	umount "$work/mnt"
	cp "$work/1.img" "$work/2.img"
	mounted "$work/2.img"
	for name in 'few/zulu, yankee, x-ray.txt' pad one two three; do echo "$name" >"$work/mnt/$name"; done
	umount "$work/mnt"
	overwrite "$work/2.img" kept.bin
	overwrite "$work/2.img" lost.bin
	overwrite "$work/2.img" twice.bin
	cp "$work/2.img" "$work/3.img"
	mounted "$work/3.img"
	echo "of the newest" >"$work/mnt/one"
	umount "$work/mnt"
	for name in note.txt kept.bin lost.bin; do
		istat "$work/3.img" "$(cat "$work/record.$name")" | grep -q '^Allocated File' || skip "ntfs-3g uses other records"
	done
}

# The blocks of 16 KiB that lie wholly in lost.bin: "FIRST-END".
blocks_of_lost() {
	awk 'NR == 1 { first = int(($1 + 3) / 4) } { last = $1 } END { print first "-" int((last + 1) / 4) }' "$work/clusters.lost.bin"
}

# usage: collected WHAT CODE ARGUMENT...   $work/rows, $work/list1, $work/list2, $work/extracted
collected() {
	local what=$1 code=$2
	shift 2
	run "$what" "$code" collect --profile none --shadow all "$@"
	bundle_of "$what" || finish
	intact "$what" "$bundle" 0
	"$kanshiki" ls "$bundle" --all --json --keys "$work/keys" >"$work/rows"
	cp "$work/extracted/deleted/\$vss\$/C/1/files.jsonl" "$work/list1" 2>/dev/null || : >"$work/list1"
	cp "$work/extracted/deleted/\$vss\$/C/2/files.jsonl" "$work/list2" 2>/dev/null || : >"$work/list2"
}

# usage: row NAME   status, result, clusters kept and not, now
row() {
	jq -r --arg path "dir/$1" 'select(.snapshot and .deleted.path == $path) | "\(.volume) \(.status) \(.read) \(.deleted.result) \(.deleted.free // "-") \(.deleted.unkept // 0) \(.snapshot.n) \(.snapshot.now)"' \
		"$work/rows"
}

# usage: has LIST NAME
has() { tail -n +2 "$work/$1" | jq -se --arg path "dir/$2" 'any(.path == $path)' >/dev/null; }

member() { echo "$work/extracted/$(jq -r --arg path "dir/$1" 'select(.snapshot and .deleted.path == $path) | .path' "$work/rows")"; }

# Every block was kept, also of what was free.
check_kept() {
	local name
	"$build/tests/mkvss" "$work/now.img" "$work/1.img" "$work/2.img" "$work/3.img" >"$work/mkvss"
	collected "kept" 0 --deleted all
	for name in note.txt kept.bin lost.bin; do
		has list1 "$name" || complain "kept: the list has no $name"
		! has list2 "$name" || complain "kept: the newer list has $name"
		cmp "$work/kept/$name" "$(member "$name")" || complain "kept: $name is not as it was"
	done
	same "kept: note.txt" '$vss$/C/1 taken vss full - 0 1 gone' "$(row note.txt)"
	same "kept: kept.bin" '$vss$/C/1 taken vss full 2 0 1 gone' "$(row kept.bin)"
	same "kept: lost.bin" '$vss$/C/1 taken vss full 25 0 1 gone' "$(row lost.bin)"
	# The volume has its record still, but not its data.
	same "kept: twice.bin" '$vss$/C/1 taken vss full 2 0 1 changed' "$(row twice.bin)"
	cmp "$work/kept/twice.bin" "$(member twice.bin)" || complain "kept: twice.bin is not as it was"
	! has list2 twice.bin || complain "kept: twice.bin is listed where the volume has the same of it"
	! has list1 still.txt || complain "kept: still.txt is listed twice"
	jq -se 'any(.deleted.path == "dir/still.txt" and .volume == "C")' "$work/rows" >/dev/null || complain "kept: the volume's own list has no still.txt"
	same "kept: the head" '$vss$/C/1 6 true' "$(head -n 1 "$work/list1" | jq -r '"\(.volume) \(.files) \(.kept_is_known)"')"
	[ "$(head -n 1 "$work/list1" | jq .files_in_newer_lists)" -ge 1 ] || complain "kept: the head does not count what newer lists have"
	same "kept: members once" "" "$(jq -r .path "$work/rows" | sort | uniq -d)"
	run "kept: timeline" 0 "$kanshiki" timeline "$work/now.img" --shadow all
	rm -rf "$bundle"
	collected "list" 0 --deleted list
	has list1 note.txt || complain "list: no note.txt"
	same "list: no data" "" "$(jq -r 'select(.deleted) | .path' "$work/rows")"
	rm -rf "$bundle"
	# One cap for all: what the volume's own files take is not there for those of its shadow copies.
	collected "cap" 0 --deleted all --deleted-cap 1
	same "cap: of the volume" "taken taken taken taken taken" "$(jq -r 'select(.deleted.path // "" | startswith("dir/fill")) | .status' "$work/rows" | paste -sd' ')"
	same "cap: kept.bin" '$vss$/C/1 not_taken vss full 2 0 1 gone' "$(row kept.bin)"
	jq -se 'any(.deleted.path == "dir/kept.bin" and (.reason | contains("--deleted-cap")))' "$work/rows" >/dev/null || complain "cap: the row does not say why"
	same "cap: note.txt" '$vss$/C/1 taken vss full - 0 1 gone' "$(row note.txt)"
	rm -rf "$bundle"
	# Without the volume itself its shadow copies still tell, and all they know.
	run "newest" 0 collect --profile none --shadow newest --deleted all --dry-run
	same "newest" 0 "$(grep -c '^deleted/$vss$/C/1/' "$work/out" || true)"
	grep -q '^deleted/$vss$/C/2/files.jsonl' "$work/out" || complain "newest: no list"
}

# Blocks that were free need not be kept: they were overwritten.
check_unkept() {
	local blocks first end at
	blocks=$(blocks_of_lost)
	first=${blocks%-*} end=${blocks#*-}
	MKVSS_NOT_KEPT=$first "$build/tests/mkvss" "$work/now.img" "$work/1.img" "$work/2.img" "$work/3.img" >"$work/mkvss"
	collected "a block" 0 --deleted all
	same "a block: kept.bin" '$vss$/C/1 taken vss full 2 0 1 gone' "$(row kept.bin)"
	same "a block: lost.bin" '$vss$/C/1 partial vss partial 21 4 1 gone' "$(row lost.bin)"
	at=$((first * 4 - $(head -n 1 "$work/clusters.lost.bin")))
	cp "$work/kept/lost.bin" "$work/expected"
	dd if=/dev/zero of="$work/expected" bs=4096 seek="$at" count=4 conv=notrunc status=none
	cmp "$work/expected" "$(member lost.bin)" || complain "a block: other bytes than what was kept, and zeros"
	same "a block: where" "[[$((at * 4096)),16384]]" "$(jq -c 'select(.deleted.path == "dir/lost.bin") | .deleted.lost' "$work/rows")"
	rm -rf "$bundle"
	MKVSS_NOT_KEPT=$((first - 1))-$((end + 1)) "$build/tests/mkvss" "$work/now.img" "$work/1.img" "$work/2.img" "$work/3.img" >"$work/mkvss"
	collected "nothing" 0 --deleted all
	same "nothing: lost.bin" '$vss$/C/1 not_taken vss partial 0 25 1 gone' "$(row lost.bin)"
	jq -se 'any(.deleted.path == "dir/lost.bin" and .reason == "the shadow copy did not keep it")' "$work/rows" >/dev/null ||
		complain "nothing: the row does not say why"
	tail -n +2 "$work/list1" | jq -se 'any(.path == "dir/lost.bin" and .streams[0].why == "the shadow copy did not keep it")' >/dev/null ||
		complain "nothing: the list does not say why"
	cmp "$work/kept/note.txt" "$(member note.txt)" || complain "nothing: note.txt lies in its record"
	rm -rf "$bundle"
}

# usage: slack VOLUME   the names that its listing calls gone
slack() {
	"$kanshiki" cat "$bundle" "deleted/$1/index-slack.jsonl" --keys "$work/keys" | jq -r 'select(.live == "gone") | .path' | sort -u || true
}

# Names in directory slack: each in the listing of the newest state that has it.
check_slack() {
	local base='"path":"C/'
	run "slack" 0 collect --profile directory-slack,ntfs-metafiles --shadow all --deleted none
	bundle_of slack || finish
	slack C | grep -qx 'far/note 4.txt' || complain "slack: of the volume: $(slack C | head -3)"
	! slack C | grep -q few/note || complain "slack: the name is still there: no test"
	slack '$vss$/C/1' >"$work/slack1"
	grep -qx 'few/note 4.txt' "$work/slack1" || complain "slack: few/note 4.txt is nowhere: $(head -3 "$work/slack1")"
	! grep -q far/ "$work/slack1" || complain "slack: told twice: $(grep far/ "$work/slack1")"
	same "slack: of the newer one" "" "$(slack '$vss$/C/2' | grep note || true)"
	run "slack: timeline" 0 "$kanshiki" timeline "$bundle" --keys "$work/keys" --shadow all
	same "slack: timeline" 1 "$(grep '"kind":"slack"' "$work/out" | grep -c '"path":"$vss$/C/1/few/note 4.txt"' || true)"
	same "slack: timeline, the volume" 1 "$(grep '"kind":"slack"' "$work/out" | grep -c "${base}far/note 4.txt\"" || true)"
	rm -rf "$bundle"
}

# The bitmap that tells what was not kept cannot be read: nothing in clusters is certain.
check_doubt() {
	local at
	at=$(LC_ALL=C grep -obUaP '\x6b\x87\x08\x38\x76\xc1\x48\x4e\xb7\xae\x04\x04\x6e\x6c\xc7\x52\x01\0\0\0\x06\0\0\0' "$work/now.img" |
		head -n 1 | cut -d : -f 1)
	printf 'X' | dd of="$work/now.img" bs=1 seek="$at" conv=notrunc status=none
	run "doubt" 1 collect --profile none --shadow all --deleted all
	bundle_of doubt || finish
	"$kanshiki" ls "$bundle" --all --json --keys "$work/keys" >"$work/rows" || true
	same "doubt: kept.bin" '$vss$/C/1 partial vss partial 0 0 1 gone' "$(row kept.bin)"
	same "doubt: note.txt" '$vss$/C/1 taken vss full - 0 1 gone' "$(row note.txt)"
	rm -rf "$bundle"
}

make_work
make_states
make_kit
mkdir "$work/out-dir"
check_kept
check_unkept
check_slack
check_doubt
finish
