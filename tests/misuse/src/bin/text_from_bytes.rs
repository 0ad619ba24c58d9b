//! Text is UTF-8 by its type.
use sansocket::{Connection, Message, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    let _ = connection.send(Message::Text(b"bytes")); //~ E0308
}
