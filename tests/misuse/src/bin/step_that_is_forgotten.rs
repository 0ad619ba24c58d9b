//! The next step has to be done.
#![deny(unused_must_use)]
use sansocket::{Connection, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    connection.next_step(); //~ must be used
}
