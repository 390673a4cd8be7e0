//! The cases of `tests/fixtures/cases`, one oddity a file, each beside what must be found.
//! `tests/cases` makes them, by the specifications of the formats and nothing of this crate.

use crate::json::value;
use crate::oddities::foreign;
use crate::peek::agrees;
use cardkeep::card::{self, CardFile, Container};
use cardkeep::container::png;
use cardkeep::error::{Limits, Warning};
use cardkeep::json::{Document, Node};
use cardkeep::lore::{self, Dialect};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

struct Case {
    name: String,
    bytes: Vec<u8>,
    expected: Document,
}

impl Case {
    fn wants(&self, key: &str) -> Option<Node<'_>> {
        self.expected.root().get(key)
    }

    fn text(&self, key: &str) -> Option<String> {
        Some(self.wants(key)?.text()?.into_owned())
    }

    /// The codes of the warnings, where they are told.
    fn wrong_codes(&self, warnings: &[Warning]) -> Option<String> {
        let wanted: BTreeSet<String> = self
            .wants("warnings")?
            .items()
            .filter_map(|code| Some(code.text()?.into_owned()))
            .collect();
        let found: BTreeSet<String> = warnings.iter().map(|one| one.code.to_owned()).collect();
        (found != wanted).then(|| format!("warns of {found:?}, not {wanted:?}"))
    }
}

fn cases(area: &str) -> Vec<Case> {
    let root: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "tests",
        "fixtures",
        "cases",
        area,
    ]
    .iter()
    .collect();
    let mut files = Vec::new();
    gather(&root, &mut files);
    files.sort();
    let read =
        |path: &Path| fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let case = |path: &PathBuf| {
        let name = path
            .strip_prefix(&root)
            .expect("it lies below")
            .display()
            .to_string();
        let beside = root.join(format!("{name}.expected.json"));
        let (expected, _) = Document::read(&read(&beside), &Limits::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        Case {
            name,
            bytes: read(path),
            expected,
        }
    };
    files.iter().map(case).collect()
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            gather(&path, files);
        } else if !path.to_string_lossy().ends_with(".expected.json") {
            files.push(path);
        }
    }
}

/// Runs over all cases and tells everything that is wrong at once.
fn over(area: &str, least: usize, check: impl Fn(&Case, &mut Vec<String>)) {
    let all = cases(area);
    assert!(all.len() >= least, "only {} cases of {area}", all.len());
    let mut wrong = Vec::new();
    for case in &all {
        let mut faults = Vec::new();
        check(case, &mut faults);
        wrong.extend(
            faults
                .into_iter()
                .map(|fault| format!("{}: {fault}", case.name)),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn limits() -> Limits {
    Limits::default()
}

#[test]
fn every_card_case_is_read_as_expected() {
    over("cards", 200, |case, wrong| {
        match (card::read(&case.bytes, &limits()), case.text("error")) {
            (Ok(file), None) => wrong.extend(unlike(case, &file)),
            (Err(error), Some(code)) if error.kind().code() == code => {}
            (Ok(file), Some(code)) => wrong.push(format!("reads {:?}, not {code}", file.document)),
            (Err(error), _) => wrong.push(error.to_string()),
        }
    });
}

fn unlike(case: &Case, file: &CardFile) -> Vec<String> {
    let mut wrong = Vec::new();
    let view = Document::parse(&card::view(&file.document)).expect("a view is JSON");
    let mut compare = |what: &str, found: &str| {
        if let Some(wanted) = case.text(what).filter(|wanted| wanted != found) {
            wrong.push(format!("{what} is {found:?}, not {wanted:?}"));
        }
    };
    compare("name", &card::summary(&file.document).name);
    compare("spec", file.spec.as_str());
    compare("container", file.container.as_str());
    if let Some(count) = case.wants("assets").and_then(Node::number)
        && count as usize != file.assets.len()
    {
        wrong.push(format!("{} assets, not {count}", file.assets.len()));
    }
    for (key, wanted) in case.wants("fields").into_iter().flat_map(Node::entries) {
        let found = view.root().get(&key);
        if !found.is_some_and(|found| found.same(wanted)) {
            wrong.push(format!("{key} is {found:?}, not {wanted:?}"));
        }
    }
    wrong.extend(case.wrong_codes(&file.warnings));
    wrong
}

#[test]
fn every_card_case_that_is_not_edited_is_written_as_the_same_bytes() {
    over("cards", 200, |case, wrong| {
        let Ok(file) = card::read(&case.bytes, &limits()) else {
            return;
        };
        match card::rewrite(&case.bytes, &file.document, file.container, &limits()) {
            Ok((container, bytes)) => {
                if container != file.container || bytes != case.bytes {
                    wrong.push("the file is another".to_owned());
                }
            }
            Err(error) => wrong.push(error.to_string()),
        }
    });
}

#[test]
fn an_edit_of_any_card_case_changes_that_field_and_keeps_the_rest() {
    over("cards", 200, |case, wrong| {
        let Ok(file) = card::read(&case.bytes, &limits()) else {
            return;
        };
        let patch = Document::parse(r#"{"creator":"Edited by a test"}"#).expect("it is JSON");
        let edited = match card::edit(&file.document, &patch) {
            Ok(edited) => edited,
            Err(error) => return wrong.push(error.to_string()),
        };
        let changed = card::differences(&file.document, &edited);
        if changed.iter().map(|one| one.path.as_str()).ne(["creator"]) {
            wrong.push(format!("the edit changed {changed:?}"));
        }
        if without_creator(&file.document) != without_creator(&edited) {
            wrong.push("the edit changed what is no field".to_owned());
        }
        let written = card::rewrite(&case.bytes, &edited, file.container, &limits());
        let (container, bytes) = match written {
            Ok(written) => written,
            Err(error) => return wrong.push(error.to_string()),
        };
        let again = match card::read(&bytes, &limits()) {
            Ok(again) => again,
            Err(error) => return wrong.push(format!("what was written: {error}")),
        };
        let lost: Vec<_> = card::differences(&edited, &again.document)
            .into_iter()
            // An archive made of a picture has it as its icon.
            .filter(|one| one.path != "assets" || container == file.container)
            .map(|one| one.path)
            .collect();
        if !lost.is_empty() {
            wrong.push(format!("what was written says something else in {lost:?}"));
        }
        if container == Container::Png
            && png::is(&case.bytes)
            && foreign(&case.bytes) != foreign(&bytes)
        {
            wrong.push("other chunks are not what they were".to_owned());
        }
        let missing: Vec<_> = file
            .assets
            .iter()
            .filter(|asset| !again.assets.contains(asset))
            .map(|asset| &asset.path)
            .collect();
        if !missing.is_empty() {
            wrong.push(format!("assets are gone: {missing:?}"));
        }
    });
}

/// The document as a value, without the field and its names in other dialects.
fn without_creator(document: &Document) -> serde_json::Value {
    let mut value = value(document.root());
    if let Some(object) = value.as_object_mut() {
        object.remove("creator");
        for (key, inner) in object.iter_mut() {
            if let Some(data) = inner.as_object_mut().filter(|_| key.trim() == "data") {
                data.remove("creator");
            }
        }
    }
    value
}

#[test]
fn peeking_agrees_with_reading_in_every_card_case() {
    over("cards", 200, |case, _| {
        agrees(&case.name, &case.bytes);
    });
}

#[test]
fn every_lorebook_case_is_read_as_expected() {
    over("lorebooks", 50, |case, wrong| {
        let file = match (lore::read(&case.bytes, &limits()), case.text("error")) {
            (Ok(file), None) => file,
            (Err(error), Some(code)) if error.kind().code() == code => return,
            (Ok(file), Some(code)) => {
                return wrong.push(format!("reads {:?}, not {code}", file.book));
            }
            (Err(error), _) => return wrong.push(error.to_string()),
        };
        if case
            .text("dialect")
            .is_some_and(|wanted| wanted != file.dialect.as_str())
        {
            wrong.push(format!("the dialect is {}", file.dialect.as_str()));
        }
        let told = serde_json::to_string(&file.book.entries).expect("a book is JSON");
        let told = Document::parse(&told).expect("it is JSON");
        if let Some(wanted) = case.wants("entries").filter(|entries| !entries.is_null()) {
            if wanted.len() != told.root().len() {
                wrong.push(format!(
                    "{} entries, not {}",
                    told.root().len(),
                    wanted.len()
                ));
            }
            for (n, (wanted, found)) in wanted.items().zip(told.root().items()).enumerate() {
                for (key, wanted) in wanted.entries() {
                    let found = found.get(&key);
                    if !found.is_some_and(|found| found.same(wanted)) {
                        wrong.push(format!("{key} of entry {n} is {found:?}, not {wanted:?}"));
                    }
                }
            }
        }
        wrong.extend(case.wrong_codes(&file.warnings));
        // A picture and a table are no JSON.
        let bare = !png::is(&case.bytes) && file.dialect != Dialect::Tsv;
        if bare && file.document.bytes() != case.bytes {
            wrong.push("the document is not the file".to_owned());
        }
    });
}

#[test]
fn every_lorebook_case_says_the_same_when_it_is_written_in_its_dialect() {
    over("lorebooks", 50, |case, wrong| {
        let Ok(file) = lore::read(&case.bytes, &limits()) else {
            return;
        };
        let Ok(written) = lore::write(&file.book, file.dialect) else {
            return;
        };
        let again = match lore::read(&written.bytes, &limits()) {
            Ok(again) => again,
            // A table or a book without entries is none to its own reader.
            Err(_) if file.book.entries.is_empty() => return,
            Err(error) => return wrong.push(error.to_string()),
        };
        if again.dialect != file.dialect {
            wrong.push(format!("it became {}", again.dialect.as_str()));
        }
        // Ids are given where there are none, and fields of other tools may come.
        let plain = |entries: &[lore::Entry]| -> Vec<lore::Entry> {
            let bare = |entry: &lore::Entry| lore::Entry {
                id: entry
                    .id
                    .clone()
                    .filter(|id| matches!(id, lore::Id::Text(_))),
                extra: Vec::new(),
                ..entry.clone()
            };
            entries.iter().map(bare).collect()
        };
        let (old, new) = (plain(&file.book.entries), plain(&again.book.entries));
        for (old, new) in old.iter().zip(&new).filter(|(old, new)| old != new) {
            if written.losses.is_empty() {
                wrong.push(format!("{old:?} became {new:?}"));
            }
        }
        if old.len() != new.len() {
            wrong.push(format!("{} entries became {}", old.len(), new.len()));
        }
    });
}
