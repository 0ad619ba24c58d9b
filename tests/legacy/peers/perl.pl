#!/usr/bin/env perl
# libprotocol-websocket-perl: `perl.pl server`, or `perl.pl client ADDRESS WIRE`.
use strict;
use warnings;
use utf8;
use Encode qw(encode);
use IO::Socket::INET;
use Protocol::WebSocket::Frame;
use Protocol::WebSocket::Handshake::Client;
use Protocol::WebSocket::Handshake::Server;

$| = 1;
my %VERSIONS = (75 => 'draft-hixie-75', 76 => 'draft-ietf-hybi-00', 8 => 'draft-ietf-hybi-10', 13 => 'draft-ietf-hybi-17');
my @TEXTS = ('Hello', 'grüße €😀', 'a' x 125, 'b' x 1000, 'c' x 60_000);

my ($role, $address, $wire) = @ARGV;
$role eq 'server' ? serve() : talk();

sub serve {
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 5) or die $!;
    print 'listening on ', $listener->sockport, "\n";
    while (my $stream = $listener->accept) {
        echo($stream);
        close $stream;
    }
}

sub echo {
    my ($stream) = @_;
    my $handshake = Protocol::WebSocket::Handshake::Server->new;
    my $buffer = '';
    until ($handshake->is_done) {
        my $before = $handshake->is_body;
        $stream->sysread($buffer, 65536, length $buffer) or return;
        $handshake->parse($buffer) or return warn $handshake->error;
        # Of draft 76, the head leaves before the third key has come.
        print {$stream} $handshake->to_string if $handshake->is_done || ($handshake->is_body && !$before);
        $stream->flush;
    }
    my $frame = $handshake->build_frame;
    $frame->append($buffer);
    while (1) {
        while (defined(my $bytes = $frame->next_bytes)) {
            if ($frame->is_close) {
                print {$stream} $handshake->build_frame(type => 'close', buffer => $bytes)->to_bytes;
                return;
            }
            print {$stream} $handshake->build_frame(buffer => $bytes)->to_bytes;
        }
        $stream->flush;
        $stream->sysread(my $more, 65536) or return;
        $frame->append($more);
    }
}

sub talk {
    my $stream = IO::Socket::INET->new(PeerAddr => $address) or die $!;
    my $handshake = Protocol::WebSocket::Handshake::Client->new(url => "ws://$address/demo", version => $VERSIONS{$wire});
    print {$stream} $handshake->to_string;
    $stream->flush;
    my $buffer = '';
    until ($handshake->is_done) {
        $stream->sysread($buffer, 65536, length $buffer) or return print "the server has closed\n";
        $handshake->parse($buffer) or return print $handshake->error, "\n";
    }
    my $frame = $handshake->build_frame;
    $frame->append($buffer);
    for my $text (map { encode('UTF-8', $_) } @TEXTS) {
        print {$stream} $handshake->build_frame(buffer => $text)->to_bytes;
        $stream->flush;
        my $echo;
        until (defined($echo = $frame->next_bytes)) {
            $stream->sysread(my $more, 65536) or return print "the server has closed\n";
            $frame->append($more);
        }
        $echo eq $text or return print length($echo), " bytes came back otherwise\n";
    }
    if ($wire != 75) {
        print {$stream} $handshake->build_frame(type => 'close')->to_bytes;
        $stream->flush;
        until (defined $frame->next_bytes) {
            $stream->sysread(my $more, 65536) or return print "the server has closed\n";
            $frame->append($more);
        }
        $frame->is_close or return print "the server has not answered the close frame\n";
    }
    print "ok\n";
}
