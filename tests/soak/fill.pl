#!/usr/bin/perl
# fill.pl IMAGE NOISE EVERY: makes what ntfsfallocate only reserved content of the files: their initialized size becomes their
# size, and NOISE bytes that do not compress lie in the image at every EVERY bytes of each; the rest stays a hole of the image.
# Record layout: docs/formats/ntfs.md. Only unfragmented and fragmented streams of one record (no attribute list).
use strict;
use warnings;

my ($path, $noise, $every) = @ARGV;
open(my $image, '+<:raw', $path) or die "fill.pl: $path: $!\n";
open(my $random, '<:raw', '/dev/urandom') or die "fill.pl: /dev/urandom: $!\n";

sub at {
	my ($offset, $len) = @_;
	my $bytes;
	sysseek($image, $offset, 0) && sysread($image, $bytes, $len) == $len or die "fill.pl: read at $offset\n";
	return $bytes;
}

sub put {
	my ($offset, $bytes) = @_;
	sysseek($image, $offset, 0) && syswrite($image, $bytes) == length $bytes or die "fill.pl: write at $offset: $!\n";
}

# Runs as [clusters, first cluster].
sub runs_of {
	my ($pairs) = @_;
	my ($pos, $lcn, @runs) = (0, 0);
	while ((my $head = unpack('C', substr($pairs, $pos++, 1)))) {
		my ($n, $m) = ($head & 15, $head >> 4);
		my $count = unpack('Q<', substr($pairs, $pos, $n) . "\0" x (8 - $n));
		my $delta = substr($pairs, $pos + $n, $m);
		$delta .= (unpack('C', substr($delta, -1)) & 128 ? "\xff" : "\0") x (8 - $m);
		$lcn += unpack('q<', $delta);
		push @runs, [$count, $lcn];
		$pos += $n + $m;
	}
	return @runs;
}

my $boot = at(0, 512);
my ($sector, $per_cluster) = unpack('vC', substr($boot, 11, 3));
my $cluster = $sector * $per_cluster;
my $mft = unpack('Q<', substr($boot, 48, 8)) * $cluster;
my $chunk;
for (my $number = 64; ; $number++) {
	my $record = at($mft + $number * 1024, 1024);
	last if substr($record, 0, 4) ne 'FILE';
	my ($pos) = unpack('v', substr($record, 20, 2));
	while ((my $type = unpack('V', substr($record, $pos, 4))) != 0xffffffff) {
		my $len = unpack('V', substr($record, $pos + 4, 4));
		if ($type == 0x80 && ord(substr($record, $pos + 8, 1))) {
			my $size = unpack('Q<', substr($record, $pos + 48, 8));
			die "fill.pl: record $number: a fix-up lies there\n" if ($pos + 56) % 512 > 502;
			put($mft + $number * 1024 + $pos + 56, pack('Q<', $size));
			my $from = unpack('v', substr($record, $pos + 32, 2));
			my ($done, $next) = (0, 0);
			for my $run (runs_of(substr($record, $pos + $from, $len - $from))) {
				my $bytes = $run->[0] * $cluster;
				$next = $done if $next < $done;
				for (; $next + $noise <= $done + $bytes; $next += $every) {
					sysread($random, $chunk, $noise) == $noise or die "fill.pl: /dev/urandom\n";
					put($run->[1] * $cluster + $next - $done, $chunk);
				}
				$done += $bytes;
			}
		}
		$pos += $len;
	}
}
