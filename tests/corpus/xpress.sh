#!/bin/bash
# xpress.sh BUILD: prefetch files of Windows 10 and 11 unpack to what independent tools read in them: version, program
# and hash as the manifest expects, the size as the header inside says.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" 7zz bsdtar
unpack=$build/tests/corpus_xpress

# usage: check_file FILE KEY EXPECTED
check_file() {
	local found version name hash
	found=$("$unpack" "$1") || true
	case $found in
	plain) return 0 ;;
	failed*)
		if [[ $3 == *SCCA* ]]; then corpus_fail "$2: $found"; else echo "$2: $found"; fi
		return 0
		;;
	esac
	if [[ $3 != *"SCCA v"*hash=* ]]; then
		corpus_count "packed files without an expectation"
		return 0
	fi
	version=${3#*SCCA v}
	version=${version%% *}
	name=${3%% hash=*}
	hash=${3#*hash=}
	hash=${hash%% *}
	read -r -a found <<<"$found"
	if [ "${found[0]}" = "$version" ] && [[ $name == *" ${found[*]:1:${#found[@]}-3}" ]] &&
		[ "$((16#${found[-2]}))" -eq "$((16#$hash))" ]; then
		corpus_count "files of type prefetch unpacked"
	else
		corpus_fail "$2: '${found[*]}', expected '$3'"
	fi
}

expected_of() {
	awk -F'\t' -v path="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["path"] == path { print $at["expected"] }' "$corpus/MANIFEST.tsv"
}

while IFS= read -r path; do
	corpus_unpack "$path" || { echo "cannot be unpacked: $path"; continue; }
	declare -A inner=()
	while IFS=$'\t' read -r member _ _ expected; do inner[$member]=$expected; done < <(corpus_members "$path")
	while IFS= read -r file; do
		if [ -L "$file" ]; then
			check_file "$file" "$path" "$(expected_of "$path")"
		else
			check_file "$file" "$path!${file#"$unpacked"/}" "${inner[${file#"$unpacked"/}]:-}"
		fi
	done < <(corpus_below "$unpacked")
	rm -rf "$unpacked"
done < <(corpus_files prefetch)
corpus_end
