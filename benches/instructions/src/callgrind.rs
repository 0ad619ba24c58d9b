use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::table::Table;
use crate::works::{self, Work};

/// Runs all work once under callgrind, which writes a file for each row.
pub(crate) fn count() -> Result<Table, Box<dyn Error>> {
    let directory = env::temp_dir().join(format!("sansocket-instructions-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let outcome = run(&directory).and_then(|()| read(&directory));
    fs::remove_dir_all(&directory)?;
    outcome
}

fn run(directory: &Path) -> Result<(), Box<dyn Error>> {
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--toggle-collect=counted", "--dump-after=counted"])
        .arg(format!("--callgrind-out-file={}/counts", directory.display()))
        .arg(env::current_exe()?)
        .arg("run")
        // What lies on the stack before `main` moves everything else.
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("GLIBC_TUNABLES", TUNABLES)
        .status()
        .map_err(|error| format!("valgrind, which must be installed: {error}"))?;
    if status.success() { Ok(()) } else { Err("valgrind failed".into()) }
}

fn read(directory: &Path) -> Result<Table, Box<dyn Error>> {
    let rows = works::all().into_iter().enumerate().map(|(at, Work { row, messages, .. })| {
        let text = fs::read_to_string(directory.join(format!("counts.{}", at + 1)))?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
        let total: f64 = total.ok_or("a file without totals")?.trim().parse()?;
        Ok((row, total / messages as f64))
    });
    Ok(Table { rows: rows.collect::<Result<_, Box<dyn Error>>>()?, before: Vec::new() })
}

/// How glibc copies depends on the processor and its caches, and a copy by `rep movsb` is counted once
/// for each byte. So it has none, and knows no size from which to copy in another way.
const TUNABLES: &str = "glibc.cpu.hwcaps=-ERMS,-FSRM:glibc.cpu.x86_non_temporal_threshold=1000000000:\
    glibc.cpu.x86_rep_movsb_threshold=1000000000:glibc.cpu.x86_rep_stosb_threshold=1000000000";
