//! Measures what one message to many connections costs each of them: see `README.md`.

mod members;

use std::error::Error;
use std::time::{Duration, Instant};

use counting_allocator::measure;
use members::{Contexts, Members, Plain, Tungstenite};

/// How often each row is measured. The rows take turns, so that what else the machine does meets all of them.
const ROUNDS: usize = 15;

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "members  bytes  row                                    ns each  ratio  allocated each"
    );
    for count in [1000, 10_000] {
        for len in [200, 1024] {
            run(count, len)?;
        }
    }
    Ok(())
}

fn run(count: usize, len: usize) -> Result<(), Box<dyn Error>> {
    let mut rows: Vec<(&str, Box<dyn Members>)> = vec![
        ("prepared", Box::new(Plain::new(count, true))),
        ("send for each", Box::new(Plain::new(count, false))),
        ("tungstenite, shared payload", Box::new(Tungstenite::new(count))),
        ("prepared, compressed, kept contexts", Box::new(Contexts::new(count, true))),
        // Each has a compressor of 350 KiB, so there are fewer.
        ("send for each, compressed, kept contexts", Box::new(Contexts::new(count / 10, false))),
    ];
    let mut best = vec![(Duration::MAX, 0); rows.len()];
    for round in 0..ROUNDS {
        for ((_, members), best) in rows.iter_mut().zip(&mut best) {
            let text = json(round, len);
            let start = Instant::now();
            let (outcome, usage) = measure(|| members.broadcast(&text));
            let took = start.elapsed();
            outcome?;
            members.write();
            // The first rounds make the queues.
            if round > 2 {
                *best = (best.0.min(took), usage.bytes);
            }
        }
    }
    let each = |at: usize| best[at].0.as_nanos() as f64 / rows[at].1.count() as f64;
    for (at, (name, members)) in rows.iter().enumerate() {
        let (ns, allocated) = (each(at), best[at].1 as f64 / members.count() as f64);
        let ratio = ns / each(0);
        println!("{count:7}  {len:5}  {name:<40} {ns:7.1}  {ratio:5.1}  {allocated:14.1}");
    }
    Ok(())
}

/// A text as an application sends it: like the one before, but for some numbers.
fn json(round: usize, len: usize) -> String {
    let mut text = format!(r#"{{"round":{round},"scores":["#);
    let mut number = 7 + round;
    while text.len() < len - 40 {
        number = number * 1_103_515_245 % 65_521;
        text.push_str(&format!(r#"{{"player":{number},"score":{}}},"#, number % 100));
    }
    text.push_str("null]}");
    text.push_str(&" ".repeat(len - text.len()));
    text
}
