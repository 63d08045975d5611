#!/bin/bash
# Bundles sealed by a kit of ours and hostile all the same (a stolen stick): verify, ls, cat, extract and salvage leave nothing
# outside the target, no raw control byte on a terminal, and end soon.
# usage: tests/e2e/hostile.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/hostile.sh BUILD}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need perl age jq
seconds_most=20

# The script of mkhostile on stdin. usage: hostile WHAT; sets $bundle
hostile() {
	code=0
	rm -rf "$work/made" && mkdir "$work/made"
	"$build/tests/mkhostile" "$work/kit" "$work/made" >"$work/out" 2>"$work/err" || code=$?
	[ "$code" -eq 0 ] || complain "$1: not made: $(cat "$work/err")"
	bundle_of "$1"
}

# No control byte but newline and tab, no C1, no bidi override and nothing that is not UTF-8.
is_clean() {
	perl -e 'use Encode; local $/; my $all = <STDIN>; my $text = eval { decode("UTF-8", $all, Encode::FB_CROAK) };
		exit 1 if !defined $text;
		exit($text =~ /[\x00-\x08\x0b-\x1f\x7f-\x9f\x{61c}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]/ ? 1 : 0)' <"$1"
}

# Seconds of processor that all commands so far have taken, in $spent: the clock runs on while others have the machine.
look_at_spent() {
	times >"$work/times"
	spent=$(awk 'NR == 2 { gsub(/[ms]/, " "); print int($1 * 60 + $2 + $3 * 60 + $4) }' "$work/times")
}

# usage: quiet WHAT CODES COMMAND...   run, and both streams are clean and it is soon over
quiet() {
	local what=$1 start
	look_at_spent
	start=$spent
	run "$@"
	look_at_spent
	is_clean "$work/out" || complain "$what: raw bytes on stdout: $(head -c 300 "$work/out" | cat -v)"
	is_clean "$work/err" || complain "$what: raw bytes on stderr: $(head -c 300 "$work/err" | cat -v)"
	[ $((spent - start)) -le "$seconds_most" ] || complain "$what: took $((spent - start)) s of processor"
}

# All that is in $work/cage, but for what is below its x: nothing. The target is deep in the cage so that "../" lands inside it.
outside() {
	find "$work/cage" -mindepth 1 ! -path "$work/cage/a/b" ! -path "$work/cage/a" ! -path "$work/cage/a/b/x*"
}

# usage: all WHAT CODES [CODES2]   every command on $bundle; CODES are those of verify, CODES2 of what unpacks. After it $work/cage/a/b/x is what extract left.
all() {
	local command
	quiet "$1: verify" "$2" "$kanshiki" verify "$bundle" --keys "$work/keys"
	cp "$work/err" "$work/verify.err"
	for command in "ls" "ls -l -a --unverified" "ls --json --unverified"; do
		# shellcheck disable=SC2086
		quiet "$1: $command" "0|1|65" "$kanshiki" $command "$bundle" --keys "$work/keys"
	done
	unpacks "$1" "${3:-0|1|65}" salvage "extract --unverified" "extract --unverified --windows-names" extract
}

# usage: unpacks WHAT CODES COMMAND...
unpacks() {
	local what=$1 codes=$2 command
	shift 2
	for command; do
		rm -rf "$work/cage"
		mkdir -p "$work/cage/a/b"
		# shellcheck disable=SC2086
		(cd "$work/cage/a/b" && quiet "$what: $command" "$codes" "$kanshiki" $command "$bundle" -C x --keys "$work/keys" && exit "$failures") ||
			failures=$?
		[ -z "$(outside)" ] || complain "$what: $command wrote outside: $(outside)"
		[ -z "$(find "$work/cage" ! -type f ! -type d)" ] || complain "$what: $command made more than files and directories"
		[ -z "$(find "$work/cage" -perm /7000)" ] || complain "$what: $command set a bit of set-id"
	done
}

# Names that no reader may take: the row is refused and so is the member.
bad_names() {
	local name
	while read -r name; do
		hostile "$name" <<<"entry $name $name 100"
		all "$name" 65 "1|65"
	rm -f "$work/x.tar"
		[ -z "$(find "$work/cage" -type f ! -path '*/b/x/meta/*')" ] || complain "$name: extract wrote $(find "$work/cage" -type f ! -path '*/b/x/meta/*' | cat -v | head -n 3)"
		grep -qE "'(meta|files)" "$work/verify.err" || complain "$name: not said where: $(cat "$work/verify.err")"
		# Another name in the tar than in the row.
		hostile "$name in the tar" <<<"entry $name fs/C/good 100"
		quiet "$name in the tar: verify" 65 "$kanshiki" verify "$bundle" --keys "$work/keys"
		unpacks "$name in the tar" "0|1|65" salvage "extract --unverified"
	done <<'END'
../../evil
fs/C/../../../evil
fs/../../../../../../../../tmp/evil
/evil
/tmp/kanshiki-evil
fs//evil
//server/share/evil
%5c%5c?%5cC:%5cevil
fs/C/%e2%80%8fmark
fs/./evil
fs/C/..
fs/C/%1b]0;pwned%07
fs/C/%1b[2J%1b[31mred
fs/C/%c2%9b31mred
fs/C/invoice%e2%80%aefdp.exe
fs/C/%e2%81%a6isolate
fs/C/a%0db
fs/C/back\slash
..\..\evil
fs/C/%7f
END
}

# Bytes that are no UTF-8, overlong, or half a surrogate: in the tar, in a row, in both.
bad_bytes() {
	local name place='"place":{"set":"files","volume":1,"tar":0,"data":1536},"stored_size":0,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"'
	for name in %ff%fe %fe %c0%ae%c0%ae/evil %ed%a0%80 %ed%b0%80%ed%a0%80 %f4%90%80%80 %e6%bc a%80b; do
		hostile "$name" <<<"entry fs/C/$name - 100"
		all "$name in the tar" 65 "0|1|65"
		hostile "$name" <<<"entry fs/C/$name fs/C/good 100"
		all "$name in the tar, good in the row" 65 "0|1|65"
		[ -z "$(LC_ALL=C find "$work/cage" | LC_ALL=C grep -vE '^[ -~]*$')" ] || complain "$name: it is the name of a file now"
		hostile "$name" <<<$'entry fs/C/good - 0\n'"row {\"path\":\"fs/C/$name\",\"status\":\"taken\",\"size\":0,$place}"
		all "$name in the row" 65 "0|1|65"
		grep -qE "row|'fs/C/good'" "$work/verify.err" || complain "$name in the row: $(cat "$work/verify.err")"
	done
	hostile "half a surrogate" <<<$'entry fs/C/good - 0\n'"row {\"path\":\"fs/C/\\ud800\",\"status\":\"taken\",\"size\":0,$place}"
	all "half a surrogate" 65 "0|1|65"
}

# Deeper than any file system goes: listed, proven, and left out with a word, up to a path of 60 KB.
deep_paths() {
	local depth path
	for depth in 513 1200 5000 30000; do
		path=$(perl -e 'print "fs/C/", "d/" x shift, "end"' "$depth")
		hostile "$depth deep" <<<$'entry fs/C/before fs/C/before 10\n'"entry $path $path 100"$'\nentry fs/C/after fs/C/after 10'
		all "$depth directories deep" 0 1
		grep -q 'more than 512 directories' "$work/err" || complain "$depth directories deep: not said: $(cut -c 1-200 "$work/err")"
		[ -f "$work/cage/a/b/x/fs/C/before" ] && [ -f "$work/cage/a/b/x/fs/C/after" ] || complain "$depth directories deep: the others did not come out"
		[ ! -e "$work/cage/a/b/x/fs/C/d" ] || complain "$depth directories deep: directories were left behind"
		run "$depth directories deep: cat" 0 "$kanshiki" cat "$bundle" "fs/C/after" --keys "$work/keys"
	done
}

# Ten thousand directories, each behind two hundred others: every one of those is entered once, not once a file.
many_deep_paths() {
	hostile "many deep paths" <<<"deep 10000 200"
	all "many deep paths" 0 0
	[ "$(find "$work/cage/a/b/x/fs" -type f | wc -l)" -eq 10000 ] || complain "many deep paths: not all came out"
}

# A million entries: little memory, no time to speak of.
a_million() {
	local peak command
	hostile "a million" <<<"many 1000000"
	for command in "verify" "ls" "cat fs/C/777/777777"; do
		# shellcheck disable=SC2086
		run "a million: $command" 0 timeout 120 "$build/tests/peak" "$work/peak" "$kanshiki" ${command%% *} "$bundle" ${command#"${command%% *}"} --keys "$work/keys"
		peak=$(cat "$work/peak")
		[ "$peak" -le 97656 ] || complain "a million: $command took $peak KiB" # 100 MB
	done
}

# Names that a bundle may hold, and a file system must not take at its word. Each is extracted, once.
odd_names() {
	local long kanji deep
	kanji=$(printf '%%e6%%bc%%a2%.0s' $(seq 86))
	long=$(printf 'a%.0s' $(seq 400))
	deep=$(printf 'd/%.0s' $(seq 400))
	hostile "odd names" <<END
entry C:evil C:evil 100
entry C:/Windows/evil C:/Windows/evil 100
entry fs/C/CON fs/C/CON 100
entry fs/C/nul.txt fs/C/nul.txt 100
entry fs/C/COM1 fs/C/COM1 100
entry fs/C/AUX.tar.gz fs/C/AUX.tar.gz 100
entry fs/C/lpt9%20 fs/C/lpt9%20 100
entry fs/C/CONIN\$ fs/C/CONIN\$ 100
entry fs/C/com%c2%b9 fs/C/com%c2%b9 100
entry fs/C/PRN/PRN/x fs/C/PRN/PRN/x 100
entry fs/C/\$DATA::\$DATA fs/C/\$DATA::\$DATA 100
entry fs/C/con fs/C/con 100
entry fs/C/a. fs/C/a. 100
entry fs/C/a%20 fs/C/a%20 100
entry fs/C/a:stream fs/C/a:stream 100
entry fs/C/Case fs/C/Case 100
entry fs/C/case fs/C/case 100
entry fs/C/CASE fs/C/CASE 100
entry fs/C/$kanji fs/C/$kanji 100
entry fs/C/$long fs/C/$long 100
entry fs/C/-rf fs/C/-rf 100
entry fs/C/~ fs/C/~ 100
entry fs/C/\$(id) fs/C/\$(id) 100
entry fs/C/${deep}end fs/C/${deep}end 100
entry NAMES.tsv NAMES.tsv 100
entry SALVAGE.tsv SALVAGE.tsv 100
entry fs/C/file fs/C/file 100
END
	all "odd names" 0
	[ "$(find "$work/cage" -type f -size 100c | wc -l)" -eq 27 ] ||
		complain "odd names: $(find "$work/cage" -type f -size 100c | wc -l) of 27 files came out"
	run "odd names: --windows-names" "0|1" "$kanshiki" extract "$bundle" -C "$work/cage/windows" --windows-names --keys "$work/keys"
	find "$work/cage/windows" -mindepth 1 -printf '%f\n' | grep -iE '^(con|nul|com1)(\..*)?$|[. ]$|[:\\<>"|?*]' >"$work/bad" || true
	[ ! -s "$work/bad" ] || complain "odd names: --windows-names left $(head -n 3 "$work/bad")"
	[ "$(find "$work/cage/windows" -printf '%P\n' | tr '[:upper:]' '[:lower:]' | sort | uniq -d | wc -l)" -eq 0 ] ||
		complain "odd names: two names differ only in case"
}

# usage: twins_twice WHAT DIR TOLD   into DIR, then with -f over another content of the same names; TOLD: DIR tells their case
twins_twice() {
	local dir=$2/x bundle=$work/twins.1
	run "$1: twins" 0 "$kanshiki" extract "$bundle" -C "$dir" --keys "$work/keys"
	run "$1: twins again" 0 "$kanshiki" extract "$work/twins.2" -C "$dir" -f --keys "$work/keys"
	# None of this run is lost, and none of the first is left.
	[ "$(find "$dir/fs" -type f -printf '%s\n' | sort | paste -sd' ')" = "21 22 23 24" ] || complain "$1: twins: $(find "$dir/fs" -type f -printf '%P %s;')"
	if [ "$3" = told ]; then
		[ "$(stat -c %s "$dir/fs/C/hello.txt" "$dir/fs/C/HELLO.TXT" "$dir/fs/C/Hello.txt" "$dir/fs/c/other" | paste -sd' ')" = "21 22 23 24" ] ||
			complain "$1: twins: wrong ones: $(find "$dir" -type f -printf '%P %s;')"
		[ ! -e "$dir/NAMES.tsv" ] || complain "$1: twins got other names: $(cat "$dir/NAMES.tsv")"
	fi
	[ -z "$(find "$dir" -iname '.kanshiki*')" ] || complain "$1: twins: a probe is left"
}

# Of two names that differ only in case each replaces its own of an earlier run, and never the other one of this.
replaced_twins() {
	local i
	for i in 1 2; do
		hostile "twins" <<END
entry fs/C/hello.txt fs/C/hello.txt ${i}1
entry fs/C/HELLO.TXT fs/C/HELLO.TXT ${i}2
entry fs/C/Hello.txt fs/C/Hello.txt ${i}3
entry fs/c/other fs/c/other ${i}4
END
		rm -rf "$work/twins.$i"
		mv "$bundle" "$work/twins.$i"
	done
	mkdir "$work/twins"
	twins_twice "told" "$work/twins" told
	# Two of one name, which no good bundle has: the second does not replace the first.
	hostile "one name twice" <<<$'entry fs/C/a fs/C/a 10\nentry fs/C/a fs/C/a 11'
	run "one name twice, -f" 65 "$kanshiki" extract "$bundle" -C "$work/twins/y" -f --unverified --keys "$work/keys"
	[ "$(find "$work/twins/y" -type f -size 10c -o -type f -size 11c | wc -l)" -eq 2 ] || complain "one name twice, -f: $(find "$work/twins/y" -type f)"
	truncate -s 16M "$work/folding.img"
	mkdir "$work/folding"
	if command -v lowntfs-3g mkntfs >/dev/null && mkntfs -q -F "$work/folding.img" 2>/dev/null &&
		lowntfs-3g -o ignore_case "$work/folding.img" "$work/folding" 2>/dev/null; then
		twins_twice "folded" "$work/folding" folded
		umount "$work/folding"
	else
		echo "no file system without case: twins were not tried on one"
	fi
}

# A hundred and twenty megabytes of names that have to be changed: listed, and not held in memory.
many_odd_names() {
	hostile "many odd names" < <(perl -e '$deep = join "", map { "CON/" . "d" x 196 . "/" } 1 .. 15;
		print "entry fs/C/${deep}$_ fs/C/${deep}$_ 0\n" for 1 .. 20000')
	rm -rf "$work/cage"
	run "many odd names" 0 "$build/tests/peak" "$work/peak" "$kanshiki" extract "$bundle" -C "$work/cage" --windows-names --keys "$work/keys"
	[ "$(cat "$work/peak")" -le 97656 ] || complain "many odd names: extract took $(cat "$work/peak") KiB" # 100 MB
	[ "$(wc -l <"$work/cage/NAMES.tsv")" -eq 20000 ] || complain "many odd names: NAMES.tsv has $(wc -l <"$work/cage/NAMES.tsv") lines"
	[ "$(find "$work/cage/fs" -type f | wc -l)" -eq 20000 ] || complain "many odd names: not all came out"
	# One that the bundle calls like our list, behind the first piece of it.
	hostile "many odd names, and NAMES.tsv" < <(perl -e '$deep = join "", map { "CON/" . "d" x 196 . "/" } 1 .. 15;
		print "entry fs/C/${deep}$_ fs/C/${deep}$_ 0\n" for 1 .. 4000; print "entry NAMES.tsv NAMES.tsv 7\n"')
	rm -rf "$work/cage"
	for command in "" --force; do
		# shellcheck disable=SC2086
		run "NAMES.tsv $command" 0 "$kanshiki" extract "$bundle" -C "$work/cage" --windows-names $command --keys "$work/keys"
		[ "$(find "$work/cage" -maxdepth 1 -name 'NAMES*' -size 7c | wc -l)" -eq 1 ] || complain "NAMES.tsv $command: the one of the bundle is not there"
		[ "$(cat "$work"/cage/NAMES*.tsv | wc -l)" -ge 4000 ] || complain "NAMES.tsv $command: $(cat "$work"/cage/NAMES*.tsv | wc -l) lines"
	done
}

# A file where a directory must be, two of one name, rows of nothing, and rows that say too much.
contradictions() {
	local command row hash
	hostile "a file and a directory" <<<$'entry fs/C/a fs/C/a 100\nentry fs/C/a/b fs/C/a/b 100'
	all "a file and a directory" 0
	hostile "two of one name" <<<$'entry fs/C/a fs/C/a 100\nentry fs/C/a fs/C/a 200'
	all "two of one name" 65 "0|1|65"
	grep -q "'fs/C/a' is there twice" "$work/verify.err" || complain "two of one name: not said: $(cat "$work/verify.err")"
	run "two of one name: cat" 65 "$kanshiki" cat "$bundle" fs/C/a --keys "$work/keys"
	hostile "one name, and the same as another" <<<$'entry fs/C/a fs/C/a 100\nentry fs/C/b fs/C/b 10\nrow {"path":"fs/C/a","same_as":"fs/C/b"}'
	all "one name, and the same as another" 65 "0|1|65"
	hostile "one path nine thousand times" < <(for _ in $(seq 9000); do echo entry fs/C/a fs/C/a 0; done)
	all "one path nine thousand times" 65 "0|1|65"
	hostile "one name, the second time cut off" <<<$'entry fs/C/a fs/C/a 100\ncut fs/C/a 200000'
	all "one name, the second time cut off" 65 "0|1|65"
	grep -q "'fs/C/a'.*there twice" "$work/verify.err" || complain "one name, the second time cut off: not said: $(cat "$work/verify.err")"
	hostile "another name, cut off" <<<$'entry fs/C/a fs/C/a 100\ncut fs/C/b 200000'
	all "another name, cut off" 1 "0|1"
	hostile "an entry without a row" <<<$'entry fs/C/a fs/C/a 100\nentry fs/C/b - 100'
	all "an entry without a row" 65
	grep -q "fs/C/b" "$work/verify.err" || complain "an entry without a row: not named"
	local place='"place":{"set":"files","volume":1,"tar":0,"data":512},"stored_size":0,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"'
	hostile "2^62 bytes of nothing" <<<"row {\"path\":\"fs/C/huge\",\"size\":4611686018427387904,\"stored\":\"runs\",\"sparse_map\":[],$place}"
	all "2^62 bytes of nothing" 65
	hostile "4 TB of nothing" <<<$'entry fs/C/huge - 0\nrow {"path":"fs/C/huge","size":4398046511104,"stored":"runs","sparse_map":[],'"$place}"
	all "4 TB of nothing" "0|65"
	[ "$(du -sk "$work/cage" | cut -f 1)" -lt 1000 ] || complain "4 TB of nothing: it takes room"
	hostile "the same as itself" <<<$'row {"path":"fs/C/a","same_as":"fs/C/b"}\nrow {"path":"fs/C/b","same_as":"fs/C/a"}\nrow {"path":"fs/C/c","same_as":"fs/C/c"}'
	all "the same as itself" 65
	hash=$(printf "0%.0s" $(seq 64))
	while read -r row; do
		hostile "$row" <<<$'entry fs/C/good fs/C/good 5\n'"row $row"
		all "$row" 65 "1|65"
		says "$row" "a row whose status is not what it has|a key twice in one JSON object"
	done <<END
{"path":"fs/C/a","status":"taken","size":5,"stored_size":5,"sha256":"$hash"}
{"path":"fs/C/a","status":"partial","size":5,"reason":"half of it"}
{"path":"fs/C/a","status":"same_as","size":5}
{"path":"fs/C/a","status":"not_taken","same_as":"fs/C/good"}
{"path":"fs/C/a","size":5}
{"path":"fs/C/a","status":"not_taken","status":"same_as","same_as":"fs/C/good"}
{"path":"fs/C/a","path":"fs/C/b","status":"not_taken"}
END
	hostile "JSON of 100000 brackets" <<<"row $(printf '[%.0s' $(seq 100000))"
	all "JSON of 100000 brackets" 65 "1|65"
	hostile "text in a row" <<<'row {"path":"fs/C/a","status":"%1b]0;x%07","reason":"\u001b[2J\u202egpj \u009b31m","size":1}
row {"path":"fs/C/b","status":"not_taken","reason":"%c2%9b31m %e2%80%aeevil %ff","size":1}
row {"path":"fs/C/c","status":"not_taken","reason":"\u0007\u0085","kind":"\u001b[1m"}'
	all "text in a row" "0|1|65"
	hostile "a name in meta" <<<$'meta %1b[31m.txt x\nentry fs/C/a fs/C/a 10'
	all "a name in meta" 65
	hostile "no JSON in meta" <<<$'meta collection.json {"case":"%1b]0;x"}\nmeta receipt.json {}\nentry fs/C/a fs/C/a 10'
	for command in verify "verify --json" "custody" "export --case-jsonld $work/x"; do
		# shellcheck disable=SC2086
		quiet "no JSON in meta: $command" "65|66" "$kanshiki" $command "$bundle" --keys "$work/keys"
		grep -qF "'$bundle'" "$work/err" || complain "no JSON in meta: $command: the bundle is not named: $(cat "$work/err")"
	done
	# As JSON may hold them: C1 and bidi raw, the others escaped.
	local evil='\u001b]0;x\u0007\u009b31m\u202e%c2%9b31m%e2%80%ae'
	hostile "text in meta" <<END
meta collection.json {"schema":"kanshiki/collection/1","public":"ids","case_id":"$evil","operator":{"name":"$evil","org":"$evil"},"witness":{"name":"$evil"},"target":{"hostname":"$evil"},"tool":{"name":"$evil","version":"$evil","run_on":"$evil","run_by":"$evil"}}
meta receipt.json {"kinds":[{"kind":"$evil","name":"$evil","expected":1,"reason":"$evil","collectors":[{"collector":"$evil","expected":1}]}],"volumes":[{"name":"$evil","reason":"$evil"}],"totals":{"broken":"$evil","problems":1}}
row {"path":"fs/C/\$MFT","status":"not_taken","size":5,"reason":"$evil"}
entry fs/C/a fs/C/a 10
END
	all "text in meta" 0 0
	for command in "verify --json" "custody --html $work/x.html" "timeline" "export --case-jsonld $work/x.json"; do
		# shellcheck disable=SC2086
		quiet "text in meta: $command" "0|65|66" "$kanshiki" $command "$bundle" --keys "$work/keys"
		[[ $command != verify* ]] || jq -e .receipt.kinds "$work/out" >/dev/null || complain "text in meta: $command: no JSON: $(cut -c 1-300 "$work/out")"
	done
	is_clean "$work/x.json" || complain "text in meta: raw bytes in the export"
}

# A tar calls fs/C/x fs/C:/x: a file that the bundle calls so steps aside, also where its new name is another's.
names_of_a_tar() {
	local hash hash2
	hash=$(printf 'fs/C:/x' | sha256sum | cut -c 1-8)
	hostile "names of a tar" <<<$'entry fs/C/x fs/C/x 10\nentry fs/C:/x fs/C:/x 20\nentry fs/C:/y fs/C:/y 30\n'"entry fs/C/x~$hash fs/C/x~$hash 40"
	run "names of a tar" 0 "$kanshiki" verify "$bundle" --keys "$work/keys"
	quiet "names of a tar: export --tar" 0 "$kanshiki" export "$bundle" --tar "$work/names.tar" --keys "$work/keys"
	says "names of a tar" "eight digits are behind theirs: 1\$"
	tar -tvf "$work/names.tar" | awk '{ print $3, $6 }' | sort >"$work/names"
	hash2=$(printf 'fs/C:/x1' | sha256sum | cut -c 1-8)
	printf '%s\n' "10 fs/C:/x" "20 fs/C:/x~$hash2" "30 fs/C:/y" "40 fs/C:/x~$hash" | sort | cmp -s - "$work/names" || complain "names of a tar: $(cat "$work/names")"
	quiet "names of a tar: export --zip" 0 "$kanshiki" export "$bundle" --zip "$work/names.zip" --keys "$work/keys"
	! grep -q 'eight digits' "$work/err" || complain "names of a tar: a zip has its own names"
}

# Under --unverified, and for salvage, a bad name costs what has it: the rest is there, and what is not has its reason.
bad_ones_among_good() {
	local command refused=("'meta/<U+001B>\[31m" "meta/a<U+202E>b'" "<U+001B>C/b'")
	hostile "bad ones among good" <<<$'entry fs/C/a fs/C/a 10\nmeta %1b[31m.txt x\nmeta a%e2%80%aeb x\nentry fs/%1bC/b fs/%1bC/b 10\nentry fs/C/c fs/C/c 10'
	all "bad ones among good" 65 "1|65"
	for command in "ls" "export --tar $work/x.tar" "extract -C $work/cage/u" "salvage -C $work/cage/s"; do
		# shellcheck disable=SC2086
		case $command in
		salvage*) quiet "bad ones among good: $command" 1 "$kanshiki" $command "$bundle" --keys "$work/keys" ;;
		*) quiet "bad ones among good: $command" "1|65" "$kanshiki" $command "$bundle" --unverified --keys "$work/keys" ;;
		esac
		[ "$command" != ls ] || cp "$work/out" "$work/ls.out"
		for name in "${refused[@]}"; do
			grep -q -e "$name" "$work/err" || complain "bad ones among good: $command: $name is not said: $(cat "$work/err")"
		done
	done
	[ "$(grep -c '^fs/C/[ac]$' "$work/ls.out")" -eq 2 ] || complain "bad ones among good: ls: $(cat -v "$work/ls.out")"
	[ "$(tar -tf "$work/x.tar" | grep -c '^fs/C:/[ac]$')" -eq 2 ] || complain "bad ones among good: export: $(tar -tf "$work/x.tar")"
	[ "$(find "$work/cage/u/fs" "$work/cage/s/fs" -type f | wc -l)" -eq 4 ] || complain "bad ones among good: $(find "$work/cage" -type f)"
	[ "$(grep -c '^refused' "$work/cage/s/SALVAGE.tsv")" -ge 4 ] || complain "bad ones among good: SALVAGE.tsv: $(cat "$work/cage/s/SALVAGE.tsv")"
}

# Files of any name that lie in the directory.
strangers() {
	hostile "strangers" <<<'entry fs/C/a fs/C/a 10'
	local name
	for name in $'\e]0;pwned\a.txt' $'\e[2J' $'a\u202ecod.exe' $'\xff\xfe' $'line\nbreak' $'files.002.tar.zst.age\r' '-rf'; do : >"$bundle/$name"; done
	ln -s /etc/passwd "$bundle/link"
	mkfifo "$bundle/fifo"
	mkdir "$bundle/directory"
	all "strangers" "0|1|65"
	for name in MANIFEST.sha256 files.001.tar.zst.age meta.001.tar.zst.age chain.pem; do
		hostile "a pipe as $name" <<<'entry fs/C/a fs/C/a 10'
		rm "$bundle/$name" && mkfifo "$bundle/$name"
		quiet "a pipe as $name" "65|66" timeout 5 "$kanshiki" verify "$bundle" --keys "$work/keys"
		quiet "a pipe as $name: salvage" "0|1|65|66" timeout 5 "$kanshiki" salvage "$bundle" -C "$work/piped.$name" --keys "$work/keys"
	done
}

# A member called as a file of meta, but for case, does not stand for it.
twin_of_meta() {
	local path
	hostile "a twin of meta" <<<$'entry META/note.txt META/note.txt 20\nmeta note.txt ours'
	for path in meta/note.txt 'meta\note.txt'; do
		run "a twin of meta: cat $path" 0 "$kanshiki" cat "$bundle" "$path" --keys "$work/keys"
		[ "$(tr -d '\0' <"$work/out")" = ours ] || complain "a twin of meta: cat $path: $(head -c 40 "$work/out" | cat -v)"
	done
	run "a twin of meta: cat META/note.txt" 0 "$kanshiki" cat "$bundle" META/note.txt --keys "$work/keys"
	[ "$(wc -c <"$work/out")" = 20 ] || complain "a twin of meta: cat META/note.txt: $(head -c 40 "$work/out" | cat -v)"
}

# Where a row lies that lies nowhere is not looked for in every volume anew.
rows_behind_many_volumes() {
	hostile "rows behind many volumes" <<<$'volumes 900\nbehind 200000'
	quiet "rows behind many volumes" 65 "$kanshiki" extract "$bundle" -C "$work/nowhere" --unverified --keys "$work/keys"
	says "rows behind many volumes" "'fs/B/0': its row places it behind the end of 'files'"
	rm -rf "$work/nowhere"
}

# A target that somebody else prepared: links in it are not followed.
prepared_target() {
	hostile "a prepared target" <<<$'entry fs/C/a fs/C/a 10\nentry fs/D/b fs/D/b 10'
	local command
	for command in extract salvage "extract -f"; do
		rm -rf "$work/cage"
		mkdir -p "$work/cage/x/fs" "$work/cage/elsewhere"
		ln -s "$work/cage/elsewhere" "$work/cage/x/fs/C"
		mkdir "$work/cage/x/fs/D"
		ln -s "$work/cage/elsewhere/b" "$work/cage/x/fs/D/b"
		# shellcheck disable=SC2086
		quiet "links in the target: $command" "0|1|65|73" "$kanshiki" $command "$bundle" -C "$work/cage/x" --keys "$work/keys"
		[ -z "$(ls -A "$work/cage/elsewhere")" ] || complain "links in the target: $command followed one"
	done
}

make_work
make_kit
bad_names
bad_bytes
twin_of_meta
rows_behind_many_volumes
odd_names
replaced_twins
many_odd_names
deep_paths
many_deep_paths
a_million
contradictions
names_of_a_tar
bad_ones_among_good
strangers
prepared_target
finish
