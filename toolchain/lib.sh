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
