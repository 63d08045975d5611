#!/usr/bin/perl
# Every text shown through tr() has a Japanese row in core/ja/*.def with the same conversions in the same order, and
# every row is used. Reads C as far as that needs: comments, strings, adjacent strings. Run from the root.
use strict;
use warnings;

my $string  = qr/"(?:[^"\\\n]|\\.)*"/;
my $strings = qr/$string(?:\s*$string)*/;
my $broken  = 0;

sub complain { print "@_\n"; $broken = 1; }

sub slurp {
	my ($path) = @_;
	open my $in, '<', $path or die "$path: $!\n";
	local $/;
	my $text = <$in>;
	# Comments become spaces; strings stay.
	$text =~ s{($string|'(?:[^'\\\n]|\\.)*')|/\*.*?\*/|//[^\n]*}{defined $1 ? $1 : ' '}gse;
	# Words that a file gives a name stand where the name does.
	my %named = $text =~ /^#define[ \t]+([A-Z_]+)[ \t]+($string)[ \t]*$/mg;
	$text =~ s/(?<!#define )\b([A-Z_]+)\b/$named{$1} \/\/ $1/ge if %named;
	return $text;
}

# Adjacent strings as one, escapes as they stand.
sub joined { my ($s) = @_; return join '', map { substr $_, 1, -1 } $s =~ /$string/g; }

sub conversions {
	my ($s) = @_;
	$s =~ s/%%//g;
	return join ' ', $s =~ /%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z]/g;
}

# What a format of fail() makes, as a pattern over formats: each conversion stands for anything.
sub pattern {
	my ($s) = @_;
	return join '.*', map { quotemeta } split /%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z]/, $s, -1;
}

my (%row, %literal, %needed, %failing);
for my $path (glob 'core/ja/*.def') {
	my $text = slurp($path);
	my $count = () = $text =~ /\bJA\(/g;
	while ($text =~ /\bJA\(\s*($strings)\s*,\s*($strings)\s*\)/g) {
		my ($english, $japanese) = (joined($1), joined($2));
		$count--;
		complain("$path: two rows for \"$english\"") if exists $row{$english};
		$row{$english} = $path;
		complain("$path: conversions differ: \"$english\" and \"$japanese\"")
			if conversions($english) ne conversions($japanese);
		complain("$path: no Japanese for \"$english\"") if $japanese !~ /[\x80-\xff]/ && $japanese ne $english;
		complain("$path: one word, フォルダー: \"$english\"") if $japanese =~ /\xe3\x83\x95\xe3\x82\xa9\xe3\x83\xab\xe3\x83\x80(?!\xe3\x83\xbc)/;
		complain("$path: the line ends differ: \"$english\"")
			if ($english =~ /((?:\\n)*)$/)[0] ne ($japanese =~ /((?:\\n)*)$/)[0];
	}
	complain("$path: $count rows that cannot be read") if $count;
}
for my $path (split /\n/, `git ls-files --cached --others --exclude-standard -- core platform formats bundle collectors analysis cli`) {
	next if $path !~ /\.[ch]$/ || !-f $path;
	my $text = slurp($path);
	$literal{joined($1)} = 1 while $text =~ /($strings)/g;
	$needed{joined($1)} = $path while $text =~ /\btr\(\s*($strings)/g;
	# Tables whose texts are shown through tr().
	$needed{joined($1)} = $path while $text =~ /\.(?:summary|help|meaning_for_people)\s*=\s*($strings)/g;
	$needed{joined($1)} = $path while $text =~ /\bOPTION_(?:FLAG|TEXT|LIST|NUMBER)\s*,[^{}]*?,\s*(?:$string|NULL)\s*,\s*($strings)\s*\}/g;
	# What a failure or a note says; a second text where one of two is chosen.
	while ($text =~ /\b(?:fail\([^"?;]*?|table_damage\([^"?;]*?|reader_note\([^"?;]*?),\s*(?:[^",;]*\?\s*)?($strings)(?:\s*:\s*($strings))?/g) {
		$failing{joined($_)} = $path for grep { defined } $1, $2;
	}
	# What a system's code means, and what was being done when something failed.
	$failing{joined($1)} = $path while $text =~ /\bERR_[A-Z]+\s*,\s*($strings)\s*\}/g;
	$failing{joined($1) . ': %s'} = $path while $text =~ /\bfail_in\(\s*err\s*,\s*("cannot [^"\n]*")/g;
	# What an image is wrapped in.
	$failing{joined($1)} = $path while $text =~ /\{\s*\d+,\s*$strings,\s*\d+,\s*($strings)\s*\}/g;
	# Where it was.
	while ($text =~ /\bfail_in\(\s*[^",;]+,\s*(?:[^",;]*\?\s*)?($strings)(?:\s*:\s*($strings))?/g) {
		for my $where (map { joined($_) } grep { defined } $1, $2) {
			$failing{"$where: %s"} = $path if $where =~ s/%[-.*0-9]*(?:ll|z)?[a-z]|'[^']*'|--[a-z-]+|\$\S+//gr =~ /[a-z]{2}/;
		}
	}
	$needed{joined($1)} = $path while $text =~ /\bTR\(\s*($strings)\s*\)/g;
}
for my $english (sort keys %needed) {
	complain("$needed{$english}: no Japanese row for \"$english\"") if $english ne '' && !exists $row{$english};
}
# Those that are nothing but somebody else's words need no row.
my $errors = join '|', map { pattern($_) } grep { $row{$_} =~ m{/errors} } sort keys %row;
for my $english (sort keys %failing) {
	next if $english !~ /[A-Za-z]/ || conversions($english) eq '' && exists $row{$english};
	next if $english =~ /^(?:[a-z]+|'?%[.*0-9]*s'?|[ :])*: %[.0-9]*s$|^(?:%[.0-9]*s)+$/;
	complain("$failing{$english}: no row in core/ja/errors*.def for \"$english\"") if $english !~ /^(?:$errors)$/;
}
for my $english (sort keys %row) {
	my $said = pattern($english);
	my $done = $english =~ s/: %s$//r; # fail_in
	complain("$row{$english}: nobody says \"$english\"") if !$literal{$english} && !$literal{$done} && !grep { /^$said$/ } keys %literal;
}
complain("only " . keys(%row) . " rows were found") if keys(%row) < 10;
for my $path (glob 'core/ja/*.def') {
	complain("no core/tr*.c includes \"$path\"") if !grep { slurp($_) =~ /#include "\Q$path\E"/ } glob 'core/tr*.c';
}
exit $broken;
