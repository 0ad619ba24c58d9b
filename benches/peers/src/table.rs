//! The results as text.

use crate::peers;
use crate::results::{CORE, Line, Results, is_peer};

/// Prints all results: ours beside the best, our adapter beside the best, then everybody's.
pub(crate) fn print(results: &Results) {
    let Results { machine, date, kernel, .. } = results;
    println!("{machine}, {date}");
    println!(
        "Of the times in ns, each read is {:.0} and each write {:.0}: what the kernel takes with one byte by a pair \
         of Unix sockets. \"own\" is without.\n",
        kernel.read, kernel.write
    );
    println!(
        "{:<34} {:>12} {:>10} {:>10} {:<18} {:>7} {:>7} {:>7}",
        "row", "unit", "sansocket", "best peer", "", "/ best", "own", "/ floor"
    );
    results.lines.iter().for_each(print_summary);
    println!(
        "\n{:<34} {:>12} {:>10} {:>10} {:<18} {:>7} {:>7}",
        "adapters", "unit", "tokio", "best peer", "", "/ best", "/ core"
    );
    results.lines.iter().for_each(print_adapters);
    println!();
    print_all(results, &names(results));
}

/// Everybody who has a value.
fn names(results: &Results) -> Vec<&str> {
    let mut names: Vec<&str> = peers::all().iter().map(|peer| peer.name()).collect();
    let cells = || results.lines.iter().flat_map(|line| &line.cells);
    names.retain(|name| cells().any(|(known, _)| known == name));
    for (name, _) in cells() {
        if !names.contains(&&**name) {
            names.push(name);
        }
    }
    names
}

fn print_summary(line: &Line) {
    let (name, best) = best(line);
    let own = line.without_calls();
    let own = own.as_ref().and_then(|own| own.ratio(best_value(own)));
    println!(
        "{:<34} {:>12} {:>10} {:>10} {:<18} {:>7} {:>7} {:>7}",
        line.row,
        line.unit.name(),
        number(line.ours()),
        number(best),
        name,
        ratio(line.ratio(best)),
        ratio(own),
        ratio(line.ratio(line.value("floor"))),
    );
}

fn print_adapters(line: &Line) {
    let Some(adapters) = line.adapters() else { return };
    let (name, best) = best(&adapters);
    println!(
        "{:<34} {:>12} {:>10} {:>10} {:<18} {:>7} {:>7}",
        line.row,
        line.unit.name(),
        number(adapters.ours()),
        number(best),
        name,
        ratio(adapters.ratio(best)),
        ratio(adapters.ratio(line.value(CORE))),
    );
}

fn best(line: &Line) -> (&str, Option<f64>) {
    line.best_peer().map_or(("", None), |(name, best)| (name, Some(*best)))
}

fn best_value(line: &Line) -> Option<f64> {
    best(line).1
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or(String::from("-"), |ratio| format!("{ratio:.2}"))
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

fn short(name: &str) -> String {
    match name.strip_suffix("-fed") {
        Some(name) => format!("{:.7}-fed", name),
        None if is_peer(name) => format!("{name:.WIDTH$}"),
        None => name.strip_prefix("sansocket-").unwrap_or(name).to_owned(),
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
