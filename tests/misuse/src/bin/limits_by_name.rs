//! There may be more limits one day.
use sansocket::Limits;

fn main() {
    let _ = Limits { message: 1000, ..Limits::default() }; //~ E0639
}
