//! Measures the cost of compression: see `README.md`.

#[path = "../../idle/src/allocator.rs"]
mod allocator;
mod echo;
mod library;
mod load;
mod memory;
mod mode;
mod servers;
mod setup;
mod tape;
mod time;

use std::env;
use std::error::Error;

use library::Library;
use memory::State;
use mode::Mode;
use tokio::runtime;

const SIZES: [usize; 2] = [1 << 10, 64 << 10];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["serve", library, mode] => {
            let library = Library::parse(library).ok_or("no such library")?;
            let mode = Mode::parse(mode).ok_or("no such mode")?;
            let mut builder = runtime::Builder::new_multi_thread();
            let runtime = builder.worker_threads(2).enable_all().build()?;
            let outcome = runtime.block_on(servers::serve(library, mode));
            Ok(outcome.map_err(|error| error.to_string())?)
        }
        [] => {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            print_resident()?;
            print_heap(&runtime);
            print_times(&runtime);
            print_echoes()
        }
        ["heap"] => {
            print_heap(&runtime::Builder::new_current_thread().enable_all().build()?);
            Ok(())
        }
        ["times"] => {
            print_times(&runtime::Builder::new_current_thread().enable_all().build()?);
            Ok(())
        }
        ["resident"] => print_resident(),
        ["echoes"] => print_echoes(),
        _ => Err("usage: compression [heap | times | resident | echoes]".into()),
    }
}

fn print_resident() -> Result<(), Box<dyn Error>> {
    print_head("resident bytes per connection", &Library::ALL);
    for mode in Mode::ALL {
        let mut cells = Vec::new();
        for library in Library::ALL {
            cells.push(group(echo::resident(library, mode)?));
        }
        print_row(mode.label(), &cells);
    }
    Ok(())
}

fn print_heap(runtime: &runtime::Runtime) {
    print_head("heap bytes per connection", &Library::RUST);
    for state in State::ALL {
        for mode in Mode::ALL {
            if state != State::Waiting && mode == Mode::None {
                continue;
            }
            let cell = |library| group(runtime.block_on(memory::heap(library, mode, state)));
            let cells: Vec<_> = Library::RUST.into_iter().map(cell).collect();
            print_row(&format!("{}, {}", state.label(), mode.label()), &cells);
        }
    }
}

fn print_times(runtime: &runtime::Runtime) {
    print_head("ns per JSON message", &Library::RUST);
    for size in SIZES {
        for mode in Mode::ALL {
            let measure = |library| runtime.block_on(time::measure(library, mode, size));
            let times = Library::RUST.map(measure);
            for (at, verb) in ["sent", "received"].into_iter().enumerate() {
                let cells = times.map(|times| group(times[at] as usize));
                print_row(&format!("{} KiB {verb}, {}", size >> 10, mode.label()), &cells);
            }
        }
    }
}

fn print_echoes() -> Result<(), Box<dyn Error>> {
    print_head("CPU ns of the server per echo (size)", &Library::ALL);
    for size in SIZES {
        for mode in Mode::ALL {
            let mut cells = Vec::new();
            for library in Library::ALL {
                let (time, ratio) = echo::time(library, mode, size)?;
                cells.push(format!("{} ({:.0} %)", group(time as usize), ratio * 100.));
            }
            print_row(&format!("{} KiB, {}", size >> 10, mode.label()), &cells);
        }
    }
    Ok(())
}

fn print_head(title: &str, libraries: &[Library]) {
    let cells: Vec<_> = libraries.iter().map(|library| library.name().to_owned()).collect();
    println!();
    print_row(title, &cells);
    println!("|---|{}", "---:|".repeat(cells.len()));
}

fn print_row(label: &str, cells: &[String]) {
    print!("| {label} |");
    for cell in cells {
        print!(" {cell} |");
    }
    println!();
}

/// Returns the digits of a number in groups of three, with commas between them.
fn group(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
