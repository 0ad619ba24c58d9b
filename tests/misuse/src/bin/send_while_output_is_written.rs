//! Output is written from where it lies, so that nothing is queued meanwhile.
use sansocket::{Connection, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    let bytes = connection.transmit();
    let _ = connection.send("text"); //~ E0499
    drop(bytes.to_vec());
}
