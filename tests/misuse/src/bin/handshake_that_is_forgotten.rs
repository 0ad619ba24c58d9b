//! A handshake that goes on has to be kept.
#![deny(unused_must_use)]
use sansocket::Input;
use sansocket::server::{Handshake, Policy, RequestError};

fn main() -> Result<(), RequestError> {
    let mut input = Input::new([0; 1024]);
    Handshake::new().receive(&mut input, &Policy::default())?; //~ must be used
    Ok(())
}
