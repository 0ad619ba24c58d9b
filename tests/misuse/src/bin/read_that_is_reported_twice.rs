//! The guard of a read takes one report.
use sansocket::{Connection, Input, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    let mut input = Input::new([0; 1024]);
    let spare = connection.spare(&mut input);
    spare.filled(1, Timestamp::default());
    spare.filled(1, Timestamp::default()); //~ E0382
}
