//! Folders of other tools for JavaScript: what their files are, and archives that are read a file
//! at a time.

use super::convert::{self, promise};
use super::keep::KeepHandle;
use crate::codec::Archive;
use crate::container::distant_zip::{self, DistantZip};
use crate::container::zip::Located;
use crate::error::{Kind, Warning};
use crate::folder::{self, Group};
use crate::keep::Domain;
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

type Thrown<T> = Result<T, JsValue>;

/// What the files of a folder are, in the order in which they are to be taken:
/// `[number, Place][]` as JSON.
#[wasm_bindgen(js_name = rawFolderPlan)]
pub fn plan(paths: Vec<String>) -> String {
    convert::ascii(&folder::plan(&paths))
}

/// A group of SillyTavern: `Group` as JSON.
///
/// # Errors
/// Those of [`Group::read`], and `bad-option` for limits.
#[wasm_bindgen(js_name = rawReadGroup)]
pub fn read_group(bytes: &Uint8Array, limits: &JsValue) -> Thrown<String> {
    let limits = convert::limits(limits)?;
    let bytes = convert::bytes(bytes, limits.file, "file")?;
    Ok(convert::ascii(&Group::read(&bytes, &limits)?))
}

/// An archive in a file that JavaScript has.
#[wasm_bindgen]
pub struct RawZip {
    located: Located,
    zip: Option<DistantZip>,
    warnings: Vec<Warning>,
}

#[wasm_bindgen]
impl RawZip {
    /// How many bytes at the end of a file are to be given first.
    pub fn tail() -> usize {
        distant_zip::TAIL
    }

    /// From the last bytes of the file, which begin at `at`.
    ///
    /// # Errors
    /// `bad-zip`.
    #[wasm_bindgen(constructor)]
    pub fn new(tail: &[u8], at: usize) -> Thrown<RawZip> {
        Ok(RawZip {
            located: distant_zip::locate(tail, at)?,
            zip: None,
            warnings: Vec::new(),
        })
    }

    /// Where the directory begins and ends.
    pub fn wants(&self) -> Vec<usize> {
        let directory = &self.located.directory;
        vec![directory.start, directory.end]
    }

    /// Takes the directory: `[name, size, begin, end][]` as JSON.
    ///
    /// # Errors
    /// `bad-zip`.
    pub fn give(&mut self, directory: Vec<u8>) -> Thrown<String> {
        let zip = DistantZip::read(directory, &self.located)?;
        let told = |file: &distant_zip::Distant| {
            let place = &file.place;
            (file.name.clone(), file.size, place.start, place.end)
        };
        let files: Vec<(String, u64, u64, u64)> = zip.files().iter().map(told).collect();
        self.zip = Some(zip);
        Ok(convert::ascii(&files))
    }

    /// The content of a file, from the bytes at its place.
    ///
    /// # Errors
    /// Those of [`DistantZip::content`].
    pub fn content(&mut self, index: usize, bytes: &[u8], most: usize) -> Thrown<Uint8Array> {
        let none = || Kind::Bug.because("the archive has no such file");
        let zip = self.zip.as_ref().ok_or_else(none)?;
        let file = zip.files().get(index).ok_or_else(none)?;
        let content = zip.content(file, bytes, most, &mut self.warnings)?;
        Ok(Uint8Array::from(content.as_slice()))
    }

    /// What was odd since this was asked last: `Warning[]` as JSON.
    pub fn warnings(&mut self) -> String {
        convert::ascii(&std::mem::take(&mut self.warnings))
    }
}

/// An archive that JavaScript writes from front to end.
#[wasm_bindgen]
#[derive(Default)]
pub struct RawArchive(Archive);

#[wasm_bindgen]
impl RawArchive {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> RawArchive {
        RawArchive::default()
    }

    /// What stands before the content of the next entry.
    ///
    /// # Errors
    /// `too-large`.
    pub fn entry(&mut self, name: &str, content: &[u8]) -> Thrown<Uint8Array> {
        Ok(Uint8Array::from(self.0.entry(name, content)?.as_slice()))
    }

    /// What ends it.
    pub fn end(self) -> Uint8Array {
        Uint8Array::from(self.0.end().as_slice())
    }
}

#[wasm_bindgen]
impl KeepHandle {
    /// `ImportedSettings` as JSON.
    #[wasm_bindgen(js_name = importSettings)]
    pub fn import_settings(&self, bytes: Uint8Array, keep_mine: bool, limits: JsValue) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            let limits = convert::limits(&limits)?;
            let bytes = convert::bytes(&bytes, limits.file, "file")?;
            let imported = keep.settings().import(&bytes, keep_mine, &limits).await?;
            Ok(convert::ascii(&imported))
        })
    }

    /// `{ chats, worlds, playthroughs }` as JSON.
    pub fn dependents(&self, domain: String, id: String) -> Promise {
        let keep = self.keep().clone();
        promise(async move {
            Ok(keep
                .dependents(Domain::of(&domain)?, &id)
                .await?
                .to_string())
        })
    }
}
