//! There is one event at a time, as the next one may lie where this one lies.
use sansocket::{Connection, Input, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    let mut input = Input::new([0; 1024]);
    let one = connection.next_event(&mut input);
    let two = connection.next_event(&mut input); //~ E0499
    drop((one, two));
}
