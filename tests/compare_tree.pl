#!/usr/bin/perl
# Compares what was extracted with what make-image.sh says it put in. Run with the list, then the directory fs/C.
# usage: perl tests/compare_tree.pl IMAGE.json DIRECTORY [some [PARTIAL]]
# some: files may be missing, those there are right, but for those whose rows say `partial`: PARTIAL lists them.
use strict;
use warnings;
use Digest::SHA;
use JSON::PP;

my ($list, $root, $some, $partial) = @ARGV;
my %cut;
if ($partial) {
	open my $rows, '<:raw', $partial or die "$partial: $!\n";
	while (<$rows>) { chomp; s{^fs/C/}{}; $cut{$_} = 1; }
}
open my $in, '<:raw', $list or die "$list: $!\n";
my $text = do { local $/; <$in> };
$text =~ s/\\ud800/<U+D800>/g;                  # a lone surrogate, which JSON::PP refuses
my $image = JSON::PP->new->decode($text);       # strings of bytes

# Names as they stand in a bundle (bundle-format.md, Names): bytes in, bytes out.
sub escaped {
	my ($name) = @_;
	my $lone = $name =~ s/<U\+D800>/\x00LONE\x00/g;
	$name =~ s/<(?=U\+)/<U+003C>/g;
	utf8::decode($name);
	$name =~ s/([\x01-\x1f\x7f-\x9f\x{200e}\x{200f}\x{061c}\x{202a}-\x{202e}\x{2066}-\x{2069}\\])/sprintf '<U+%04X>', ord $1/ge;
	utf8::encode($name);
	$name =~ s/\x00LONE\x00/<U+D800>/g;
	return $name;
}

# Components over 255 bytes are shortened by extract: boundary + ~ + 8 hex + extension.
sub on_disk {
	my ($name) = @_;
	return $name if length $name <= 255;
	my $hash = substr Digest::SHA::sha256_hex($name), 0, 8;
	my @found = glob_hash($hash);
	return $found[0] // "$name (no shortened name with ~$hash)";
}

my (%by_hash, $indexed);
sub glob_hash {
	my ($hash) = @_;
	index_tree($root) if !$indexed++;
	return @{$by_hash{$hash} // []};
}
sub index_tree {
	my ($dir) = @_;
	opendir my $d, $dir or return;
	for my $entry (grep { !/^\.\.?$/ } readdir $d) {
		push @{$by_hash{$1}}, $entry if $entry =~ /~([0-9a-f]{8})(?:\.[^.]*)?$/;
		index_tree("$dir/$entry") if -d "$dir/$entry" && !-l "$dir/$entry";
	}
}

my ($right, $missing, $wrong) = (0, 0, 0);
for my $file (@{$image->{files}}) {
	my $path = join '/', map { on_disk(escaped($_)) } split m{/}, $file->{path};
	my $full = "$root/$path";
	if (!-f $full) {
		$missing++;
		print "missing: $path\n" if !$some;
		next;
	}
	my $hash = Digest::SHA->new(256)->addfile($full, 'b')->hexdigest;
	if ($hash eq $file->{sha256} && -s $full == $file->{size}) { $right++; next; }
	next if $cut{$path};
	$wrong++;
	print "differs: $path: $hash, not $file->{sha256}\n";
}
print "$right of ", scalar @{$image->{files}}, " files right, $missing missing, $wrong wrong\n";
exit($wrong || ($missing && !$some) || !($right || $some) ? 1 : 0);
