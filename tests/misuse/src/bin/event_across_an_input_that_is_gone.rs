//! An event lies in the input, which has to stay while it is held.
use sansocket::{Connection, Input, Limits};

fn main() {
    let Connection { mut receiver, mut sender } = Connection::server(Limits::default());
    let mut input = Input::new([0; 1024]);
    let event = receiver.next_event(&mut input, &mut sender);
    drop(input); //~ E0505
    drop(event);
}
