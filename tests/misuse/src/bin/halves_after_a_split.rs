//! Who has taken a connection apart has no connection any more.
use sansocket::{Connection, Limits};

fn main() {
    let connection = Connection::server(Limits::default());
    let Connection { receiver, sender } = connection;
    drop((receiver, sender));
    drop(connection); //~ E0382
}
