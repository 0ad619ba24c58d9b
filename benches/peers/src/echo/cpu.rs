use std::fs;
use std::io;
use std::time::Duration;

/// A core of the processor, so that servers and clients do not take turns on one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Core {
    Server,
    Clients,
}

impl Core {
    /// Keeps this thread, and those which it starts, on the core, where that is possible.
    pub(crate) fn pin(self) {
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        if let [server, clients, ..] = cores[..] {
            core_affinity::set_for_current(match self {
                Self::Server => server,
                Self::Clients => clients,
            });
        }
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
