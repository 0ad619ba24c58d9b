//! An event lies in the input, into which nothing can be read while it is held.
use sansocket::{Connection, Input, Limits};

fn main() {
    let Connection { mut receiver, mut sender } = Connection::server(Limits::default());
    let mut input = Input::new([0; 1024]);
    let event = receiver.next_event(&mut input, &mut sender);
    input.spare().fill(1); //~ E0499
    drop(event);
}
