//! Who has split a connection has its halves only.
use sansocket::{Connection, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    let halves = connection.split();
    let _ = connection.send("text"); //~ E0382
    drop(halves);
}
