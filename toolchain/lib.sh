# shellcheck shell=bash
# What the scripts of this directory share; sourced, never run.

toolchain=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$toolchain")
cache=${KANSHIKI_CACHE:-${HOME:-/root}/.cache/kanshiki}
case $cache in
/*) ;;
*) cache=$PWD/$cache ;;
esac

say() { printf '%s\n' "$*" >&2; }

die() {
	say "${0##*/}: $*"
	exit 1
}

# Prints the names of the pinned libraries, in the order they are built.
dep_names() { tail -n +2 "$toolchain/deps.tsv" | cut -f1; }

# dep_field NAME COLUMN: one cell of deps.tsv; the first row names the columns.
dep_field() {
	awk -F '\t' -v name="$1" -v column="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) wanted = i }
		NR > 1 && $1 == name { print $wanted }' "$toolchain/deps.tsv"
}

sha256_of() { sha256sum -- "$1" | cut -d' ' -f1; }

# The tarball of a library in the cache. Its packing is told by tar from the content.
tarball_of() { printf '%s/tarballs/%s-%s-%.8s.tar\n' "$cache" "$1" "$(dep_field "$1" version)" "$(dep_field "$1" sha256)"; }

# use_private_apt DIR: from here on private_apt keeps its lists and downloads in DIR and sees
# only DIR/sources.list; the system's own apt configuration stays as it is.
use_private_apt() {
	apt_dir=$1
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
}

private_apt() {
	local tool=$1
	shift
	"$tool" -o Dir::Etc::SourceList="$apt_dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State::Lists="$apt_dir/lists" -o Dir::Cache="$apt_dir/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# debian_suites RELEASE: the `URI SUITE` lines this machine's Debian mirrors would have for
# RELEASE and its security updates; Debian's own mirror last.
debian_suites() {
	{
		apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
			awk -v release="$1" '$2 == "bookworm" || $2 == "trixie" { print $1, release }
				$2 == "bookworm-security" || $2 == "trixie-security" { print $1, release "-security" }'
		echo "http://deb.debian.org/debian/ $1"
	} | awk '!seen[$0]++'
}

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# wine_environment win64|win32: sets WINE and WINESERVER and what they need; exits 77 where
# there is none.
wine_environment() {
	case $1 in
	win64)
		WINE=/usr/lib/wine/wine64 WINESERVER=/usr/lib/wine/wineserver64
		[ -x "$WINE" ] || { echo "skipped: wine64 (not installed; run toolchain/setup --tests)"; exit 77; }
		;;
	win32)
		WINE=$cache/wine32-root/usr/lib/wine/wine WINESERVER=$cache/wine32-root/usr/lib/wine/wineserver
		[ -x "$WINE" ] || { echo "skipped: wine32 (not set up; run toolchain/wine32)"; exit 77; }
		;;
	esac
	export WINE WINESERVER WINEARCH=$1 WINEDEBUG=-all LC_ALL=C.UTF-8
	export WINEDLLOVERRIDES="mscoree,mshtml=;winemenubuilder.exe=d"
	unset DISPLAY WAYLAND_DISPLAY WINELOADER WINEDLLPATH
}
