//! Text is UTF-8 by its type.
use sansocket::{Connection, Limits, Message};

fn main() {
    let mut connection = Connection::server(Limits::default());
    let _ = connection.sender.send(Message::Text(b"bytes"), &mut Vec::new()); //~ E0308
}
