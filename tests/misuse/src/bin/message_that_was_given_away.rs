//! A message that was given away is not there any more, so that it need not be copied.
use sansocket::{Connection, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    let message = vec![0; 1 << 20];
    let _ = connection.send(message);
    drop(message); //~ E0382
}
