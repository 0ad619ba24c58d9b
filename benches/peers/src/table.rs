//! The results as text.

use crate::peers;
use crate::results::{Line, Results, is_peer};

/// Prints all results: ours beside the best, then everybody's.
pub(crate) fn print(results: &Results) {
    println!(
        "{:<34} {:>12} {:>10} {:>10} {:<18} {:>7} {:>7}",
        "row", "unit", "sansocket", "best peer", "", "/ best", "/ floor"
    );
    for line in &results.lines {
        print_summary(line);
    }
    println!();
    let mut names: Vec<&str> = peers::all().iter().map(|peer| peer.name()).collect();
    let cells = || results.lines.iter().flat_map(|line| &line.cells);
    names.retain(|name| cells().any(|(known, _)| known == name));
    for (name, _) in cells() {
        if !names.contains(&&**name) {
            names.push(name);
        }
    }
    print_all(results, &names);
}

fn print_summary(line: &Line) {
    let (name, best) = line.best_peer().map_or(("", None), |(name, best)| (name, Some(*best)));
    let ratio = |to: Option<f64>| {
        let ratio = line.ours().zip(to).map(|(ours, to)| ours / to);
        ratio
            .filter(|ratio| ratio.is_finite())
            .map_or(String::from("-"), |ratio| format!("{ratio:.2}"))
    };
    println!(
        "{:<34} {:>12} {:>10} {:>10} {:<18} {:>7} {:>7}",
        line.row,
        line.unit.name(),
        number(line.ours()),
        number(best),
        name,
        ratio(best),
        ratio(line.value("floor")),
    );
}

fn print_all(results: &Results, names: &[&str]) {
    print!("{:<34}", "row");
    for name in names {
        print!(" {:>width$}", short(name), width = WIDTH);
    }
    println!();
    for line in &results.lines {
        print!("{:<34}", line.row);
        for name in names {
            print!(" {:>width$}", number(line.value(name)), width = WIDTH);
        }
        println!();
    }
}

fn short(name: &str) -> &str {
    match is_peer(name) {
        true => &name[..name.len().min(WIDTH)],
        false => name.strip_prefix("sansocket-").unwrap_or(name),
    }
}

const WIDTH: usize = 11;

fn number(value: Option<f64>) -> String {
    match value {
        None => String::from("-"),
        Some(value @ 0.0..10.0) => format!("{value:.2}"),
        Some(value @ 10.0..100.0) => format!("{value:.1}"),
        Some(value) => format!("{value:.0}"),
    }
}
