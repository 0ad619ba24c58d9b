//! Nothing can be done to the receiver while an event is held, such as to end it.
use sansocket::{Connection, Input, Limits};

fn main() {
    let Connection { mut receiver, mut sender } = Connection::server(Limits::default());
    let mut input = Input::new([0; 1024]);
    let event = receiver.next_event(&mut input, &mut sender);
    receiver.receive_eof(&mut sender); //~ E0499
    drop(event);
}
