# shellcheck shell=bash
# Interrupted runs of mkbundle: what salvage must give back of them, and what going on must end in. Sourced, after
# tests/lib.sh, by the resume_*.sh and plug_matrix.sh of tests/e2e.
size=36 mib=1 # entries, and MiB of a volume: some frames in each, entries that two volumes share
export MIXED=1

sums() {
	(cd "$1" && find fs -type f -print0 | sort -z | xargs -0 -r sha256sum)
}

# usage: opened WHAT CODES   verify and extract of the bundle; sums in $work/sums
opened() {
	run "$1: verify" "$2" "$kanshiki" verify "$bundle" --keys "$work/keys"
	rm -rf "$work/extracted"
	run "$1: extract" "$2" "$kanshiki" extract "$bundle" -C "$work/extracted" --keys "$work/keys"
	mkdir -p "$work/extracted/fs"
	sums "$work/extracted" >"$work/sums"
}

# usage: undisturbed   a run whose sums are $work/want from here on; its bundle in $bundle
undisturbed() {
	rm -rf "$work/first"
	mkdir "$work/first"
	run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work/first" "$size" "$mib"
	bundle_of "mkbundle" || finish
	opened "undisturbed" 0
	cp "$work/sums" "$work/want"
	[ "$(wc -l <"$work/want")" -eq "$size" ] || complain "not $size files: $(wc -l <"$work/want")"
}

# usage: by_stock_tools   what they get out of each volume of a bundle whose rows are there: for judge.py
by_stock_tools() {
	local volume
	rm -rf "$work/stock"
	compgen -G "$bundle/meta.*.age" >/dev/null || return 0
	mkdir "$work/stock"
	grep AGE-SECRET-KEY "$work/keys/recipient.key" >"$work/id"
	for volume in "$bundle"/*.age*; do
		{ age -d -i "$work/id" "$volume" 2>/dev/null | zstd -dcq 2>/dev/null || true; } | wc -c >"$work/stock/$(basename "$volume")"
	done
}

# usage: salvaged WHAT [LOST]   salvage calls whole exactly what is there of all that was written ($work/witness), no more, no
# less, and gives its bytes. LOST: of tests/plug.py
salvaged() {
	local witness=${witness:-$work/witness}
	local codes="0|1|65" # 65: of the one open volume even the header may be gone
	rm -rf "$work/salvaged"
	compgen -G "$bundle/*.age" >/dev/null || compgen -G "$bundle/*.age.part" >/dev/null || codes=66
	run "$1: salvage" "$codes" "$kanshiki" salvage "$bundle" -C "$work/salvaged" --keys "$work/keys"
	STOCK=$([ ! -d "$work/stock" ] || echo "$work/stock") python3 "$tests/judge.py" "$witness" "$bundle" "$work/salvaged" "${@:2}" >"$work/judged" 2>"$work/count" || {
		complain "$1: salvage: $(head -n 4 "$work/judged" "$work/count")"
		return 0
	}
	there=$((there + $(grep -oE '^[0-9]+' "$work/count")))
}

# usage: gone_on_with WHAT   with what is left of a bundle that has a seal
gone_on_with() {
	opened "$1" "0|1"
	grep -q '^# status: in-progress' "$bundle/MANIFEST.sha256" || return 0
	RESUME=1 run "$1: resume" 0 "$build/tests/mkbundle" "$work/kit" "$bundle" "$size" "$mib"
	kept=$((kept + $(sed -nE 's/^kept ([0-9]+) .*/\1/p' "$work/err")))
	aside=$((aside + $(sed -nE 's/.*set ([0-9]+) aside/\1/p' "$work/err")))
	opened "$1, gone on with" 0
	cmp -s "$work/sums" "$work/want" || complain "$1: another content: $(diff "$work/sums" "$work/want" | head -n 3)"
}
kept=0 aside=0 there=0
