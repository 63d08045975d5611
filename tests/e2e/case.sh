#!/bin/bash
# case.jsonld: its shape is that of CASE/UCO, every reference leads somewhere, and what it says is what the bundle holds.
# usage: tests/e2e/case.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/case.sh BUILD}
. "$(dirname "$0")/../lib.sh"
need jq

# usage: export_to FILE   with --keys
export_to() { run "export" 0 "$kanshiki" export "$bundle" --case-jsonld "$1" --force --keys "$work/keys"; }

# usage: same WHAT EXPECTED FOUND
same() { [ "$2" = "$3" ] || complain "$1: '$3', not '$2'"; }

# usage: ask FILTER   of the document; nodes of a type: of("tool:Tool")
ask() { jq -r "def of(\$t): .\"@graph\"[] | select(.\"@type\" == \$t); $1" "$work/case.jsonld"; }

check_shape() {
	same "prefixes without a meaning" "" "$(jq -r '(."@context" | keys) as $known | [."@graph" | .. | objects | keys[], (."@type" // empty)
		| select(startswith("@") | not) | split(":")[0]] | unique - $known | .[]' "$work/case.jsonld")"
	same "identifiers told twice" "" "$(jq -r '[."@graph" | .. | objects | select(has("@id") and has("@type")) | ."@id"] | group_by(.)[] | select(length > 1) | .[0]' "$work/case.jsonld")"
	same "references to nothing" "" "$(jq -r '[."@graph" | .. | objects | select(has("@id"))] as $all | ($all | map(select(has("@type")) | ."@id")) as $told
		| $all[] | ."@id" | select(IN($told[]) | not)' "$work/case.jsonld")"
	same "identifiers that are no UUID" "" "$(jq -r '.. | objects | ."@id" // empty | select(test("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$") | not)' "$work/case.jsonld")"
	same "times without a type" "" "$(jq -r '.. | objects | to_entries[] | select(.key | test("Time$")) | select(.value."@type" != "xsd:dateTime") | .key' "$work/case.jsonld")"
	same "one of each" "1 1 1 2 1 2 2" "$(ask '[([of("investigation:Investigation")], [of("investigation:Authorization")], [of("location:Location")], [of("tool:Tool")],
		[of("investigation:ProvenanceRecord")], [of("identity:Person")], [of("investigation:InvestigativeAction")]) | length] | join(" ")')"
}

check_content() {
	same "case" "J-1" "$(ask 'of("investigation:Investigation") | ."core:name"')"
	same "people" "Hanako Sato" "$(ask '[of("identity:Person") | ."core:name"] | join(" ")')"
	same "exhibit" "E-7" "$(ask 'of("investigation:ProvenanceRecord") | ."investigation:exhibitNumber"')"
	same "performer" "Hanako" "$(ask '([of("identity:Person")] | map({(."@id"): ."core:name"}) | add) as $p
		| of("investigation:InvestigativeAction") | ."action:performer"."@id" // empty | $p[.]')"
	same "start" "$("$kanshiki" cat "$bundle" meta/collection.json --keys "$work/keys" | jq -r .clock.start.utc)" \
		"$(ask 'of("investigation:InvestigativeAction") | select(."core:name" == "collected and sealed") | ."action:startTime"."@value"')"
	ask 'of("observable:File") | ."core:hasFacet" | "\(.[1]."observable:hash"."types:hashValue"."@value")  \(.[0]."observable:fileName")"' >"$work/sums"
	(cd "$bundle" && sha256sum --quiet -c "$work/sums") >"$work/sha256sum" 2>&1 || complain "hashes: $(cat "$work/sha256sum")"
	same "files" "$(cd "$bundle" && ls MANIFEST.sha256 CUSTODY.txt ./*.age | sed 's,^\./,,' | sort | tr '\n' ' ')" "$(cut -d' ' -f3 "$work/sums" | sort | tr '\n' ' ')"
	same "sizes" "$(awk '{ print $2 }' "$work/sums" | (cd "$bundle" && xargs stat -c %s) | tr '\n' ' ')" \
		"$(ask 'of("observable:File") | ."core:hasFacet"[0]."observable:sizeInBytes"' | tr '\n' ' ')"
}

check_rest() {
	export_to "$work/again.jsonld"
	same "the same again but for the time of looking" "$(jq -S 'del(.. | ."action:startTime"?)' "$work/case.jsonld")" "$(jq -S 'del(.. | ."action:startTime"?)' "$work/again.jsonld")"
	run "two outputs" 64 "$kanshiki" export "$bundle" --case-jsonld "$work/x" --zip "$work/y" --keys "$work/keys"
	run "a pattern" 64 "$kanshiki" export "$bundle" '**' --case-jsonld "$work/x" --keys "$work/keys"
	run "there already" 73 "$kanshiki" export "$bundle" --case-jsonld "$work/case.jsonld" --keys "$work/keys"
	cp -a "$bundle" "$work/t"
	sed -i 's/Hanako/Jiro99/' "$work/t/CUSTODY.txt"
	run "changed" 65 "$kanshiki" export "$work/t" --case-jsonld "$work/x" --keys "$work/keys"
	[ ! -e "$work/x" ] || complain "something was written"
}

make_work
have_image
make_kit
echo '{"evidence_no":"E-7","operator":{"name":"Hanako","org":"\u202eMi\"dori</script>"},"witness":[{"name":"Sato"}],"authority":{"basis":"owner"},"location":{"address":"Osaka"}}' >"$work/facts.json"
run "collect" 0 "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --profile none --take 'c:\programdata\CLEANER.exe' \
	--case J-1 --facts "$work/facts.json" --no-read-back
bundle_of collect || finish
export_to "$work/case.jsonld"
check_shape
check_content
check_rest
finish
