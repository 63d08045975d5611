# shellcheck shell=bash
# What the tests of FAT and exFAT images share; sourced after lib.sh, never run.

# usage: judge_fat WHAT BUNDLE IMAGE   the bundle (--take '**' --deleted all) against what make-fat.sh tells of the image
judge_fat() {
	local what=$1 bundle=$2 image=$3 path sha256 name is found
	intact "$what" "$bundle" 0
	"$kanshiki" ls "$bundle" --all --json --keys "$work/keys" >"$work/rows" 2>/dev/null
	(cd "$work/extracted/fs/E" && find . -type f -printf '%P\n' | grep -v '^\$' | sort) >"$work/found"
	jq -r '.files[].path' "$image.json" | sort >"$work/wanted"
	# The filler is not told of: it is zeros.
	diff <(grep -v '^FILLER' "$work/found") "$work/wanted" >"$work/diff" ||
		complain "$what: other files: $(head -n 3 "$work/diff" | tr '\n' ' ')"
	while IFS=$'\t' read -r path sha256; do
		[ "$(sha256sum <"$work/extracted/fs/E/$path" | cut -c1-64)" = "$sha256" ] || complain "$what: '$path' differs"
	done < <(jq -r '.files[] | [.path, .sha256] | @tsv' "$image.json" | awk -F'\t' '!/many\// || NR % 20 == 0 || /new/')
	while IFS=$'\t' read -r name sha256 is; do
		found=$(jq -r --arg name "$name" 'select(.deleted != null and (.deleted.path | endswith($name))) |
			[.deleted.result, .sha256 // "-", .path] | @tsv' "$work/rows")
		[ "$(wc -l <<<"$found")" = 1 ] || complain "$what: '$name' has $(wc -l <<<"$found") rows"
		[ "$(cut -f1 <<<"$found")" = "$is" ] || complain "$what: '$name' is '$(cut -f1 <<<"$found")', not $is"
		[ "$is" = overwritten ] && sha256=-
		[ "$(cut -f2 <<<"$found")" = "$sha256" ] || complain "$what: the bytes of deleted '$name' differ"
	done < <(jq -r '.deleted[] | [.name, .sha256, .is] | @tsv' "$image.json")
}
