//! Puts sansocket under loads: see `README.md`.

#[path = "../../idle/src/allocator.rs"]
mod allocator;
mod bare;
mod both_ways;
mod ends;
mod flood;
mod process;

use std::env;
use std::error::Error;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// The name of a load, and what runs it.
type Load = (&'static str, fn() -> Outcome);

fn main() -> Outcome {
    let name = env::args().nth(1);
    let loads: [Load; 3] =
        [("both_ways", both_ways::run), ("ends", ends::run), ("flood", flood::run)];
    for (_, run) in
        loads.iter().filter(|(load, _)| name.as_deref().is_none_or(|name| name == *load))
    {
        run()?;
    }
    Ok(())
}
