#!/bin/bash
# usn_paths.sh BUILD: every change journal of the corpus that has its $MFT beside it (in the same archive or directory): the shipped
# program gives each record the path that rewinding the journal gives, by dissect's reading of both and,
# where it is installed, by usnjrnl-forensic (cargo install usnjrnl-forensic; or $USNJRNL_FORENSIC). What is what is told by content.
# Journals on volumes: timeline.sh.
set -euo pipefail
# shellcheck source=tests/corpus/lib.sh
. "$(dirname "$0")/lib.sh"
corpus_begin "$1" jq gzip xz bsdtar 7zz
corpus_peers
forensic=${USNJRNL_FORENSIC:-$(command -v usnjrnl-forensic || true)}

# Damage is said, and no reason to fail: what follows a journal's last record may be anything (timeline.sh).
timeline() {
	local code=0
	"$build/kanshiki" timeline "$@" >"$scratch/jsonl" 2>"$scratch/messages" || code=$?
	[ "$code" -eq 0 ] || { [ "$code" -eq 1 ] && grep -q '"kind":"damage"' "$scratch/jsonl"; }
}

# Its paths have a dot in front and backslashes; what it cannot resolve is UNKNOWN there.
check_forensic() { # NAME MFT JOURNAL
	local differ
	[ -n "$forensic" ] || return 0
	if ! "$forensic" -m "$2" -j "$3" --jsonl "$scratch/theirs" >/dev/null 2>"$scratch/messages"; then
		echo "peer fails: $1: usnjrnl-forensic: $(head -n 1 "$scratch/messages")"
		return 0
	fi
	jq -r 'select(.full_path | contains("UNKNOWN") | not) | [.usn, (.full_path | gsub("\\\\"; "/") | ltrimstr("./"))] | @tsv' "$scratch/theirs" |
		sort >"$scratch/rewound"
	grep '"kind":"usn"' "$scratch/jsonl" | jq -r 'select(.path_uncertain != true) | [.usn, .path] | @tsv' | sort >"$scratch/ours"
	corpus_count "paths equal to usnjrnl-forensic" "$(comm -12 "$scratch/rewound" "$scratch/ours" | wc -l)"
	differ=$(join -t $'\t' "$scratch/rewound" "$scratch/ours" | awk -F'\t' '$2 != $3 && n++ < 2')
	[ -z "$differ" ] || corpus_fail "$1: other paths than usnjrnl-forensic: $differ"
}

# The order of the words must not matter.
check_pair() { # NAME MFT JOURNAL
	corpus_count "journals with their \$MFT"
	timeline "$3" "$2" || corpus_fail "$1: $(head -n 1 "$scratch/messages")"
	mv "$scratch/jsonl" "$scratch/other"
	timeline "$2" "$3" || corpus_fail "$1: $(head -n 1 "$scratch/messages")"
	cmp -s "$scratch/jsonl" "$scratch/other" || corpus_fail "$1: the order of the files changes the timeline"
	corpus_rewind "$1" "$2" "$3"
	check_forensic "$1" "$2" "$3"
}

# What a file is, by the first line that it gives.
kind_of() {
	case $(head -c 4 "$1" | tr -d '\0') in
	FILE | BAAD) echo mft ;;
	*) { "$build/kanshiki" timeline "$1" 2>/dev/null || true; } | head -n 1 | jq -r .kind 2>/dev/null || true ;;
	esac
}

# usage: check_beside NAME FILE...   files of one directory: one $MFT and one journal make a pair
check_beside() {
	local name=$1 file
	local -a mfts=() journals=()
	shift
	for file; do
		case $(kind_of "$file") in
		mft) mfts+=("$file") ;;
		usn) journals+=("$file") ;;
		esac
	done
	[ "${#mfts[@]}" -ne 1 ] || [ "${#journals[@]}" -ne 1 ] || check_pair "$name" "${mfts[0]}" "${journals[0]}"
}

# Plain files of one directory of the manifest; archives with all that is in one of their directories.
declare -A together=()
for type in mft usnjrnl; do
	while IFS= read -r path; do
		corpus_unpack "$path" || { echo "cannot be unpacked: $path"; continue; }
		while IFS= read -r directory; do
			mapfile -t files < <(find "$directory" -maxdepth 1 \( -type f -o -type l \) | sort)
			if [ "${#files[@]}" -eq 1 ] && [ -L "${files[0]}" ]; then
				together[$(dirname "$path")]+="$corpus/$path"$'\n'
			elif [ "${#files[@]}" -gt 1 ]; then
				check_beside "$path" "${files[@]}"
			fi
		done < <(find "$unpacked" -type d | sort)
		rm -rf "$unpacked"
	done < <(corpus_files "$type")
done
for directory in "${!together[@]}"; do
	mapfile -t files < <(printf %s "${together[$directory]}" | sort -u)
	[ "${#files[@]}" -lt 2 ] || check_beside "$directory" "${files[@]}"
done
corpus_end
