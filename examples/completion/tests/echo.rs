//! Each loop serves an echo to all comers, on whatever it can run.

#[path = "../../../tests/examples/echo.rs"]
mod echo;

use std::process::Command;

use echo::Example;

#[test]
fn completion_echo_serves_all_comers() {
    let example = Example::start(&mut Command::new(env!("CARGO_BIN_EXE_completion_echo")));
    println!("{}", example.said);
    example.try_out(true);
}

#[test]
fn completion_echo_does_so_by_threads() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_completion_echo"));
    let example = Example::start(command.arg("--threads"));
    assert_eq!(example.said, "echo by threads, ");
    example.try_out(true);
}

#[test]
fn compio_echo_serves_all_comers() {
    let example = Example::start(&mut Command::new(env!("CARGO_BIN_EXE_compio_echo")));
    println!("{}", example.said);
    example.try_out(true);
}
