#!/bin/bash
# age.sh BUILD: every age vector of the corpus has the outcome that it expects.
set -euo pipefail
corpus=${KANSHIKI_CORPUS:-$(dirname "$0")/../../../shared/testdata}
[ -f "$corpus/MANIFEST.tsv" ] || { echo "skipped: no corpus"; exit 77; }
mapfile -t files < <(awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
	$at["type"] == "age" { print $at["path"] }' "$corpus/MANIFEST.tsv")
[ ${#files[@]} -gt 0 ] || { echo "skipped: no files of type age"; exit 77; }
echo "type age: ${#files[@]} files"
there=()
for file in "${files[@]}"; do
	if [ -f "$corpus/$file" ]; then there+=("$corpus/$file"); else echo "not checked: not there: $file"; fi
done
[ ${#there[@]} -gt 0 ] || { echo "skipped: no file of type age is there"; exit 77; }
exec "$1/tests/corpus_age" "${there[@]}"
