//! A handshake that goes on has to be kept.
#![deny(unused_must_use)]
use sansocket::server::{Handshake, Policy};
use sansocket::{HandshakeError, Input};

fn main() -> Result<(), HandshakeError> {
    let mut input = Input::new([0; 1024]);
    Handshake::new().receive(&mut input, &Policy::default())?; //~ must be used
    Ok(())
}
