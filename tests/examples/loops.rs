//! The examples of loops: each serves an echo to all comers, from a process of its own.

use std::process::Command;

use crate::echo;

/// Builds an example, as `cargo test --test examples` alone does not.
fn example(name: &str) -> Command {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--example", name]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success());
    let mut path = std::env::current_exe().unwrap();
    assert!(path.pop() && path.pop());
    Command::new(path.join("examples").join(name))
}

/// `cargo test --release --test examples -- --ignored --nocapture`: this process and that of the example
/// take as many descriptors, so `ulimit -n` must be a little more.
#[test]
#[ignore = "takes 10,000 descriptors in each of two processes"]
fn mio_echo_serves_ten_thousand_at_once() {
    let example = echo::Example::start(&mut example("mio_echo"));
    let start = std::time::Instant::now();
    echo::it_serves_many_at_once(example.address, 10_000);
    println!("{:?}", start.elapsed());
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
