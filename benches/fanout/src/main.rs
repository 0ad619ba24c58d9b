//! Measures what one message to many connections costs each of them: see `README.md`.

mod members;
mod rows;
mod wire;

use std::env;
use std::error::Error;
use std::time::Duration;

use counting_allocator::measure;
use rows::{Row, Took, rows};
use rustix::time::{ClockId, clock_gettime};

/// How often each row is measured. The rows take turns, so that what else the machine does meets all of them.
const TURNS: usize = 15;

/// The turns in which queues and windows fill up. They are not measured.
const WARM_UP: usize = 5;

/// How many messages a row sends in a turn. The time of a turn is their mean, so that it has its share of the work
/// that some messages need and others do not.
const MESSAGES: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    let counts =
        arguments.next().map_or(Ok(vec![1000, 10_000]), |it| it.parse().map(|it| vec![it]))?;
    let lens = arguments.next().map_or(Ok(vec![200, 1024]), |it| it.parse().map(|it| vec![it]))?;
    println!("{HEAD}");
    for count in counts {
        for &len in &lens {
            run(count, len, &wanted)?;
        }
    }
    Ok(())
}

/// Measures the rows whose name contains `wanted`.
fn run(count: usize, len: usize, wanted: &str) -> Result<(), Box<dyn Error>> {
    let mut rows = rows(count, wanted);
    for turn in 0..TURNS {
        for row in &mut rows {
            let took = row.take_turn(turn * MESSAGES, len)?;
            if turn >= WARM_UP {
                row.count(took);
            }
        }
    }
    for row in &rows {
        row.print(count, len);
    }
    Ok(())
}

impl Row {
    fn take_turn(&mut self, first: usize, len: usize) -> Result<Took, Box<dyn Error>> {
        let mut took = Took::default();
        wire::take();
        for number in first..first + MESSAGES {
            self.send(&json(number, len), &mut took)?;
        }
        took.written = wire::take();
        Ok(took)
    }

    /// Sends a text to all members, and has them write it.
    fn send(&mut self, text: &str, took: &mut Took) -> Result<(), Box<dyn Error>> {
        let start = cpu_time();
        let (outcome, of_queue) = measure(|| self.members.broadcast(text));
        outcome?;
        took.queued += cpu_time() - start;
        let (outcome, of_writing) = measure(|| self.members.write());
        outcome?;
        took.sent += cpu_time() - start;
        took.allocated += of_queue.bytes + of_writing.bytes;
        Ok(())
    }

    /// Keeps the least times.
    fn count(&mut self, took: Took) {
        let queued = self.took.queued.min(took.queued);
        self.took = Took { queued, sent: self.took.sent.min(took.sent), ..took };
    }

    fn print(&self, count: usize, len: usize) {
        let (name, sends) = (self.name, (MESSAGES * self.members.count()) as f64);
        let each = |time: Duration| time.as_nanos() as f64 / sends;
        let queued = match self.has_queue {
            true => format!("{:.1}", each(self.took.queued)),
            false => String::from("-"),
        };
        let (sent, wire) = (each(self.took.sent), self.took.written as f64 / sends);
        let allocated = self.took.allocated as f64 / sends;
        println!(
            "{count:7}  {len:5}  {name:<36} {queued:>9} {sent:9.1}  {wire:4.0}  {allocated:9.1}"
        );
    }
}

/// Returns the time that this thread has run.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
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

const HEAD: &str = "\
                                                        CPU ns for each       bytes for each
members  bytes  row                                     queued      sent  wire  allocated";
