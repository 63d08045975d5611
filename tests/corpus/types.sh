#!/bin/bash
# types.sh BUILD: which corpus test checks which type of the manifest, and which type nobody checks. Each test counts its files.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1"
declare -A by=(
	[age]="age" [bitlocker]="volumes" [boot]="volumes" [fat-image]="fat volumes" [indx]="indx" [logfile]="logfile timeline"
	[lznt1]="volumes" [mft]="mft timeline attributes usn_paths" [ntfs-image]="ntfs timeline collect deleted images attributes upcase"
	[partition]="partition volumes" [prefetch]="xpress (unpacking alone)" [secure]="secure" [usnjrnl]="timeline usn_paths" [vss]="vss ntfs timeline"
)
for type in "${!by[@]}"; do
	for name in ${by[$type]%% (*}; do
		grep -qE "corpus_files|corpus_ntfs_paths" "$(dirname "$0")/$name.sh" || [ "$name" = age ] || corpus_fail "$name.sh checks no files by type"
	done
done
while IFS= read -r type; do
	count=$(corpus_files "$type" | wc -l)
	if [ -z "$type" ]; then
		corpus_pass_over "$count rows without a type"
	elif [ -n "${by[$type]:-}" ]; then
		echo "type $type, $count files: checked by ${by[$type]}"
		corpus_count "types checked"
	else
		echo "type $type, $count files: nobody checks it"
		corpus_count "types that nobody checks"
	fi
done < <(corpus_types)
corpus_end
