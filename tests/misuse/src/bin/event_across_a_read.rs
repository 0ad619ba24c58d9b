//! An event lies in the input, into which nothing can be read while it is held.
use sansocket::{Connection, Input, Timestamp};

fn main() {
    let mut connection = Connection::server(Default::default(), Timestamp::default());
    let mut input = Input::new([0; 1024]);
    let event = connection.next_event(&mut input);
    connection.spare(&mut input).filled(1, Timestamp::default()); //~ E0499
    drop(event);
}
