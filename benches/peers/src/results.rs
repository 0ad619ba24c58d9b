use serde_json::{Map, Value, json};

/// What was measured, row by row.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) lines: Vec<Line>,
}

/// What was measured of one kind of work.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) row: String,
    pub(crate) unit: Unit,
    /// Each peer with its value.
    pub(crate) cells: Vec<(String, f64)>,
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
        Self { row, unit, cells: Vec::new() }
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

    /// Ours: that of the core, or of the adapter where there is none.
    ///
    /// A message that is a write of its own can be copied or lent, whichever takes less, as it is done
    /// for each peer.
    pub(crate) fn ours(&self) -> Option<f64> {
        match (self.value("sansocket"), self.value("sansocket-borrowed")) {
            (Some(copied), Some(lent)) => Some(copied.min(lent)),
            (core, _) => core.or_else(|| self.value("sansocket-tokio")),
        }
    }

    /// The best of those who are neither we nor the floor.
    pub(crate) fn best_peer(&self) -> Option<&(String, f64)> {
        let peers = self.cells.iter().filter(|(name, _)| is_peer(name));
        match self.unit {
            Unit::Messages => peers.max_by(|a, b| a.1.total_cmp(&b.1)),
            _ => peers.min_by(|a, b| a.1.total_cmp(&b.1)),
        }
    }
}

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

    pub(crate) fn to_json(&self, machine: &str) -> String {
        let lines = self.lines.iter().map(|line| {
            let cells = line.cells.iter().map(|(peer, value)| (peer.clone(), round(*value)));
            let cells: Map<String, Value> = cells.collect();
            json!({ "row": line.row, "unit": line.unit.name(), "cells": cells }).to_string()
        });
        let lines = lines.collect::<Vec<_>>().join(",\n    ");
        let machine = Value::from(machine);
        format!("{{\n  \"machine\": {machine},\n  \"lines\": [\n    {lines}\n  ]\n}}\n")
    }

    pub(crate) fn from_json(text: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(text).ok()?;
        let lines = json["lines"].as_array()?.iter().map(|line| {
            let name = line["unit"].as_str()?;
            let unit = Unit::ALL.into_iter().find(|unit| unit.name() == name)?;
            let cells = line["cells"].as_object()?.iter();
            let cells = cells.map(|(peer, value)| Some((peer.clone(), value.as_f64()?)));
            Some(Line {
                row: line["row"].as_str()?.to_owned(),
                unit,
                cells: cells.collect::<Option<_>>()?,
            })
        });
        Some(Self { lines: lines.collect::<Option<_>>()? })
    }
}

/// As many digits as mean something.
fn round(value: f64) -> Value {
    match value {
        0.0..10.0 => Value::from((value * 100.0).round() / 100.0),
        10.0..100.0 => Value::from((value * 10.0).round() / 10.0),
        _ => Value::from(value.round()),
    }
}
