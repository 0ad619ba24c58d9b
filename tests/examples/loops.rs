//! The examples of loops: each serves an echo to all comers, from a process of its own.

use std::process::Command;

use crate::{echo, program};

fn example(name: &str) -> Command {
    Command::new(program::build(name, &[]))
}

/// Each of the two processes may have as many descriptors as `ulimit -n` says.
#[test]
#[cfg(target_os = "linux")]
fn mio_echo_serves_thousands_at_once() {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let most = line.split_whitespace().next().unwrap().parse().unwrap_or(usize::MAX);
    let example = echo::Example::start(&mut example("mio_echo"));
    echo::it_serves_many_at_once(example.address, 10_000.min(most / 2));
}

#[test]
fn mio_echo_serves_all_comers() {
    let example = echo::Example::start(&mut example("mio_echo"));
    assert_eq!(example.said, "echo by mio, ");
    example.try_out(true);
}

#[test]
fn two_threads_serve_all_comers() {
    let example = echo::Example::start(&mut example("two_threads"));
    assert_eq!(example.said, "echo by two threads, ");
    example.try_out(true);
}

#[test]
#[cfg(target_os = "linux")]
fn million_counts_less_than_400_bytes_for_a_connection() {
    let output = example("million").arg("1000").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("pinged 1000 in "), "{said}");
    let bytes = said.lines().find_map(|line| line.strip_prefix("server's end")).unwrap();
    let allocated: usize = bytes.split_whitespace().next().unwrap().parse().unwrap();
    assert!((1..400).contains(&allocated), "{said}");
}
