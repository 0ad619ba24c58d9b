//! An event lies in the input, which has to stay while it is held.
use sansocket::{Connection, Input, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    let mut input = Input::new([0; 1024]);
    let event = connection.next_event(&mut input);
    drop(input); //~ E0505
    drop(event);
}
