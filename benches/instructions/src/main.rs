//! Counts the instructions that sansocket takes for a message: see `README.md`.

mod callgrind;
mod table;
mod works;

use std::env;
use std::error::Error;
use std::fs;
use std::process::ExitCode;

use table::Table;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => compare(),
        ["--update"] => {
            let before =
                Table::parse(&fs::read_to_string(TABLE)?).ok_or("this is no table")?.before;
            fs::write(TABLE, Table { before, ..callgrind::count()? }.to_string())?;
            Ok(ExitCode::SUCCESS)
        }
        // What runs under callgrind.
        ["run"] => {
            works::all().into_iter().for_each(works::Work::run);
            Ok(ExitCode::SUCCESS)
        }
        ["run", row] => {
            works::all().into_iter().filter(|work| work.row == row).for_each(works::Work::run);
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("arguments: none, --update, or run [ROW]".into()),
    }
}

/// Counts, and fails if there is more than the table says.
fn compare() -> Result<ExitCode, Box<dyn Error>> {
    let known = Table::parse(&fs::read_to_string(TABLE)?).ok_or("this is no table")?;
    let counted = callgrind::count()?;
    println!("{:<34} {:>12} {:>12} {:>8}", "row", "table", "counted", "change");
    let mut wrong = 0;
    for (row, count) in &counted.rows {
        let (verdict, is_wrong) = match known.find(row) {
            None => ("not in the table".to_owned(), true),
            Some(before) => judge(before, *count),
        };
        println!("{row:<34} {:>12.1} {count:>12.1} {verdict}", known.find(row).unwrap_or(f64::NAN));
        wrong += u32::from(is_wrong);
    }
    for (row, _) in known.rows.iter().filter(|(row, _)| counted.find(row).is_none()) {
        println!("{row:<34} is in the table only");
        wrong += 1;
    }
    if wrong == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    println!("{wrong} rows are not as the table says. If that is right, change it: --update");
    Ok(ExitCode::FAILURE)
}

/// What to say of a count, and whether it is too much.
fn judge(before: f64, count: f64) -> (String, bool) {
    let change = (count / before - 1.0) * 100.0;
    let remark = if change > MOST_GROWTH {
        "  MORE"
    } else if change < -MOST_GROWTH {
        "  less: note it, lest it grow again"
    } else {
        ""
    };
    (format!("{change:>+7.2}%{remark}"), change > MOST_GROWTH)
}

/// By how many percent a row may grow before the table must be changed.
const MOST_GROWTH: f64 = 3.0;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/table.txt");
