#!/bin/bash
# A bit flipped in any file of a bundle is caught, and so is a volume removed, added, swapped or taken from another
# bundle; the file is named. (Every single bit of MANIFEST.p7s: tests/test_seal_verify.c.)
# usage: tests/e2e/tamper.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/tamper.sh BUILD}
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need perl age openssl

verify() { "$kanshiki" verify "$@" --keys "$work/keys"; }

# After run(): each line about the bundle names it, and names it once: of many in a loop one must see which it was.
names_bundle() {
	local wrong
	wrong=$(BUNDLE=$work/t perl -ne '$n = () = m{\x27\Q$ENV{BUNDLE}\E[/\x27]}g; print if /^(kanshiki|Nothing here can be proven by the seal): (?!and \d|.* written |note: of )/ && $n != 1' "$work/err")
	[ -z "$wrong" ] || complain "$1: the bundle is not named once: $wrong"
}

# usage: refused WHAT NAME   $work/t does not verify, and the file NAME is named
refused() {
	run "$1" 65 verify "$work/t"
	grep -qF "'$2'" "$work/err" || complain "$1: '$2' is not named: $(head -n 2 "$work/err")"
	names_bundle "$1"
	[ ! -s "$work/out" ] || complain "$1: something on stdout"
}

fresh() {
	rm -rf "$work/t"
	cp -a "$first" "$work/t"
}

# usage: flip FILE BYTE BIT
flip() {
	perl -e 'my ($file, $at, $bit) = @ARGV; open my $f, "+<:raw", $file or die; seek $f, $at, 0; read $f, my $byte, 1;
		seek $f, $at, 0; print $f chr(ord($byte) ^ 1 << $bit)' "$@"
}

make_bundles() {
	mkdir "$work/out-dir"
	mkdir "$work/older"
	run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work/out-dir" 8 1 "$work/older"
	bundle_of "mkbundle" || finish
	first=$bundle
	run "mkbundle" 0 "$build/tests/mkbundle" "$work/kit" "$work/out-dir" 8
	bundle_of "mkbundle" || finish
	second=$bundle
	[ "$first" != "$second" ] || complain "two bundles under one name"
	[ -f "$first/files.003.tar.zst.age" ] || complain "less than three volumes"
	run "untouched" 0 verify "$first"
}

flip_bits() {
	local name size at flips=0
	for name in $(ls "$first"); do
		size=$(stat -c %s "$first/$name")
		for at in 0 $((size / 7)) $((size / 3)) $((size / 2)) $((size * 4 / 5)) $((size - 1)); do
			fresh
			flip "$work/t/$name" "$at" $((RANDOM % 8))
			refused "bit flipped in $name at $at" "$name"
			flips=$((flips + 1))
		done
	done
	echo "$flips bits flipped in $(ls "$first" | wc -l) files"
}

change_files() {
	local name
	for name in $(ls "$first"); do
		fresh
		rm "$work/t/$name"
		refused "$name removed" "$name"
		fresh
		printf 'x' >>"$work/t/$name"
		refused "$name longer" "$name"
		fresh
		truncate -s -1 "$work/t/$name"
		refused "$name shorter" "$name"
	done
}

swap_volumes() {
	local a=files.001.tar.zst.age b=files.002.tar.zst.age
	fresh
	cp "$first/$a" "$work/t/$b"
	cp "$first/$b" "$work/t/$a"
	refused "volumes swapped" "$a"
	grep -q "'$b' is not as it was sealed: it is '$a'" "$work/err" || complain "swapped: not said what '$b' is: $(cat "$work/err")"
	for name in $a meta.001.tar.zst.age; do
		fresh
		cp "$second/$name" "$work/t/$name"
		refused "$name of another bundle" "$name"
		grep -q 'another bundle' "$work/err" || complain "$name of another bundle: not said"
	done
	fresh
	cp "$second/MANIFEST.sha256" "$second/MANIFEST.p7s" "$work/t/"
	refused "MANIFEST of another bundle" "$a"
	fresh
	cp "$second/MANIFEST.p7s" "$work/t/"
	refused "seal of another bundle" MANIFEST.p7s
	fresh
	perl -pi -e 's/^# host: .*/# host: OTHER/' "$work/t/MANIFEST.sha256"
	refused "a host renamed" MANIFEST.sha256
}

# Left out with the numbers closed up, twice, in another order, and two bundles put together in every way.
rearrange_volumes() {
	local one=files.001.tar.zst.age two=files.002.tar.zst.age three=files.003.tar.zst.age name
	fresh
	mv "$work/t/$three" "$work/t/$two"
	refused "a volume dropped, the next under its number" "$two"
	grep -q "'$three' was sealed and is missing" "$work/err" || complain "dropped: '$three' is not missed"
	fresh
	cp "$first/$one" "$work/t/files.009.tar.zst.age"
	refused "a volume twice" files.009.tar.zst.age
	fresh
	cp "$first/$one" "$work/t/$two"
	refused "a volume twice, over another" "$two"
	fresh
	for name in "$one:$two" "$two:$three" "$three:$one"; do cp "$first/${name%:*}" "$work/t/${name#*:}"; done
	for name in "$one" "$two" "$three"; do refused "volumes in another order" "$name"; done
	for name in meta files MANIFEST; do
		fresh
		cp "$second/$name".* "$work/t/"
		refused "$name of another bundle, all of them" "$([ $name = MANIFEST ] && echo $one || echo $name.001.tar.zst.age)"
	done
	# Both lists changed to fit: then it is the seal that does not.
	fresh
	cp "$second/$one" "$work/t/$one"
	sed -i "s/^[0-9a-f]*  $one\$/$(sha256sum <"$second/$one" | cut -d ' ' -f 1)  $one/" "$work/t/MANIFEST.sha256"
	refused "a volume of another bundle, and the list" MANIFEST.sha256
}

# usage: sign KIT   $work/t's MANIFEST.sha256 by the seal of that kit, as if it were its own
sign() {
	sed -i "s/^# seal_cert_sha256: .*/# seal_cert_sha256: $(openssl x509 -in "$1/seal.pem" -outform DER | sha256sum | cut -d ' ' -f 1)/" "$work/t/MANIFEST.sha256"
	openssl cms -sign -binary -cades -nosmimecap -md sha256 -signer "$1/seal.pem" -inkey "$1/seal.key" -outform DER \
		-in "$work/t/MANIFEST.sha256" -out "$work/t/MANIFEST.p7s" 2>"$work/sign" || complain "openssl cms: $(cat "$work/sign")"
}

# usage: list NAME   puts the hash that it has now into the list
list() { sed -i "s/^[0-9a-f]*  $1\$/$(sha256sum <"$work/t/$1" | cut -d ' ' -f 1)  $1/" "$work/t/MANIFEST.sha256"; }

# Whose keys open it, and who vouches for it.
replace_people() {
	local one=files.001.tar.zst.age stranger name
	run "stranger's kit" 0 "$kanshiki" kit new "$work/kit-other" --keys "$work/keys-other" --name Stranger
	stranger=$(grep -o 'age1[0-9a-z]*' "$work/kit-other/recipients.txt" | head -n 1)
	fresh
	sed -i "s/^# recipients: .*/# recipients: $stranger/" "$work/t/MANIFEST.sha256"
	refused "recipients replaced in the list" MANIFEST.sha256
	for name in "$one" meta.001.tar.zst.age; do
		fresh
		age -d -i "$work/keys/recipient.key" "$first/$name" | age -r "$stranger" -o "$work/t/$name"
		refused "$name encrypted to somebody else" "$name"
		fresh
		age -d -i "$work/keys/recipient.key" "$first/$name" | age -R "$work/kit/recipients.txt" -r "$stranger" -o "$work/t/$name"
		refused "$name encrypted to one more" "$name"
		list "$name"
		refused "$name encrypted to one more, and the list" MANIFEST.sha256
	done
	# The stanzas of another file's header: its key opens nothing here.
	fresh
	perl -0777 -e 'my @f = map { open my $f, "<:raw", $_ or die; <$f> } @ARGV;
		my @p = map { [/\A(.*?^--- [^\n]+\n)(.*)\z/ms] } @f; print $p[1][0] . $p[0][1]' "$first/$one" "$second/$one" >"$work/t/$one"
	refused "the header of another volume" "$one"
	# All of it signed anew under another CA, chain and all.
	fresh
	cp "$work/kit-other/chain.pem" "$work/t/chain.pem"
	list chain.pem
	sign "$work/kit-other"
	refused "signed by another CA" MANIFEST.p7s
	run "signed by another CA: theirs" 0 "$kanshiki" verify "$work/t" --keys "$work/keys" --ca "$work/keys-other/evidence-ca.pem"
	run "signed by another CA: ls" 65 "$kanshiki" ls "$work/t" --keys "$work/keys"
	run "signed by another CA: extract" 65 "$kanshiki" extract "$work/t" --keys "$work/keys" -C "$work/x"
	[ ! -e "$work/x" ] || complain "signed by another CA: extract wrote something"
}

# A MANIFEST of the same collection, sealed while it ran: true as far as it goes, and it says how far.
put_back_an_older_one() {
	local n last=7
	for n in 5 $last; do
		fresh
		cp "$work/older/$n.sha256" "$work/t/MANIFEST.sha256"
		cp "$work/older/$n.p7s" "$work/t/MANIFEST.p7s"
		# What it does not tell of; of the volumes behind it one of each set is what an interruption may leave.
		if [ "$n" != "$last" ]; then
			refused "an older MANIFEST over a whole bundle" files.003.tar.zst.age
			for name in $(ls "$work/t"); do grep -q "  $name\$" "$work/t/MANIFEST.sha256" || [[ $name == MANIFEST.sha256 || $name == MANIFEST.p7s ]] || rm "$work/t/$name"; done
		fi
		run "an older MANIFEST put back ($n)" 1 verify "$work/t"
		grep -q 'had not ended when this was sealed' "$work/out" || complain "an older MANIFEST put back ($n): not said: $(cat "$work/out")"
		run "an older MANIFEST put back ($n), JSON" 1 verify "$work/t" --json
		grep -q '"status":"in-progress"' "$work/out" || complain "an older MANIFEST put back ($n): JSON says $(cat "$work/out")"
		for command in ls "extract -C $work/x$n" "export --zip $work/x$n.zip"; do
			# shellcheck disable=SC2086
			run "an older MANIFEST put back ($n): $command" 1 "$kanshiki" $command "$work/t" --keys "$work/keys"
			says "an older MANIFEST put back ($n): $command" "note: '$work/t': the collection had not ended .*--resume .*salvage"
		done
	done
}

add_files() {
	local name
	for name in files.900.tar.zst.age files.001.tar.zst.age.part memory.001.tar.zst.age unlock.me.age MANIFEST.extra \
		MANIFEST.p7s.new CUSTODY.pdf; do
		fresh
		cp "$second/files.001.tar.zst.age" "$work/t/$name"
		refused "$name added" "$name"
	done
	fresh
	: >"$work/t/Thumbs.db"
	: >"$work/t/desktop.ini"
	run "strangers" 0 verify "$work/t"
	says "strangers" "bundle \(2\).*'Thumbs.db'"
	[ "$(wc -l <"$work/err")" -eq 1 ] || complain "strangers: more than one line"
}

# What is sealed but not to be had by ls, cat and extract when it is wrong.
other_commands() {
	fresh
	flip "$work/t/meta.001.tar.zst.age" 1000 1
	run "ls of a changed meta" 65 "$kanshiki" ls "$work/t" --keys "$work/keys"
	rm "$work/t"/meta.*
	run "extract without meta" 65 "$kanshiki" extract "$work/t" --keys "$work/keys" -C "$work/empty" --unverified
	says "extract without meta" "kanshiki salvage takes what is left"
	rm -r "$work/empty"
	fresh
	flip "$work/t/files.002.tar.zst.age" 500000 1
	run "ls of a changed volume" 0 "$kanshiki" ls "$work/t" --keys "$work/keys"
	run "extract of a changed volume" 65 "$kanshiki" extract "$work/t" --keys "$work/keys" -C "$work/x"
	[ ! -e "$work/x" ] || complain "extract of a changed volume wrote something"
	run "export of a changed volume" 65 "$kanshiki" export "$work/t" --keys "$work/keys" --zip "$work/x.zip"
	[ ! -e "$work/x.zip" ] || complain "export of a changed volume wrote something"
	local path bad=0
	while read -r path; do
		run "cat" "0|65" "$kanshiki" cat "$work/t" "$path" --keys "$work/keys"
		[ "$code" -eq 0 ] || bad=$((bad + 1))
		[ "$code" -eq 0 ] || says "cat of a changed member" 'not to be used|does not'
	done < <("$kanshiki" ls "$work/t" --keys "$work/keys")
	[ "$bad" -ge 1 ] && [ "$bad" -le 3 ] || complain "cat: $bad members are wrong, one or two should be"
	run "extract --unverified" 65 "$kanshiki" extract "$work/t" --keys "$work/keys" -C "$work/x" --unverified
	[ "$(find "$work/x/fs" -type f | wc -l)" -ge 5 ] || complain "--unverified does not bring out the rest"
	fresh
	rm "$work/t/files.002.tar.zst.age"
	rm -rf "$work/x"
	run "extract --unverified without a volume" 65 "$kanshiki" extract "$work/t" --keys "$work/keys" -C "$work/x" --unverified
	[ "$(find "$work/x/fs" -type f | wc -l)" -ge 5 ] || complain "--unverified without a volume does not bring out the rest"
}

# Under --unverified all comes out, and the exit code still says that something is wrong.
forged_and_unverified() {
	local command path
	fresh
	sed -i 's/^# host: ./# host: _/' "$work/t/MANIFEST.sha256"
	path=$("$kanshiki" ls "$first" --keys "$work/keys" | head -n 1)
	for command in ls "cat BUNDLE $path" "extract BUNDLE -C $work/x/d" "export BUNDLE --zip $work/x/zip" "export BUNDLE --tar $work/x/tar"; do
		rm -rf "$work/x" && mkdir "$work/x"
		[[ $command == *BUNDLE* ]] || command="$command BUNDLE"
		# shellcheck disable=SC2086
		run "unverified, forged: $command" 65 "$kanshiki" ${command/BUNDLE/$work/t} --keys "$work/keys" --unverified
		[ -s "$work/out" ] || [ -n "$(find "$work/x" -type f)" ] || complain "unverified, forged: $command: nothing came out"
		says "unverified, forged: $command" MANIFEST
	done
	rm -r "$work/x"
}

# A stranger who knows our recipient, which every kit of ours holds: opened by us, sealed by nobody we trust.
strangers() {
	local ours
	ours=$(grep -o 'age1[0-9a-z]*' "$work/kit/recipients.txt" | head -n 1)
	run "stranger's kit" 0 "$kanshiki" kit new "$work/kit2" --keys "$work/keys2" --name Test --recipient "$ours"
	run "stranger's bundle" 0 "$build/tests/mkbundle" "$work/kit2" "$work/out-dir" 2
	bundle_of "stranger's bundle" || return 0
	rm -rf "$work/t" && cp -a "$bundle" "$work/t"
	refused "a bundle forged by a stranger" MANIFEST.p7s
	run "ls of a forged bundle" 65 "$kanshiki" ls "$work/t" --keys "$work/keys"
	rm -rf "$work/x"
	run "extract of a forged bundle" 65 "$kanshiki" extract "$work/t" --keys "$work/keys" -C "$work/x"
	[ ! -e "$work/x" ] || complain "extract of a forged bundle wrote something"
	cp "$work/kit/evidence-ca.pem" "$work/kit/chain.pem" "$work/t/" 2>/dev/null || true
	run "a forged bundle with our chain" 65 verify "$work/t"
	fresh
	run "openssl cms" 0 openssl cms -sign -binary -md sha256 -signer "$work/kit2/seal.pem" -inkey "$work/kit2/seal.key" \
		-certfile "$work/kit2/evidence-ca.pem" -in "$work/t/MANIFEST.sha256" -outform DER -out "$work/t/MANIFEST.p7s"
	refused "sealed again by another CA" MANIFEST.p7s
	fresh
	perl -pi -e 's/^(# recipient\S*) .*/$1 age1stranger/' "$work/t/MANIFEST.sha256"
	! cmp -s "$work/t/MANIFEST.sha256" "$first/MANIFEST.sha256" || complain "MANIFEST names no recipients"
	refused "recipients replaced" MANIFEST.sha256
	forged_and_unverified
	fresh
	run "years later" 65 "$kanshiki" verify "$work/t" --keys "$work/keys" --at 2040-01-01T00:00:00Z
	grep -q "'MANIFEST.p7s'.*expired" "$work/err" || complain "years later: $(cat "$work/err")"
}

# usage: each_command WHAT COMMAND...   each of them with that bundle says something, and names it
each_command() {
	local what=$1 command
	shift
	for command in "$@"; do
		rm -rf "$work/x"
		# shellcheck disable=SC2086
		run "$command: $what" "0|1|65|66|73" "$kanshiki" ${command/BUNDLE/$work/t}
		grep -qE '^(kanshiki|Nothing here .*): ' "$work/err" || complain "$command: $what: says nothing"
		names_bundle "$command: $what"
	done
}

name_bundle() {
	local by="--keys $work/keys" all
	all=("verify BUNDLE $by" "ls BUNDLE $by" "cat BUNDLE fs/1 $by" "extract BUNDLE $by -C $work/x" "export BUNDLE $by --zip $work/x"
		"export BUNDLE $by --case-jsonld $work/x" "custody BUNDLE $by" "salvage BUNDLE $by -C $work/x" "timeline BUNDLE $by"
		"stamp BUNDLE --request $work/x" "countersign BUNDLE --key $work/kit/seal.key --cert $work/kit/seal.pem")
	fresh
	rm "$work/t/MANIFEST.p7s"
	each_command "no seal" "${all[@]}" "verify BUNDLE/ $by" "verify BUNDLE $by --lang ja"
	fresh
	flip "$work/t/meta.001.tar.zst.age" 1000 1
	each_command "meta changed" "${all[@]:0:9}" "verify BUNDLE// $by" "verify BUNDLE $by --lang ja"
	fresh
	each_command "nothing of that name" "cat BUNDLE fs/none $by" "ls BUNDLE fs/none $by" "extract BUNDLE fs/none $by -C $work/x" "timeline BUNDLE $by"
	cp "$work/t/MANIFEST.p7s" "$work/t/MANIFEST.tsr"
	each_command "a stamp that is none" "verify BUNDLE $by" "stamp BUNDLE --response $work/t/MANIFEST.p7s $by"
	rm -r "$work/t"
	each_command "no bundle" "${all[@]}"
	: >"$work/t"
	each_command "a file" "${all[@]:0:8}"
	rm "$work/t"
}

# What is left of a volume without its end can be taken, which is said once.
cut_off() {
	local command
	fresh
	truncate -s 300000 "$work/t/files.002.tar.zst.age"
	rm "$work/t/files.003.tar.zst.age"
	for command in verify "extract -C $work/x-cut" "extract -C $work/x-cut --unverified"; do
		# shellcheck disable=SC2086
		run "a volume cut off: $command" 65 "$kanshiki" $command "$work/t" --keys "$work/keys"
		says "a volume cut off: $command" "'files.002.tar.zst.age' is not as it was sealed: it is cut off, or its end is damaged"
		[ "$(grep -c 'kanshiki salvage takes what is left' "$work/err")" = 1 ] || complain "a volume cut off: $command: salvage is not named once: $(cat "$work/err")"
	done
	says "a volume cut off: extract --unverified" "it lies in 'files.002.tar.zst.age', which does not open"
	! grep -q 'behind the end' "$work/err" || complain "a volume cut off: $(grep -m 1 'behind the end' "$work/err")"
	fresh
	truncate -s 2000 "$work/t/meta.001.tar.zst.age"
	for command in ls "cat --unverified" "extract -C $work/x-meta --unverified"; do
		# shellcheck disable=SC2086
		run "meta cut off: $command" "65|66" "$kanshiki" $command "$work/t" --keys "$work/keys" fs/C/nonesuch
		[ "$(grep -c 'kanshiki salvage takes what is left' "$work/err")" = 1 ] || complain "meta cut off: $command: salvage is not named once: $(cat "$work/err")"
		[ -z "$(sort "$work/err" | uniq -d)" ] || complain "meta cut off: $command: said twice: $(cat "$work/err")"
	done
	fresh
	printf x >>"$work/t/CUSTODY.txt"
	run "another sheet" 65 verify "$work/t"
	! grep -q salvage "$work/err" || complain "another sheet: it speaks of salvage"
}

make_work
make_kit
make_bundles
cut_off
flip_bits
change_files
swap_volumes
rearrange_volumes
replace_people
put_back_an_older_one
add_files
strangers
other_commands
name_bundle
finish
