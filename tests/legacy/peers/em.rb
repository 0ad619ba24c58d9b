#!/usr/bin/env ruby
# ruby-em-websocket, which has servers only: `em.rb server`.
require 'em-websocket'

$stdout.sync = true
EM.run do
  server = EM.start_server('127.0.0.1', 0, EM::WebSocket::Connection, {}) do |socket|
    socket.onmessage { |text| socket.send(text) }
    socket.onerror { |error| warn error.message }
  end
  puts "listening on #{Socket.unpack_sockaddr_in(EM.get_sockname(server))[0]}"
end
