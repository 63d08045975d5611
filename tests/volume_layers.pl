#!/usr/bin/perl
# The plaintext of a volume, taken apart and put together again around one changed bit (docs/bundle-format.md, A volume).
# usage: volume_layers.pl PLAIN NEW flip OFFSET BIT      a bit of the plaintext itself
#        volume_layers.pl PLAIN NEW tar OFFSET BIT       a bit of the tar that is packed in it; frames and seek table are made anew
#        volume_layers.pl PLAIN NEW put OFFSET TEXT      the same with a text in place of the bytes there, within a frame
#        volume_layers.pl PLAIN - places                 "header 0 LEN", "frame AT LEN" ..., "table AT LEN": where the layers are
#        volume_layers.pl PLAIN - cat                    the tar
use strict;
use warnings;
use File::Temp qw(tempfile);

my ($from, $to, $what, $at, $bit) = @ARGV;

sub slurp { my ($name) = @_; open my $f, "<:raw", $name or die "$name: $!"; local $/; return scalar <$f> }
sub spew { my ($name, $bytes) = @_; open my $f, ">:raw", $name or die "$name: $!"; print $f $bytes; close $f or die }

sub zstd {
	my ($bytes, @options) = @_;
	my (undef, $in) = tempfile(UNLINK => 1);
	my (undef, $out) = tempfile(UNLINK => 1);
	spew($in, $bytes);
	system("zstd", "-q", "-f", @options, $in, "-o", $out) == 0 or die "zstd";
	return slurp($out);
}

my $plain = slurp($from);
my ($magic, $len) = unpack "VV", $plain;
die "no header" if $magic != 0x184D2A5D;
my $first = 8 + $len;
my ($count) = unpack "V", substr($plain, -9, 4);
my $table = length($plain) - 17 - 8 * $count;
my @frames = map { [unpack "VV", substr($plain, $table + 8 + 8 * $_, 8)] } 0 .. $count - 1;

if ($what eq "places") {
	my $place = $first;
	print "header 0 $first\n";
	for my $frame (@frames) { print "frame $place $frame->[0]\n"; $place += $frame->[0] }
	print "table $table ", length($plain) - $table, "\n";
	exit 0;
}
if ($what eq "flip") {
	substr($plain, $at, 1) ^= chr(1 << $bit);
	spew($to, $plain);
	exit 0;
}
my ($body, $place, $inside) = (substr($plain, 0, $first), $first, 0);
for my $frame (@frames) {
	my $packed = substr($plain, $place, $frame->[0]);
	my $is_it = $what eq "cat" || ($at >= $inside && $at < $inside + $frame->[1]);
	if ($is_it) {
		my $content = zstd($packed, "-d");
		if ($what eq "cat") { binmode STDOUT; print $content; $place += $frame->[0]; next }
		if ($what eq "put") { substr($content, $at - $inside, length $bit) = $bit }
		else { substr($content, $at - $inside, 1) ^= chr(1 << $bit) }
		die "over the end of a frame" if length $content != $frame->[1];
		$packed = zstd($content, "-1", "--check");
	}
	$place += $frame->[0];
	$inside += $frame->[1];
	$frame->[0] = length $packed;
	$body .= $packed;
}
exit 0 if $what eq "cat";
$body .= pack("VV", 0x184D2A5E, 8 * $count + 9) . join("", map { pack "VV", @$_ } @frames) . pack("VCV", $count, 0, 0x8F92EAB1);
spew($to, $body);
