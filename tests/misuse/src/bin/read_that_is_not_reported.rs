//! What was read has to be reported.
#![deny(unused_must_use)]
use sansocket::{Connection, Input, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    let mut input = Input::new([0; 1024]);
    connection.spare(&mut input); //~ must be used
}
