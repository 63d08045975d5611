#!/usr/bin/perl
# What a collection says of deleted files against the truth of tests/fixtures/mkdeleted.c.
# usage: tests/deleted_judge.pl TRUTH ROWS EXTRACTED CLOCK   ROWS: `ls --all --json`; prints the counts; exit 1: wrong
use strict;
use warnings;
use JSON::PP;

my ($truth, $rows, $extracted, $clock) = @ARGV;
my (%rows, %count, $wrong);

sub wrong { print "FAILED: @_\n"; $wrong = 1 }

sub content { # of file $id
	my ($id, $size) = @_;
	return substr(join('', map { sprintf '%08x%08x', $id, $_ } 0 .. $size / 16), 0, $size);
}

sub slurp {
	open my $in, '<:raw', $_[0] or return undef;
	local $/;
	return scalar(<$in>) // '';
}

open my $in, '<', $rows or die $rows;
while (<$in>) {
	my $row = decode_json($_);
	$rows{$row->{record}} = $row if $row->{deleted} && $row->{stream} eq '';
}
open $in, '<', $truth or die $truth;
while (<$in>) {
	chomp;
	my ($record, $id, $size, $fate) = split /\t/;
	my $row = $rows{$record} or wrong("record $record (file $id) has no row"), next;
	my $is = $row->{deleted};
	my $found = slurp("$extracted/$row->{path}");
	my $right = content($id, $size);
	my $what = "file $id (record $record, $fate)";

	$count{"$fate, called $is->{result}"}++;
	wrong("$what is of $row->{size} bytes, not $size") if $row->{size} != $size;
	if ($is->{result} eq 'full') {
		wrong("$what is called full") if $fate eq 'overwritten';
		wrong("$what is not said to be unknowable") if $is->{clusters} && $is->{earlier_owner} ne 'unknowable';
		wrong("$what: its bytes are not its own") if $fate eq 'intact' && $found ne $right;
	} elsif ($fate eq 'intact' && $clock ne 'none') {
		wrong("$what is called $is->{result}");
	}
	# Of what is stored all that is neither lost nor doubtful is right, and what is lost is zeros.
	next if !defined $found || $fate eq 'unknowable';
	for (@{$is->{lost} // []}) {
		wrong("$what: another's bytes") if substr($found, $_->[0], $_->[1]) =~ /[^\0]/;
	}
	my ($a, $b) = ($found, $right);
	for (@{$is->{lost} // []}, @{$is->{doubtful} // []}) {
		substr($a, $_->[0], $_->[1]) = "\0" x $_->[1];
		substr($b, $_->[0], $_->[1]) = "\0" x $_->[1];
	}
	# A file may be overwritten in one place where it can be seen and in another where not.
	if ($a ne $b) {
		if ($fate eq 'intact') { wrong("$what: wrong bytes outside of what is lost") }
		else { $count{'overwritten also where nobody can see it'}++ }
	}
}
print "$_: $count{$_}\n" for sort keys %count;
exit($wrong ? 1 : 0);
