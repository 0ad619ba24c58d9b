//! Builds the examples, as `cargo test --test examples` alone does not.

use std::path::PathBuf;
use std::process::Command;

/// Builds an example, and returns where it is.
pub(crate) fn build(name: &str, options: &[&str]) -> PathBuf {
    let mut build = Command::new(env!("CARGO"));
    // From the root, whose packages have all examples.
    build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    build.args(["build", "--quiet", "--example", name]).args(options);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    assert!(build.status().unwrap().success());
    let mut path = std::env::current_exe().unwrap();
    assert!(path.pop() && path.pop());
    path.join("examples").join(name)
}
