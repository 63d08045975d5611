#!/bin/bash
# xpress.sh BUILD: prefetch files of Windows 10 and 11 unpack to what independent tools read in them: version, program
# and hash as the manifest expects, the size as the header inside says.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" 7zz bsdtar
unpack=$build/tests/corpus_xpress

check_file() { # FILE PATH KEY
	local found version name hash expected
	corpus_survive "$3" "$unpack" "$1" >"$scratch/found" || true
	found=$(cat "$scratch/found")
	[ -n "$found" ] || return 0
	expected=$(expected_of "$2" "$3")
	case $found in
	plain) return 0 ;;
	failed*)
		if [[ $expected == *SCCA* ]]; then corpus_fail "$3: $found"; else echo "$3: $found"; fi
		return 0
		;;
	esac
	if [[ $expected != *"SCCA v"*hash=* ]]; then
		corpus_count "packed files without an expectation"
		return 0
	fi
	version=${expected#*SCCA v}
	version=${version%% *}
	name=${expected%% hash=*}
	hash=${expected#*hash=}
	hash=${hash%% *}
	read -r -a found <<<"$found"
	if [ "${found[0]}" = "$version" ] && [[ $name == *" ${found[*]:1:${#found[@]}-3}" ]] &&
		[ "$((16#${found[-2]}))" -eq "$((16#$hash))" ]; then
		corpus_count "files of type prefetch unpacked"
	else
		corpus_fail "$3: '${found[*]}', expected '$expected'"
	fi
}

# What the manifest says of a file; for a member of an archive, that of the members.
expected_of() { # PATH KEY
	if [ "$1" = "$2" ]; then
		awk -F'\t' -v path="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
			$at["path"] == path { print $at["expected"] }' "$corpus/MANIFEST.tsv"
	else
		corpus_members "$1" | awk -F'\t' -v member="${2#"$1!"}" '$1 == member { print $4 }'
	fi
}

corpus_each_file check_file < <(corpus_files prefetch)
corpus_end
