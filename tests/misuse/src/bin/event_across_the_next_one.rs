//! An event may lie in the receiver, of which there can be one at a time: even from another input.
use sansocket::{Connection, Input, Limits};

fn main() {
    let Connection { mut receiver, mut sender } = Connection::server(Limits::default());
    let mut input = Input::new([0; 1024]);
    let mut other = Input::new([0; 1024]);
    let event = receiver.next_event(&mut input, &mut sender);
    let _ = receiver.next_event(&mut other, &mut sender); //~ E0499
    drop(event);
}
