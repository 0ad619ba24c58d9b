//! A number may be no close code.
use sansocket::{Connection, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    let _ = connection.close(1006, ""); //~ E0277
}
