# shellcheck shell=bash
# What the tests of the shipped .exe share; sourced, never run.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/linux
. "$root/tests/lib.sh"

# usage: has_wine win64|win32 || continue   says why when a machine cannot run 32-bit programs
has_wine() {
	[ "$1" != win32 ] || (. "$root/toolchain/lib.sh" && wine_environment win32) >"$work/why" 2>&1 || {
		cat "$work/why"
		return 1
	}
}

# usage: use_wine win64|win32   a throw-away prefix in $work; sets $exe
use_wine() {
	local code=0
	arch=$1
	exe=$root/build/$arch/kanshiki.exe
	. "$root/toolchain/lib.sh"
	[ -f "$exe" ] || {
		echo "'$exe' is not built"
		exit 1
	}
	wine_environment "$arch"
	export WINEPREFIX=$work/wine-$arch
	"$root/toolchain/wine-prefix" "$arch" "$WINEPREFIX" >"$work/prefix.log" 2>&1 || code=$?
	[ "$code" -ne 77 ] || { tail -n 1 "$work/prefix.log"; exit 77; }
	[ "$code" -eq 0 ] || { cat "$work/prefix.log"; exit 1; }
}

# usage: map_volume X FILE   \\.\X: reads FILE
map_volume() { ln -sfn "$(realpath "$2")" "$WINEPREFIX/dosdevices/$(tr '[:upper:]' '[:lower:]' <<<"$1")::"; }

win_path() { printf 'Z:%s' "${1//\//\\}"; }

kanshiki_exe() { KANSHIKI_WINE_TIMEOUT=${KANSHIKI_WINE_TIMEOUT:-600} "$root/toolchain/wine-run" "$arch" "$exe" "$@"; }

# The bundle as Linux sees it: stdout's last line holds a Windows path.
bundle_of_exe() {
	local path
	path=$(tail -n 1 "$work/out" | tr -d '\r')
	path=${path#[Zz]:}
	bundle=${path//\\//}
	[ -n "$bundle" ] && [ -d "$bundle" ] || {
		complain "$1: stdout's last line names no bundle: '$(tail -n 1 "$work/out")'"
		return 1
	}
}
