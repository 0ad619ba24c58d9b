use std::fmt;

/// Rows, and how many instructions a message takes in each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) rows: Vec<(String, f64)>,
    /// What the rows took before a connection was one machine. This column is kept as it is.
    pub(crate) before: Vec<(String, f64)>,
}

impl Table {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut table = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let row = words.next()?;
            table.rows.push((row.to_owned(), words.next()?.parse().ok()?));
            if let Some(before) = words.next() {
                table.before.push((row.to_owned(), before.parse().ok()?));
            }
        }
        Some(table)
    }

    pub(crate) fn find(&self, row: &str) -> Option<f64> {
        find(&self.rows, row)
    }
}

fn find(rows: &[(String, f64)], row: &str) -> Option<f64> {
    rows.iter().find(|(known, _)| known == row).map(|&(_, count)| count)
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        self.rows.iter().try_for_each(|(row, count)| {
            write!(f, "{row:<34} {count:>12.1}")?;
            match find(&self.before, row) {
                Some(before) => writeln!(f, " {before:>12.1}"),
                None => writeln!(f),
            }
        })
    }
}

const HEAD: &str = "\
# Instructions for a message. Change this by: cargo run --release -- --update
# The second column is of the halves, before a connection was one machine: see README.md.
";
