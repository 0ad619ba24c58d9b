//! A frame is written from where its payload lies, which cannot change before.
use sansocket::{Connection, Kind, Limits};

fn main() {
    let mut connection = Connection::server(Limits::default());
    let mut payload = [0; 10];
    let frame = connection.sender.frame(Kind::Binary, &mut payload);
    payload[0] = 1; //~ E0506
    drop(frame);
}
