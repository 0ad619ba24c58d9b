//! Every exported type is in a table that says what threads can do with it.

/// The tables: each compiles with the features that its types need.
const TABLES: [&str; 3] = [
    include_str!("../adapters/types.rs"),
    include_str!("../core/types.rs"),
    include_str!("../wire/types.rs"),
];

/// `tests/api/public.txt` lists all types that are exported.
#[test]
fn no_exported_type_is_missing_from_the_tables() {
    for line in include_str!("../api/public.txt").lines() {
        let Some(("struct" | "enum", path)) = line.split_once(' ') else { continue };
        let name = path.rsplit("::").next().unwrap();
        assert!(TABLES.iter().any(|table| is_in(table, name)), "{path} is in no table");
    }
}

/// Returns whether a line of the table is `is_free::<..>()` or `is_copied::<..>()` of this type.
fn is_in(table: &str, name: &str) -> bool {
    let lines = table.lines().map(str::trim);
    let types = lines.filter_map(|line| {
        line.strip_prefix("is_free::<").or_else(|| line.strip_prefix("is_copied::<"))
    });
    let mut words = types.flat_map(|types| types.split(|c: char| !c.is_alphanumeric()));
    words.any(|word| word == name)
}
