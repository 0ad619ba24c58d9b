//! While an event is held, messages go to the sender that came with it.
use std::net::TcpStream;

use sansocket::Error;
use sansocket::blocking::WebSocket;

fn look(socket: &mut WebSocket<TcpStream>) -> Result<(), Error> {
    if let Some((event, _)) = socket.next_event()? {
        socket.send("text")?; //~ E0499
        drop(event);
    }
    Ok(())
}

fn main() {
    let _ = look;
}
