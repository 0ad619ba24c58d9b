//! With an adapter, too, there is one event at a time.
use std::net::TcpStream;

use sansocket::blocking::WebSocket;

fn look(socket: &mut WebSocket<TcpStream>) {
    let event = socket.next_event();
    let _ = socket.next_event(); //~ E0499
    drop(event);
}

fn main() {
    let _ = look;
}
