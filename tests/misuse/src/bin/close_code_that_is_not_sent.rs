//! A code that must not stand in a close frame cannot be made.
use sansocket::CloseCode;

fn main() {
    let _ = CloseCode(1006); //~ E0423
}
