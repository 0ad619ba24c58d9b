//! Measures the memory of an idle connection: see `README.md`.

mod allocator;
mod client;
mod servers;

use std::env;
use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{self, Runtime};

const LIBRARIES: [&str; 4] =
    ["sansocket", "sansocket split", "tokio-tungstenite", "fastwebsockets"];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let number = |at: usize, default| {
        arguments.get(at).map_or(Ok(default), |argument| argument.parse::<usize>())
    };
    let (count, size) = (number(0, 9000)?, number(1, 100)?);
    if let Some(library) = arguments.get(2) {
        return measure(library, count, size);
    }
    println!("{count} connections, each after one echoed message of {size} bytes");
    println!("{:<18} {:>10} {:>10} {:>10}", "", "resident", "heap", "CPU");
    for library in LIBRARIES {
        let arguments = [&count.to_string(), &size.to_string(), library];
        let status = Command::new(env::current_exe()?).args(arguments).status()?;
        if !status.success() {
            return Err(format!("{library} failed").into());
        }
    }
    Ok(())
}

/// Opens `count` connections to a server in this process, and prints the memory per connection.
fn measure(library: &str, count: usize, size: usize) -> Result<(), Box<dyn Error>> {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let address = listen(&runtime, library)?;
    // The first connection makes the allocations that all connections share.
    let _first = client::open(address, size)?;
    let mut clients = Vec::with_capacity(count);
    let before = (resident()?, allocator::held());
    for _ in 0..count {
        clients.push(client::open(address, size)?);
    }
    thread::sleep(Duration::from_millis(500));
    let per_connection = |after: usize, before: usize| after.saturating_sub(before) / count;
    let resident = per_connection(resident()?, before.0);
    let heap = per_connection(allocator::held(), before.1);
    let before = cpu_time()?;
    thread::sleep(Duration::from_secs(5));
    let cpu = cpu_time()? - before;
    println!("{library:<18} {resident:>10} {heap:>10} {cpu:>10?}");
    std::process::exit(0)
}

/// Starts the server of a library, and returns its address.
fn listen(runtime: &Runtime, library: &str) -> Result<SocketAddr, Box<dyn Error>> {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    match library {
        "sansocket" => runtime.spawn(servers::serve(listener, servers::sansocket)),
        "sansocket split" => runtime.spawn(servers::serve(listener, servers::sansocket_split)),
        "tokio-tungstenite" => runtime.spawn(servers::serve(listener, servers::tungstenite)),
        "fastwebsockets" => runtime.spawn(servers::serve(listener, servers::fastwebsockets)),
        _ => return Err(format!("no such library: {library}").into()),
    };
    Ok(address)
}

/// Returns the resident memory of this process, in bytes.
fn resident() -> Result<usize, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: usize =
        line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?.parse()?;
    Ok(kilobytes << 10)
}

/// How much CPU time this process has taken.
fn cpu_time() -> Result<Duration, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name of the process may have spaces in it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(10 * ticks))
}
