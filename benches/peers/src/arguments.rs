use std::env;

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) command: Command,
    /// What the names of rows begin with, if not all are wanted.
    rows: Option<String>,
    /// The names of peers, if not all are wanted.
    peers: Option<String>,
    pub(crate) is_quick: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Command {
    #[default]
    Measure,
    Check,
    Draw,
    /// To do a row with a peer so many times, under a profiler.
    Once(String, String, usize),
    /// To be the echo server of a peer, which sends all messages back or only short ones.
    Serve(String, String, String),
}

impl Arguments {
    pub(crate) fn parse() -> Result<Self, String> {
        let mut parsed = Self::default();
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} takes a value"));
            match &*argument {
                "check" => parsed.command = Command::Check,
                "draw" => parsed.command = Command::Draw,
                "once" => {
                    let (row, peer) = (value()?, value()?);
                    let count = value()?.parse().map_err(|error| format!("{error}"))?;
                    parsed.command = Command::Once(row, peer, count);
                }
                "serve" => parsed.command = Command::Serve(value()?, value()?, value()?),
                "--rows" => parsed.rows = Some(value()?),
                "--peers" => parsed.peers = Some(value()?),
                "--quick" => parsed.is_quick = true,
                _ => return Err(format!("no such argument: {argument}")),
            }
        }
        Ok(parsed)
    }

    pub(crate) fn wants_row(&self, name: &str) -> bool {
        self.rows.as_ref().is_none_or(|rows| rows.split(',').any(|row| name.starts_with(row)))
    }

    pub(crate) fn wants_peer(&self, name: &str) -> bool {
        self.peers.as_ref().is_none_or(|peers| peers.split(',').any(|peer| peer == name))
    }

    /// Whether the results are those which are to be kept.
    pub(crate) const fn is_complete(&self) -> bool {
        self.rows.is_none() && self.peers.is_none() && !self.is_quick
    }
}
