use strict;
use warnings;
use utf8;
use List::Util qw(sum reduce first);
use Data::Dumper;
binmode(STDOUT, ":utf8");

print "@ARGV $0\n";

# Patterns, strings, formats.
my $text = "The quick brown fox, 42 times; the lazy dog 7 times.";
my %count;
$count{lc $1}++ while $text =~ /(\w+)/g;
print join(", ", map { "$_=$count{$_}" } sort keys %count), "\n";
(my $swapped = $text) =~ s/(\d+) (times)/"$2 " . ($1 + 1)/e;
print "$swapped\n", join("|", "2024-02-29" =~ /^(?<y>\d+)-(\d+)-(?<d>\d+)$/), " $+{y} $+{d}\n";
print scalar(reverse "Grüße"), " ", uc "straße äöü", " ", join(",", unpack("(A3)*", "abcdefgh")), "\n";
printf "%s %5.2f %-6s| %06d %x %e %s\n", "a", 3.14159, "left", 42, 255, 12345.678, join ",", map { sprintf "%b", $_ } 1 .. 4;
print "balanced: $1\n" if "f(a(b)c)(d" =~ /(\((?:[^()]++|(?1))*\))/;

# References, closures, objects, what is local, sorting.
my %tree = (name => "root", list => [1, [2, 3], { deep => [4] }]);
local $Data::Dumper::Sortkeys = 1;
local $Data::Dumper::Indent = 1;
print Dumper(\%tree), $tree{list}[2]{deep}[0], "\n";
sub counter { my $n = shift; return { up => sub { ++$n }, get => sub { $n } } }
my $c = counter(40);
$c->{up}->() for 1 .. 2;
print $c->{get}->(), "\n";
package Shape { sub new { my ($class, %self) = @_; bless {%self}, $class } sub area { 0 }
  sub describe { my $self = shift; sprintf "%s of %g", ref $self, $self->area } }
package Square { our @ISA = 'Shape'; sub area { $_[0]{side}**2 } }
print Square->new(side => 1.5)->describe, "\n";
our $level = 0;
sub nested { return $level if $level == 5; local $level = $level + 1; return nested() }
print nested(), " $level\n";
print join(" ", map { $_->[0] } sort { $a->[1] <=> $b->[1] or $a->[0] cmp $b->[0] } map { [$_, length] } qw(pear fig apple kiwi)), "\n";
print sum(map { $_ * $_ } 1 .. 100), " ", (reduce { $a * $b } 1 .. 20), " ", (first { $_ % 7 == 0 } 50 .. 60), "\n";

# die, eval, warnings, and a stack that grows on the heap.
eval { die { code => 5 } };
print "caught $@->{code}\n";
print eval { my $zero = 0; 1 / $zero } // $@ =~ s/ at .*//sr, "\n";
local $SIG{__WARN__} = sub { print "warning: $_[0]" };
warn "careful\n";
sub depth { no warnings 'recursion'; my $n = shift; return $n == 0 ? 0 : 1 + depth($n - 1) }
print depth(5000), "\n";

# Files.
mkdir "/made" or die "mkdir: $!";
open(my $out, '+>', "/made/file") or die "open: $!";
print $out "$_ line\n" for 1 .. 1000;
seek($out, 0, 0);
my @lines = <$out>;
close $out;
print scalar(@lines), " $lines[-1]", -s "/made/file", "\n";
rename "/made/file", "/made/other" or die "rename: $!";
opendir(my $dir, "/made") or die "opendir: $!";
print join(" ", sort grep { !/^\./ } readdir $dir), "\n";
closedir $dir;
print "none: ", (open(my $in, '<', "/none") ? "open" : "$!"), "\n";
unlink "/made/other";
rmdir "/made" or die "rmdir: $!";

# A number cruncher.
my ($x, $sum) = (1, 0);
for (1 .. 100_000) { $x = ($x * 1103515245 + 12345) % 2147483648; $sum += $x & 0xff }
print "$sum\n";
