use std::fs;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use core_affinity::CoreId;

/// A core of the processor, so that servers and clients do not take turns on one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Core {
    Server,
    Clients,
}

impl Core {
    /// Returns its number, unless there is only one.
    ///
    /// A thread that is pinned sees no other core, nor do the processes that it starts. So cores are counted before.
    pub(crate) fn number(self) -> Option<usize> {
        static CORES: OnceLock<Vec<CoreId>> = OnceLock::new();
        let cores = CORES.get_or_init(|| core_affinity::get_core_ids().unwrap_or_default());
        let [server, clients, ..] = cores[..] else { return None };
        Some(match self {
            Self::Server => server.id,
            Self::Clients => clients.id,
        })
    }
}

/// Keeps this thread, and what it starts, on the core of this number.
pub(crate) fn pin(number: Option<usize>) -> Result<(), &'static str> {
    let Some(id) = number else { return Ok(()) };
    match core_affinity::set_for_current(CoreId { id }) {
        true => Ok(()),
        false => Err("a thread cannot be kept on a core"),
    }
}

/// How long a process has run, all threads together, as Linux tells.
pub(super) fn used_by(process: u32) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let times = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += times.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(nanoseconds))
}
