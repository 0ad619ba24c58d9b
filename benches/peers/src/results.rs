use serde_json::{Value, json};

use crate::kernel::Kernel;
use crate::peers::PROTOCOLS;

/// What was measured, row by row.
#[derive(Debug, Default)]
pub(crate) struct Results {
    /// The processor and the system.
    pub(crate) machine: String,
    /// The day, as `26 Nov 2026`.
    pub(crate) date: String,
    /// What is added to times for each read and each write.
    pub(crate) kernel: Kernel,
    pub(crate) lines: Vec<Line>,
}

/// What was measured of one kind of work.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) row: String,
    pub(crate) unit: Unit,
    /// Each peer with its value.
    pub(crate) cells: Vec<(String, f64)>,
    /// What the value would be if reads and writes cost nothing, where that was added.
    own: Vec<(String, f64)>,
}

/// What values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Nanoseconds,
    /// Of CPU time, for each message.
    Microseconds,
    /// In each second.
    Messages,
    Bytes,
    Allocations,
}

impl Unit {
    const ALL: [Self; 5] =
        [Self::Nanoseconds, Self::Microseconds, Self::Messages, Self::Bytes, Self::Allocations];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Microseconds => "µs of CPU",
            Self::Messages => "messages/s",
            Self::Bytes => "bytes",
            Self::Allocations => "allocations",
        }
    }
}

impl Line {
    pub(crate) const fn new(row: String, unit: Unit) -> Self {
        Self { row, unit, cells: Vec::new(), own: Vec::new() }
    }

    /// Takes a value, and keeps the best of those which a peer has had.
    pub(crate) fn add(&mut self, peer: &str, value: f64) {
        match self.cells.iter_mut().find(|(name, _)| name == peer) {
            Some((_, best)) if self.unit == Unit::Messages => *best = best.max(value),
            Some((_, best)) => *best = best.min(value),
            None => self.cells.push((peer.to_owned(), value)),
        }
    }

    pub(crate) fn value(&self, peer: &str) -> Option<f64> {
        self.cells.iter().find(|(name, _)| name == peer).map(|&(_, value)| value)
    }

    /// Adds what the reads and writes of a peer cost.
    pub(crate) fn charge(&mut self, peer: &str, cost: f64) {
        if let Some((_, value)) = self.cells.iter_mut().find(|(name, _)| name == peer) {
            self.own.push((peer.to_owned(), *value));
            *value += cost;
        }
    }

    /// The same line with what the libraries take themselves, if reads and writes were added.
    pub(crate) fn without_calls(&self) -> Option<Self> {
        let cells = self.own.clone();
        (!cells.is_empty()).then(|| Self { cells, ..Self::new(self.row.clone(), self.unit) })
    }

    /// The same line with nobody but our adapter and those of others, if there are any.
    pub(crate) fn adapters(&self) -> Option<Self> {
        let cells = self.cells.iter().filter(|(name, _)| is_adapter(name)).cloned().collect();
        let line = Self { cells, ..Self::new(self.row.clone(), self.unit) };
        (line.value(ADAPTER).is_some() && line.best_peer().is_some()).then_some(line)
    }

    /// Ours: that of the core, or of the adapter where there is none.
    pub(crate) fn ours(&self) -> Option<f64> {
        [CORE, "sansocket-borrowed", ADAPTER].iter().find_map(|name| self.value(name))
    }

    /// The best of those who are neither we nor the floor.
    pub(crate) fn best_peer(&self) -> Option<&(String, f64)> {
        let peers = self.cells.iter().filter(|(name, _)| is_peer(name));
        match self.unit {
            Unit::Messages => peers.max_by(|a, b| a.1.total_cmp(&b.1)),
            _ => peers.min_by(|a, b| a.1.total_cmp(&b.1)),
        }
    }

    /// Ours as a multiple of this value: below 1 is better, for messages in a second too.
    pub(crate) fn ratio(&self, to: Option<f64>) -> Option<f64> {
        let (ours, to) = self.ours().zip(to)?;
        let ratio = if self.unit == Unit::Messages { to / ours } else { ours / to };
        ratio.is_finite().then_some(ratio)
    }
}

fn is_adapter(name: &str) -> bool {
    name == ADAPTER || is_peer(name) && !PROTOCOLS.contains(&name)
}

pub(crate) const CORE: &str = "sansocket";
pub(crate) const ADAPTER: &str = "sansocket-tokio";

/// Whether this is a library of others.
pub(crate) fn is_peer(name: &str) -> bool {
    !name.starts_with("sansocket") && !name.starts_with("floor")
}

impl Results {
    /// The line of a row, which is added if there is none.
    pub(crate) fn line(&mut self, row: &str, unit: Unit) -> &mut Line {
        let at = self.lines.iter().position(|line| line.row == row).unwrap_or_else(|| {
            self.lines.push(Line::new(row.to_owned(), unit));
            self.lines.len() - 1
        });
        &mut self.lines[at]
    }

    pub(crate) fn find(&self, row: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.row == row)
    }

    pub(crate) fn to_json(&self) -> String {
        let lines = self.lines.iter().map(|line| {
            let mut object = json!({ "row": line.row, "unit": line.unit.name() });
            object["cells"] = Value::Object(line.cells.iter().map(rounded).collect());
            if !line.own.is_empty() {
                object["own"] = Value::Object(line.own.iter().map(rounded).collect());
            }
            object.to_string()
        });
        let lines = lines.collect::<Vec<_>>().join(",\n    ");
        let (machine, date) = (json!(self.machine), json!(self.date));
        let kernel =
            json!({ "read": self.kernel.read.round(), "write": self.kernel.write.round() });
        format!(
            "{{\n  \"machine\": {machine},\n  \"date\": {date},\n  \"kernel\": {kernel},\n  \"lines\": [\n    \
             {lines}\n  ]\n}}\n"
        )
    }

    pub(crate) fn from_json(text: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(text).ok()?;
        let lines = json["lines"].as_array()?.iter().map(|line| {
            let name = line["unit"].as_str()?;
            let unit = Unit::ALL.into_iter().find(|unit| unit.name() == name)?;
            let own = line.get("own").map_or(Some(Vec::new()), cells_of)?;
            let row = line["row"].as_str()?.to_owned();
            Some(Line { row, unit, cells: cells_of(&line["cells"])?, own })
        });
        let kernel = &json["kernel"];
        Some(Self {
            machine: json["machine"].as_str()?.to_owned(),
            date: json["date"].as_str()?.to_owned(),
            kernel: Kernel { read: kernel["read"].as_f64()?, write: kernel["write"].as_f64()? },
            lines: lines.collect::<Option<_>>()?,
        })
    }
}

fn cells_of(json: &Value) -> Option<Vec<(String, f64)>> {
    json.as_object()?.iter().map(|(peer, value)| Some((peer.clone(), value.as_f64()?))).collect()
}

fn rounded((peer, value): &(String, f64)) -> (String, Value) {
    (peer.clone(), round(*value))
}

/// As many digits as mean something.
fn round(value: f64) -> Value {
    match value {
        0.0..10.0 => Value::from((value * 100.0).round() / 100.0),
        10.0..100.0 => Value::from((value * 10.0).round() / 10.0),
        _ => Value::from(value.round()),
    }
}
