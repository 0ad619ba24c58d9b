use std::fmt;

/// Rows, and how many instructions a message takes in each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) rows: Vec<(String, f64)>,
}

impl Table {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let rows = lines.map(|line| {
            let (row, count) = line.split_once(' ')?;
            Some((row.to_owned(), count.trim().parse().ok()?))
        });
        Some(Self { rows: rows.collect::<Option<_>>()? })
    }

    pub(crate) fn find(&self, row: &str) -> Option<f64> {
        self.rows.iter().find(|(known, _)| known == row).map(|&(_, count)| count)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Instructions for a message. Change this by: cargo run --release -- --update"
        )?;
        self.rows.iter().try_for_each(|(row, count)| writeln!(f, "{row:<34} {count:>12.1}"))
    }
}
