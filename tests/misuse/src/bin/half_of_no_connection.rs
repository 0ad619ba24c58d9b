//! No half is made without the other.
use sansocket::{Limits, Receiver, Role};

fn main() {
    let _ = Receiver::new(Role::Server, Limits::default(), None); //~ E0624
}
