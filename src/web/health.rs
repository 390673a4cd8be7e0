//! Checking, repairing, quarantine, health and log, as JavaScript calls them.

use super::connector::call;
use super::convert::{self, parse, promise};
use super::keep::{KeepHandle, RawExport};
use crate::error::{Kind, Result};
use crate::keep::{Check, CheckOptions, Exported, Finding, Repair, RepairOptions};
use crate::store::{Level, LogListener};
use js_sys::{Function, Promise, Uint8Array};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// Something that goes on step by step; away while a step is under way.
type Going<T> = Rc<RefCell<Option<T>>>;

fn going<T>(it: T) -> Going<T> {
    Rc::new(RefCell::new(Some(it)))
}

fn away() -> crate::error::Error {
    Kind::Bug.because("a step was begun while another one was under way")
}

async fn step<T>(it: &Going<T>, work: impl AsyncFnOnce(&mut T) -> Result<bool>) -> Result<bool> {
    let mut taken = it.take().ok_or_else(away)?;
    let more = work(&mut taken).await;
    it.replace(Some(taken));
    more
}

/// A check that is under way.
#[wasm_bindgen]
pub struct CheckRun(Going<Check>);

#[wasm_bindgen]
impl CheckRun {
    /// Goes on for a little; `false` when it is done.
    pub fn step(&self) -> Promise {
        let it = Rc::clone(&self.0);
        promise(async move { step(&it, async |check| check.step().await).await })
    }

    /// `CheckProgress` as JSON.
    pub fn progress(&self) -> String {
        let it = self.0.borrow();
        it.as_ref()
            .map_or_else(String::new, |check| convert::ascii(&check.progress()))
    }

    /// `CheckReport` as JSON.
    pub fn report(&self) -> String {
        let it = self.0.borrow();
        it.as_ref()
            .map_or_else(String::new, |check| convert::ascii(check.report()))
    }
}

/// A repair that is under way.
#[wasm_bindgen]
pub struct RepairRun(Going<Repair>);

#[wasm_bindgen]
impl RepairRun {
    /// Mends one more finding; `false` when all are done.
    pub fn step(&self) -> Promise {
        let it = Rc::clone(&self.0);
        promise(async move { step(&it, async |repair| repair.step().await).await })
    }

    /// `CheckProgress` as JSON.
    pub fn progress(&self) -> String {
        let it = self.0.borrow();
        it.as_ref()
            .map_or_else(String::new, |repair| convert::ascii(&repair.progress()))
    }

    /// `RepairReport` as JSON.
    pub fn report(&self) -> String {
        let it = self.0.borrow();
        it.as_ref()
            .map_or_else(String::new, |repair| convert::ascii(repair.report()))
    }
}

#[wasm_bindgen]
impl KeepHandle {
    /// A `CheckRun`.
    pub fn check(&self, options: JsValue) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let options: CheckOptions = convert::options(&options)?;
            Ok(CheckRun(going(keep.check(options).await?)))
        })
    }

    /// A `RepairRun`; `findings` is `Finding[]` as JSON.
    pub fn repair(&self, findings: String, options: JsValue) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let findings: Vec<Finding> = parse(&findings)?;
            let options: RepairOptions = convert::options(&options)?;
            Ok(RepairRun(going(keep.repair(findings, options)?)))
        })
    }

    /// `Health` as JSON, without what only the browser knows.
    pub fn health(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.health().await?)) })
    }

    /// `QuarantineEntry[]` as JSON.
    #[wasm_bindgen(js_name = quarantineList)]
    pub fn quarantine_list(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.quarantine().list().await?)) })
    }

    /// The bytes as they stood.
    #[wasm_bindgen(js_name = quarantineBytes)]
    pub fn quarantine_bytes(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let bytes = keep.quarantine().bytes(&id).await?;
            Ok(Uint8Array::from(bytes.as_slice()))
        })
    }

    /// A `RawExport`.
    #[wasm_bindgen(js_name = quarantineExport)]
    pub fn quarantine_export(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(RawExport(keep.quarantine().export(&id).await?)) })
    }

    /// `QuarantineEntry` as JSON.
    #[wasm_bindgen(js_name = quarantineRetry)]
    pub fn quarantine_retry(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.quarantine().retry(&id).await?)) })
    }

    /// Removes it for good.
    #[wasm_bindgen(js_name = quarantineDelete)]
    pub fn quarantine_delete(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            keep.quarantine().delete(&id).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// `LogEntry[]` as JSON.
    #[wasm_bindgen(js_name = logEntries)]
    pub fn log_entries(&self, level: String) -> std::result::Result<String, JsValue> {
        Ok(convert::ascii(&self.keep.log().entries(level_of(&level)?)))
    }

    /// From which level on entries are kept.
    #[wasm_bindgen(js_name = logLevel)]
    pub fn log_level(&self) -> String {
        convert::ascii(&self.keep.log().level())
    }

    /// Sets it.
    #[wasm_bindgen(js_name = setLogLevel)]
    pub fn set_log_level(&self, level: String) -> std::result::Result<(), JsValue> {
        self.keep.log().set_level(level_of(&level)?);
        Ok(())
    }

    /// Removes all entries.
    #[wasm_bindgen(js_name = clearLog)]
    pub fn clear_log(&self) {
        self.keep.log().clear();
    }

    /// Tells of every entry, a `LogEntry` as JSON.
    #[wasm_bindgen(js_name = listenToLog)]
    pub fn listen_to_log(&self, tell: Function) {
        let listener: LogListener = Rc::new(move |entry| {
            let entry = convert::ascii(entry).into();
            call(tell.call1(&JsValue::NULL, &entry));
        });
        self.keep.log().listen(listener);
    }

    /// A `RawExport`; `earlier` is `LogEntry[]` as JSON.
    pub fn diagnostics(&self, earlier: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let told = keep.diagnostics(&parse::<Vec<_>>(&earlier)?).await?;
            Ok(RawExport(Exported {
                filename: "cardkeep-diagnostics.json".to_owned(),
                media_type: "application/json",
                bytes: format!("{told:#}").into_bytes(),
            }))
        })
    }
}

fn level_of(name: &str) -> Result<Level> {
    let unknown = |_| {
        let detail = format!("`level` is {name:?}, want debug, info, warn or error");
        Kind::BadOption.because(detail)
    };
    serde_json::from_value(name.into()).map_err(unknown)
}
