//! The example of an echo server, by each of the adapters, from a process of its own.

use std::process::Command;

use crate::echo::Example;
use crate::program;

fn serve(runtime: &str) {
    let features: &[&str] = if cfg!(feature = "tokio") { &["--all-features"] } else { &[] };
    let mut command = Command::new(program::build("echo_server", features));
    let example = Example::start(command.args(["--runtime", runtime, "--listen"]));
    assert_eq!(example.said, "");
    example.try_out(false);
}

#[test]
fn echo_server_serves_all_comers() {
    serve("blocking");
}

#[test]
#[cfg(feature = "tokio")]
fn echo_server_serves_all_comers_by_tokio() {
    serve("tokio");
}

#[test]
#[cfg(feature = "smol")]
fn echo_server_serves_all_comers_by_smol() {
    serve("smol");
}
