//! The shape of the source, checked: which module may know which, that no files use each other in
//! a circle, and that the browser is named at the edge alone.

use crate::circles;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module with those it may use. `web` may use all.
const ARROWS: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("order", &[]),
    ("calendar", &[]),
    ("words", &[]),
    ("secret", &["json", "error"]),
    // A file of JSON may be compressed.
    ("json", &["codec", "error"]),
    // Containers inflate with the limit that pages are inflated with.
    ("container", &["codec", "order", "error"]),
    // Decorators, which a card of V2 has no place for, are the lorebook's matter.
    (
        "card",
        &[
            "lore",
            "prompt",
            "backyard",
            "container",
            "codec",
            "json",
            "order",
            "error",
        ],
    ),
    ("backyard", &["container", "json", "error"]),
    // Functions of macros read and write lists as JSON.
    ("prompt", &["calendar", "json", "order", "error"]),
    (
        "lore",
        &["container", "codec", "json", "order", "words", "error"],
    ),
    // A user of CardShark is a card.
    ("persona", &["card", "container", "codec", "json", "error"]),
    ("campaign", &["json", "error"]),
    // Texts of a template have macros.
    ("template", &["prompt", "json", "secret", "order", "error"]),
    (
        "chat",
        &[
            "backyard",
            "calendar",
            "words",
            "container",
            "codec",
            "json",
            "order",
            "error",
        ],
    ),
    // A world's dates are spelled as those of the chats in it.
    ("world", &["chat", "container", "json", "order", "error"]),
    ("settings", &["container", "json", "secret", "error"]),
    ("folder", &["json", "order", "error"]),
    ("codec", &["error"]),
    ("migrate", &["error"]),
    ("store", &["codec", "migrate", "order", "error"]),
    (
        "keep",
        &[
            "store",
            "codec",
            "migrate",
            "card",
            "chat",
            "world",
            "persona",
            "lore",
            "prompt",
            "template",
            "campaign",
            "settings",
            "container",
            "json",
            "order",
            "error",
        ],
    ),
];

/// What only `web` may name.
const BROWSER: [&str; 4] = ["wasm_bindgen", "js_sys", "web_sys", "rexie"];

/// Checks every Rust file of the crate and the lock of the tooling.
///
/// # Errors
/// One line for each thing that is not as it should be.
pub fn check() -> Result<()> {
    let mut faults = Vec::new();
    let files = rust_files(Path::new("src"))?;
    for circle in circles::find(&files)? {
        let names: Vec<_> = circle
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        faults.push(format!(
            "these use each other in a circle: {}",
            names.join(", ")
        ));
    }
    for file in &files {
        let text = fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        let module = module_of(file);
        faults.extend(
            in_module(&module, &text)
                .into_iter()
                .map(|fault| format!("{}: {fault}", file.display())),
        );
    }
    // Where a package comes from is the business of whoever installs it.
    if fs::read_to_string("package-lock.json")?.contains("\"resolved\": \"http") {
        faults.push(
            "package-lock.json: names a registry; write it with `omit-lockfile-registry-resolved`"
                .to_owned(),
        );
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

fn in_module(module: &str, text: &str) -> Vec<String> {
    let code: Vec<&str> = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let code = code.join("\n");
    let mut faults = Vec::new();
    if module == "lib" || module == "web" {
        return faults;
    }
    for name in BROWSER.iter().filter(|name| code.contains(**name)) {
        faults.push(format!("names `{name}`, which only src/web may"));
    }
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
        faults.push(format!("`{module}` has no place in the order of modules"));
        return faults;
    };
    for used in modules_used(&code) {
        if used != module && !allowed.contains(&used.as_str()) {
            faults.push(format!(
                "`{module}` uses `{used}`, which does not lie below it"
            ));
        }
    }
    faults
}

/// The names behind `crate::`, singly or in braces.
fn modules_used(code: &str) -> Vec<String> {
    let mut used = Vec::new();
    for path in code.split("crate::").skip(1) {
        match path.strip_prefix('{') {
            None => used.extend(first_name(path)),
            Some(list) => {
                let mut depth = 0usize;
                let mut start = true;
                for (at, character) in list.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        _ if start && !character.is_whitespace() => {
                            used.extend(first_name(&list[at..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    // A name in capitals is a macro's or an item of the crate's root; there are none of these.
    used.retain(|name| name.starts_with(|first: char| first.is_ascii_lowercase()));
    used.sort();
    used.dedup();
    used
}

fn first_name(path: &str) -> Option<String> {
    let name: String = path
        .chars()
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .collect();
    (!name.is_empty()).then_some(name)
}

/// `src/card/view.rs` and `src/card.rs` are of the module `card`.
fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix("src").unwrap_or(file);
    let first = inside
        .components()
        .next()
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    first.unwrap_or_default().trim_end_matches(".rs").to_owned()
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?
    {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::in_module;

    #[test]
    fn an_arrow_upwards_is_found() {
        assert_eq!(
            in_module(
                "card",
                "use crate::json::Document;\nuse crate::store::Store;"
            )
            .len(),
            1
        );
        assert_eq!(
            in_module(
                "store",
                "use crate::{codec::{Frame, page}, card, error::Kind};"
            )
            .len(),
            1
        );
        assert_eq!(
            in_module("codec", "fn f() { crate::keep::open() }").len(),
            1
        );
    }

    #[test]
    fn an_arrow_downwards_is_welcome() {
        assert!(
            in_module(
                "keep",
                "use crate::{card::{self, Spec}, error::{Kind, Result}};\nuse crate::store::Store;"
            )
            .is_empty()
        );
        assert!(in_module("store", "// unlike crate::card, this is in a comment").is_empty());
    }

    #[test]
    fn the_browser_is_named_at_the_edge_alone() {
        assert_eq!(in_module("store", "use js_sys::Array;").len(), 1);
        assert!(in_module("web", "use js_sys::Array;").is_empty());
    }

    #[test]
    fn a_module_without_a_place_is_found() {
        assert_eq!(in_module("helpers", "").len(), 1);
    }
}
