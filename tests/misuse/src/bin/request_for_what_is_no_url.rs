//! A text may be no URL.
use sansocket::client::Request;

fn main() {
    let _ = Request::new("ws://example.com"); //~ E0308
}
