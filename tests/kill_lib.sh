# shellcheck shell=bash
# Kills a collection with SIGKILL at random moments and opens what is left. Sourced, after tests/lib.sh, by kill.sh
# and resume.sh of tests/e2e and of wine-tests.

in_progress() { grep -qs '^# status: in-progress' "$1/MANIFEST.sha256"; }

# usage: kill_under_way SECONDS COMMAND...   COMMAND collects into $work/out-dir; it is killed so long after its first
# seal, however fast the machine is. Sets $bundle. False when it was quicker than that and had sealed everything.
kill_under_way() {
	local pid delay=$1
	shift
	rm -rf "$work/out-dir"
	mkdir "$work/out-dir"
	"$@" >/dev/null 2>&1 </dev/null &
	pid=$!
	while kill -0 "$pid" 2>/dev/null && [ -z "$(find "$work/out-dir" -name MANIFEST.sha256)" ]; do sleep 0.005; done
	sleep "$delay"
	kill -9 "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	bundle=$(find "$work/out-dir" -mindepth 1 -maxdepth 1)
	[ -n "$bundle" ] && in_progress "$bundle"
}

# usage: open_remains WHAT DIRECTORY JSON   whatever is sealed in the one bundle under DIRECTORY must open
open_remains() {
	local what=$1 found bundle volume
	found=$(find "$2" -mindepth 1 -maxdepth 1)
	[ -n "$found" ] || {
		nothing=$((nothing + 1))
		return 0
	}
	bundle=$found
	if [ ! -f "$bundle/MANIFEST.sha256" ]; then
		# Before the first seal is in place (its .new halves may lie there) nothing may have been taken.
		[ -z "$(find "$bundle" -name '*.age*')" ] || complain "$what: volumes without a seal: $(ls "$bundle")"
		nothing=$((nothing + 1))
		return 0
	fi
	run "$what: verify" "0|1" "$kanshiki" verify "$bundle" --keys "$work/keys"
	if [ "$code" = 1 ]; then unfinished=$((unfinished + 1)); else complete=$((complete + 1)); fi
	run "$what: ls" "0|1" "$kanshiki" ls "$bundle" --keys "$work/keys"
	rm -rf "$work/extracted"
	run "$what: extract" "0|1" "$kanshiki" extract "$bundle" -C "$work/extracted" --keys "$work/keys"
	right "$what: extract" "$3" "$work/extracted/fs/C"
	# Every closed volume, with age and zstd alone.
	for volume in "$bundle"/*.age; do
		[ -e "$volume" ] || continue
		volumes=$((volumes + 1))
		age -d -i "$work/keys/recipient.key" "$volume" 2>"$work/err" | zstd -dcq >/dev/null 2>>"$work/err" ||
			complain "$what: $(basename "$volume"): $(head -n 1 "$work/err")"
	done
	# The salvage line, .part and all.
	rm -rf "$work/salvaged"
	mkdir "$work/salvaged"
	for volume in "$bundle"/files.*.age*; do
		[ -e "$volume" ] || continue
		age -d -i "$work/keys/recipient.key" "$volume" 2>/dev/null | zstd -dcq 2>/dev/null |
			tar -xf - -C "$work/salvaged" -i 2>/dev/null || true
	done
	found=$(find "$work/salvaged" -type f | wc -l)
	salvaged=$((salvaged + found))
	[ "$found" -ge "$just_opened" ] || complain "$what: salvage gives $found files, our extract $just_opened"
}

# usage: right WHAT JSON DIRECTORY   what there is has the right bytes (the count of files is summed up)
right() {
	just_opened=0
	[ -d "$3" ] || return 0
	perl "$tests/compare_tree.pl" "$2" "$3" some >"$work/compared" || complain "$1: $(head -n 3 "$work/compared")"
	just_opened=$(sed -nE 's/^([0-9]+) of .*/\1/p' "$work/compared")
	opened=$((opened + just_opened))
}

# usage: kill_many COUNT JSON COMMAND...   COMMAND collects into $work/out-dir; it is killed COUNT times
kill_many() {
	local count=$1 json=$2 start whole i delay pid
	shift 2
	nothing=0 unfinished=0 complete=0 volumes=0 opened=0 salvaged=0
	mkdir -p "$work/out-dir"
	start=$(date +%s%N)
	run "undisturbed" "0|1" "$@"
	whole=$((($(date +%s%N) - start) / 1000000))
	open_remains "undisturbed" "$work/out-dir" "$json"
	for ((i = 1; i <= count; i++)); do
		rm -rf "$work/out-dir"
		mkdir "$work/out-dir"
		# Spread over the run, a random moment in each of COUNT parts.
		delay=$(((whole * (i - 1) + whole * (RANDOM % 1000) / 1000) / count))
		"$@" >/dev/null 2>&1 </dev/null &
		pid=$!
		sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))"
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		[ "$(du -sb "$work/out-dir")" = "$(sleep 0.05; du -sb "$work/out-dir")" ] || complain "the killed program goes on writing"
		open_remains "killed after $delay ms" "$work/out-dir" "$json"
	done
	echo "$count kills within $whole ms: $unfinished in progress, $complete complete, $nothing before the first seal;" \
		"$volumes closed volumes opened, $opened files right, $salvaged salvaged"
	[ "$((unfinished + complete))" -gt $((count / 3)) ] || complain "hardly any kill hit a run with a seal"
	[ "$unfinished" -gt 5 ] || complain "only $unfinished kills hit a bundle in progress"
}
