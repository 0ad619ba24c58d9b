//! There may be more settings one day.
use sansocket::Config;

fn main() {
    let _ = Config { max_queued: 1000, ..Config::new() }; //~ E0639
}
