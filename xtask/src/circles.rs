//! Circles among the files of the crate: files that use each other in a loop.
//!
//! An arrow goes from a file to the one that owns a name that it uses; names that a folder's
//! `mod.rs` hands on are followed to their owner. What a `mod.rs` owns itself belongs to all of
//! its folder, so arrows to and from it are left out, as are tests.

use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree};

/// A module by its path in the crate; the crate itself has none.
type Module = Vec<String>;

/// The circles among these files, each as the files in it, in their order.
///
/// # Errors
/// A file that cannot be read, or is no Rust.
pub fn find(files: &[PathBuf]) -> Result<Vec<Vec<PathBuf>>> {
    let mut house = House::default();
    for file in files {
        let text = fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        let file_of = syn::parse_file(&text)
            .with_context(|| format!("{} cannot be parsed", file.display()))?;
        house.add(file, &file_of);
    }
    Ok(house.circles())
}

#[derive(Default)]
struct House {
    /// What each module's file uses: paths as they are written.
    used: BTreeMap<Module, Vec<Vec<String>>>,
    /// What a module hands on: the name, and the path that it comes from.
    handed: BTreeMap<(Module, String), Vec<String>>,
    files: BTreeMap<Module, PathBuf>,
    /// Those that are a folder's face.
    faces: BTreeSet<Module>,
}

impl House {
    fn add(&mut self, path: &Path, file: &syn::File) {
        let inside = path.strip_prefix("src").unwrap_or(path).with_extension("");
        let mut module: Module = inside
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        if module
            .last()
            .is_some_and(|last| last == "mod" || last == "lib")
        {
            module.pop();
            self.faces.insert(module.clone());
        }
        let mut uses = Uses::default();
        uses.visit_file(file);
        for item in &file.items {
            if let Item::Use(item) = item
                && !matches!(item.vis, syn::Visibility::Inherited)
            {
                for (path, name) in leaves(&item.tree) {
                    self.handed.insert((module.clone(), name), path);
                }
            }
        }
        self.used.insert(module.clone(), uses.0);
        self.files.insert(module, path.to_owned());
    }

    /// The module that owns what a path in a module leads to; `None`: nothing of this crate.
    fn owner(&self, from: &Module, path: &[String]) -> Option<Module> {
        let mut base = from.clone();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                base.push(first.to_owned());
                if !self.files.contains_key(&base) {
                    return None;
                }
                rest = &rest[1..];
            }
        }
        while let Some(next) = rest.first() {
            let mut inner = base.clone();
            inner.push(next.clone());
            if self.files.contains_key(&inner) {
                base = inner;
                rest = &rest[1..];
                continue;
            }
            return match self.handed.get(&(base.clone(), next.clone())) {
                Some(path) => self.owner(&base, path),
                None => Some(base),
            };
        }
        // A module by itself: its face is no more than a folder.
        Some(base)
    }

    fn circles(&self) -> Vec<Vec<PathBuf>> {
        let mut arrows: BTreeMap<&Module, BTreeSet<Module>> = BTreeMap::new();
        for (module, used) in &self.used {
            if self.faces.contains(module) {
                continue;
            }
            let to = used.iter().filter_map(|path| self.owner(module, path));
            let to = to.filter(|to| to != module && !self.faces.contains(to));
            arrows.insert(module, to.collect());
        }
        // Who reaches itself is in a circle, with all that it reaches and that reach it.
        let reach: BTreeMap<&Module, BTreeSet<&Module>> = arrows
            .keys()
            .map(|module| (*module, reached(&arrows, module)))
            .collect();
        let mut circles: Vec<Vec<PathBuf>> = Vec::new();
        let mut told: BTreeSet<&Module> = BTreeSet::new();
        for (module, there) in &reach {
            if !there.contains(module) || !told.insert(module) {
                continue;
            }
            let back =
                |other: &&&Module| reach.get(**other).is_some_and(|all| all.contains(module));
            let circle: Vec<&Module> = there.iter().filter(back).copied().collect();
            told.extend(&circle);
            let file = |module: &&Module| self.files[*module].clone();
            circles.push(circle.iter().map(file).collect());
        }
        circles
    }
}

/// Everything that a module leads to.
fn reached<'a>(
    arrows: &'a BTreeMap<&Module, BTreeSet<Module>>,
    from: &Module,
) -> BTreeSet<&'a Module> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Module> = arrows.get(from).into_iter().flatten().collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(arrows.get(next).into_iter().flatten());
        }
    }
    found
}

/// The paths that a file names, tests apart.
#[derive(Default)]
struct Uses(Vec<Vec<String>>);

impl<'a> Visit<'a> for Uses {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if !item.attrs.iter().any(is_test) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        if !item.attrs.iter().any(is_test) {
            self.0
                .extend(leaves(&item.tree).into_iter().map(|(path, _)| path));
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|one| one.ident.to_string())
            .collect();
        if names.len() > 1 && (names[0] == "crate" || names[0] == "super") {
            self.0.push(names);
        }
        visit::visit_path(self, path);
    }
}

fn is_test(attribute: &Attribute) -> bool {
    let is = |name: &str| attribute.meta.path().is_ident(name);
    is("cfg")
        && matches!(&attribute.meta, syn::Meta::List(list) if list.tokens.to_string() == "test")
}

/// The paths of a tree of names, each with the name that it has from there on.
fn leaves(tree: &UseTree) -> Vec<(Vec<String>, String)> {
    let ahead = |first: &str, tree: &UseTree| {
        let mut all = leaves(tree);
        for (path, _) in &mut all {
            path.insert(0, first.to_owned());
        }
        all
    };
    match tree {
        UseTree::Path(path) => {
            let first = path.ident.to_string();
            let mut all = ahead(&first, &path.tree);
            for (path, name) in &mut all {
                // `a::{self}` is `a`.
                if name == "self" {
                    path.pop();
                    name.clone_from(&first);
                }
            }
            all
        }
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], name.ident.to_string())],
        UseTree::Rename(name) => vec![(vec![name.ident.to_string()], name.rename.to_string())],
        UseTree::Glob(_) => Vec::new(),
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let mut house = House::default();
        for (path, text) in files {
            house.add(
                Path::new(path),
                &syn::parse_file(text).expect("the test's own text"),
            );
        }
        let name = |path: &PathBuf| path.display().to_string();
        house
            .circles()
            .iter()
            .map(|circle| circle.iter().map(name).collect())
            .collect()
    }

    #[test]
    fn files_that_use_each_other_are_found() {
        let found = circles(&[
            ("src/keep/mod.rs", "mod a; mod b; mod c; pub use c::C;"),
            ("src/keep/a.rs", "use super::b::{self, B as Other};"),
            ("src/keep/b.rs", "use super::C;"),
            ("src/keep/c.rs", "fn c() { crate::keep::a::a() }"),
            ("src/keep/d.rs", "use super::a;"),
        ]);
        assert_eq!(found, [["src/keep/a.rs", "src/keep/b.rs", "src/keep/c.rs"]]);
    }

    #[test]
    fn what_only_goes_down_is_none_nor_what_a_folder_shares_nor_a_test() {
        let found = circles(&[
            (
                "src/keep/mod.rs",
                "mod a; mod b; pub struct Keep; pub use a::A;",
            ),
            (
                "src/keep/a.rs",
                "use super::{Keep, b::B}; #[cfg(test)] mod tests { use super::*; }",
            ),
            (
                "src/keep/b.rs",
                "use super::Keep; #[cfg(test)] mod tests { use crate::keep::a::A; }",
            ),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }
}
