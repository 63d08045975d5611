# shellcheck shell=bash
# What the end-to-end tests share; sourced, never run. Before: build=BUILD DIRECTORY (build/linux).
export LC_ALL=C.UTF-8

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/venv.sh
. "$tests/venv.sh"
build=$(cd "$build" && pwd) || exit 1
kanshiki=$build/kanshiki
failures=0
work=

skip() {
	echo "skipped: $*"
	exit 77
}

complain() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# A directory of our own on the build's disk, removed at the end, with all that is mounted in it.
make_work() {
	[ -x "$kanshiki" ] || {
		echo "'$kanshiki' is not built"
		exit 1
	}
	mkdir -p "$build/e2e"
	work=$(mktemp -d "$build/e2e/XXXXXX")
	trap cleanup EXIT
}

cleanup() {
	local mount
	while read -r mount; do umount -l "$mount"; done < <(awk -v dir="$work/" 'index($2, dir) == 1 { print $2 }' /proc/mounts)
	if [ -n "${WINEPREFIX:-}" ] && [[ $WINEPREFIX == "$work"/* ]]; then "$WINESERVER" -k >/dev/null 2>&1 || true; fi
	[ -n "${KEEP:-}" ] || rm -rf "$work"
}

finish() {
	[ "$failures" -eq 0 ] || {
		echo "$failures failed"
		exit 1
	}
	echo "passed"
	exit 0
}

# usage: run WHAT CODES COMMAND...   runs it, output in $work/out and $work/err; CODES "0|1" are the exit codes allowed
run() {
	local what=$1 codes=$2
	shift 2
	code=0
	"$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
	[[ "|$codes|" == *"|$code|"* ]] || {
		complain "$what: exit $code, not $codes"
		sed 's/^/    /' "$work/err" | tail -n 8
		return 0
	}
}

# After run(): stderr says it in one line, without control characters, that holds TEXT.
says() {
	local what=$1 text=$2
	grep -qiE -- "$text" "$work/err" || complain "$what: nothing about '$text': $(tail -n 3 "$work/err")"
	! grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$work/err" || complain "$what: control characters on stderr"
}

# After run(): a refusal is one line on stderr, and nothing on stdout.
says_one_line() {
	says "$1" "$2"
	[ "$(wc -l <"$work/err")" -eq 1 ] || complain "$1: $(wc -l <"$work/err") lines on stderr: $(head -n 4 "$work/err")"
	[ ! -s "$work/out" ] || complain "$1: something on stdout: $(head -n 1 "$work/out")"
}

# The image of make-image.sh, made once for a build. usage: have_image; sets $image
have_image() {
	local code=0
	image=$build/e2e/volume.img
	mkdir -p "$build/e2e"
	exec 7>"$build/e2e/lock"
	flock 7
	if [ ! -f "$image.json" ] || [ "$tests/make-image.sh" -nt "$image.json" ] || [ "$build/tests/mkusn" -nt "$image.json" ] ||
		[ "$build/tests/mkstomp" -nt "$image.json" ] ||
		[ "$build/tests/mkfixtures" -nt "$image.json" ]; then
		KANSHIKI_BUILD=$build "$tests/make-image.sh" "$image" >"$build/e2e/image.log" 2>&1 || code=$?
		if [ "$code" -ne 0 ]; then
			cat "$build/e2e/image.log"
			exit "$code"
		fi
	fi
	flock -u 7
}

# usage: make_kit   $work/kit and $work/keys
make_kit() {
	run "kit new" 0 "$kanshiki" kit new "$work/kit" --keys "$work/keys" --name Test
	[ -f "$work/keys/evidence-ca.pem" ] || {
		echo "no kit: cannot go on"
		exit 1
	}
}

# After a collect: the path on stdout's last line. Sets $bundle; fails when it is not a directory.
bundle_of() {
	bundle=$(tail -n 1 "$work/out" | tr -d '\r')
	[ -n "$bundle" ] && [ -d "$bundle" ] || {
		complain "$1: stdout's last line names no bundle: '$bundle'"
		return 1
	}
}

# usage: right_or_said WHAT BUNDLE JSON   what intact extracted is right, or its row says that it is not whole
right_or_said() {
	{ "$kanshiki" ls "$2" --all --json --keys "$work/keys" 2>/dev/null || [ $? = 1 ]; } | jq -r 'select(.status == "partial") | .path' >"$work/partial"
	[ "$(wc -l <"$work/partial")" -le 1 ] || complain "$1: more than one file was cut: $(cat "$work/partial")"
	perl "$tests/compare_tree.pl" "$3" "$work/extracted/fs/C" some "$work/partial" >"$work/compared" ||
		complain "$1: $(cat "$work/compared")"
}

# usage: intact WHAT BUNDLE CODES   verify, ls and extract into $work/extracted
intact() {
	run "$1: verify" "$3" "$kanshiki" verify "$2" --keys "$work/keys"
	run "$1: ls" "$3" "$kanshiki" ls "$2" --keys "$work/keys"
	rm -rf "$work/extracted"
	run "$1: extract" "$3" "$kanshiki" extract "$2" -C "$work/extracted" --keys "$work/keys"
}

need() {
	local tool
	for tool; do command -v "$tool" >/dev/null || skip "$tool is not installed"; done
}

# usage: have_venv NAME PACKAGE==VERSION   $venv, see venv.sh
have_venv() {
	venv_make "$@" || skip "$venv_why"
}
