//! A configuration that is shared never changes.
use sansocket::Config;

fn main() {
    let config = Config::new().shared();
    config.max_queued = 1000; //~ E0594
}
