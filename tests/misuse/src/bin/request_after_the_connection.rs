//! A request belongs to its connection, which decides on it.
use sansocket::{Connection, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    let request = connection.request();
    connection.accept(); //~ E0499
    drop(request);
}
