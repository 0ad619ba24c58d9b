//! A number may be no close code.
use sansocket::{Connection, Limits};

fn main() {
    let mut connection = Connection::server(Limits::default());
    let _ = connection.sender.close(1006, ""); //~ E0277
}
