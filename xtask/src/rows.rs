//! The table of the product's rows, checked: every row is there once, and every test and place
//! that it names exists.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const TABLE: &str = "src/ROWS.md";

/// The rows there have to be: the letter, and how many of it.
const ROWS: [(char, usize); 5] = [('A', 37), ('B', 37), ('C', 25), ('D', 25), ('E', 21)];

/// Checks the table.
///
/// # Errors
/// One line for each thing that is not as it should be.
pub fn check() -> Result<()> {
    let table = fs::read_to_string(TABLE).with_context(|| format!("{TABLE} cannot be read"))?;
    let faults = faults(&table, &|path| fs::read_to_string(path).ok(), &|path| {
        Path::new(path).exists()
    });
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

fn faults(
    table: &str,
    read: &dyn Fn(&str) -> Option<String>,
    exists: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let mut missing: BTreeSet<String> = ROWS
        .iter()
        .flat_map(|(letter, count)| (1..=*count).map(move |n| format!("{letter}{n:02}")))
        .collect();
    let mut faults = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [row, _, state, places, _, proof] = cells[..] else {
            faults.push(format!("{TABLE}: six cells were wanted: {line}"));
            continue;
        };
        let mut fault = |what: String| faults.push(format!("{TABLE}: {row}: {what}"));
        if !missing.remove(row) {
            fault("is no row, or is there twice".to_owned());
        }
        match state {
            "not" => {
                if !places.is_empty() || !proof.is_empty() {
                    fault("is not there, and yet has a place or a proof".to_owned());
                }
                continue;
            }
            "yes" => {}
            state if state.starts_with("part: ") => {}
            state => fault(format!("`{state}` is none of yes, part: …, not")),
        }
        let known = |name: &str| {
            ["", "src/"]
                .iter()
                .any(|above| exists(&format!("{above}{name}")))
                || exists(&format!("{name}.md"))
        };
        for place in places.split(", ").map(|place| place.trim_matches('`')) {
            if !known(place) {
                fault(format!("there is no `{place}`"));
            }
        }
        if !proves(proof.trim_matches('`'), read) {
            fault(format!("there is no test {proof}"));
        }
    }
    faults.extend(
        missing
            .iter()
            .map(|row| format!("{TABLE}: {row} is missing")),
    );
    faults
}

/// Whether a test is there: `native/file.rs::function`, `api/file.test.mjs: title`, or a file.
fn proves(proof: &str, read: &dyn Fn(&str) -> Option<String>) -> bool {
    let has = |file: &str, what: &str| {
        read(&format!("tests/{file}")).is_some_and(|text| text.contains(what))
    };
    if let Some((file, function)) = proof.split_once("::") {
        return has(file, &format!("fn {function}("));
    }
    match proof.split_once(": ") {
        Some((file, title)) => has(file, &format!("\"{title}\"")),
        None => !proof.is_empty() && read(&format!("tests/{proof}")).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::{ROWS, faults};

    fn table(change: impl Fn(&str) -> String) -> String {
        let mut lines = vec!["| row | what |".to_owned(), "|---|---|".to_owned()];
        for (letter, count) in ROWS {
            for n in 1..=count {
                lines.push(change(&format!("{letter}{n:02}")));
            }
        }
        lines.join("\n")
    }

    fn found(table: &str) -> Vec<String> {
        let read = |path: &str| (path == "tests/native/a.rs").then(|| "fn promise() {}".to_owned());
        faults(table, &read, &|path| path == "src/keep/")
    }

    #[test]
    fn a_table_is_whole_or_the_row_is_named() {
        let good =
            |row: &str| format!("| {row} | x | yes | `keep/` | `y` | `native/a.rs::promise` |");
        assert_eq!(found(&table(good)), Vec::<String>::new());
        for (bad, want) in [
            (
                "| B07 | x | yes | `keep/` | | `native/a.rs::gone` |",
                "no test",
            ),
            (
                "| B07 | x | yes | `kept/` | | `native/a.rs::promise` |",
                "no `kept/`",
            ),
            (
                "| B07 | x | maybe | `keep/` | | `native/a.rs::promise` |",
                "none of yes",
            ),
            ("| B07 | x | not | `keep/` | | |", "and yet"),
            ("| B08 | x | not | | | |", "twice"),
            ("", "B07 is missing"),
        ] {
            let with = |row: &str| {
                if row == "B07" {
                    bad.to_owned()
                } else {
                    good(row)
                }
            };
            let told = found(&table(with)).join("\n");
            assert!(told.contains(want), "{bad}: {told}");
        }
    }
}
