//! A handshake is used up by what comes of it.
use sansocket::Input;
use sansocket::server::{Handshake, Policy};

fn main() {
    let mut input = Input::new([0; 1024]);
    let handshake = Handshake::new();
    let _ = handshake.receive(&mut input, &Policy::default());
    let _ = handshake.receive(&mut input, &Policy::default()); //~ E0382
}
