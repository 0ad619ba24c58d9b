#!/usr/bin/env ruby
# ruby-websocket: `ruby.rb server`, or `ruby.rb client ADDRESS WIRE`.
require 'socket'
require 'websocket'

$stdout.sync = true
WebSocket.max_frame_size = 100_000
TEXTS = ['Hello', 'grüße €😀', 'a' * 125, 'b' * 1000, 'c' * 60_000].freeze

def serve
  listener = TCPServer.new('127.0.0.1', 0)
  puts "listening on #{listener.addr[1]}"
  loop do
    stream = listener.accept
    begin
      echo(stream)
    rescue EOFError, Errno::ECONNRESET
      # The client has left.
    ensure
      stream.close
    end
  end
end

def echo(stream)
  handshake = WebSocket::Handshake::Server.new
  handshake << stream.readpartial(65_536) until handshake.finished?
  raise handshake.error.to_s unless handshake.valid?

  stream.write(handshake.to_s)
  frames = WebSocket::Frame::Incoming::Server.new(version: handshake.version)
  # With draft 76, these are the third key.
  frames << handshake.leftovers if handshake.leftovers && handshake.version > 3 && handshake.version != 76
  loop do
    while (frame = frames.next)
      type = frame.type == :close ? :close : :text
      stream.write(WebSocket::Frame::Outgoing::Server.new(version: handshake.version, data: frame.to_s, type: type).to_s)
      return if type == :close
    end
    frames << stream.readpartial(65_536)
  end
end

def talk(address, wire)
  # The module strips the answer to its keys that it expects. With this seed, there is nothing to strip.
  srand(6455)
  host, port = address.split(':')
  stream = TCPSocket.new(host, port.to_i)
  handshake = WebSocket::Handshake::Client.new(url: "ws://#{address}/demo", version: wire, origin: "http://#{address}")
  stream.write(handshake.to_s)
  # It takes the response in one piece only.
  response = stream.readpartial(65_536)
  response << stream.readpartial(65_536) until response.include?("\r\n\r\n") && (wire != 76 || response.split("\r\n\r\n", 2)[1].bytesize >= 16)
  handshake << response
  return "not finished: #{handshake.error}" unless handshake.finished?
  return "not valid: #{handshake.error}" unless handshake.valid?

  frames = WebSocket::Frame::Incoming::Client.new(version: handshake.version)
  TEXTS.each do |text|
    stream.write(WebSocket::Frame::Outgoing::Client.new(version: handshake.version, data: text, type: :text).to_s)
    frames << stream.readpartial(65_536) until (frame = frames.next)
    return "#{frame.to_s.bytesize} bytes came back otherwise" unless frame.to_s.b == text.b
  end
  if wire != 75
    stream.write(WebSocket::Frame::Outgoing::Client.new(version: handshake.version, type: :close).to_s)
    frames << stream.readpartial(65_536) until (frame = frames.next)
    return 'the server has not answered the close frame' unless frame.type == :close
  end
  'ok'
rescue EOFError
  'the server has closed'
end

case ARGV[0]
when 'server' then serve
else puts talk(ARGV[1], ARGV[2].to_i)
end
