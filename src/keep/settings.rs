//! Settings: typed defaults, and a record for each value that differs from them.
//!
//! One row a key, so that two tabs that change different settings never overwrite
//! each other.

use super::Keep;
use super::documents::in_turns;
use crate::error::{Kind, Limits, Result};
use crate::json::Document;
use crate::settings;
use crate::store::{Change, History, Record, Write};
use serde_json::{Map, Value, json};

pub(super) const DOMAIN: &str = "settings";

/// The settings of a keep.
pub struct Settings {
    keep: Keep,
}

impl Settings {
    pub(super) fn new(keep: Keep) -> Settings {
        Settings { keep }
    }

    /// All settings: the defaults, overlaid with what was set. A stored value that is
    /// not valid (any more) gives way to its default.
    ///
    /// # Errors
    /// What the medium reports.
    pub async fn get(&self) -> Result<Value> {
        let mut all = defaults()?;
        for record in self.keep.store().list(DOMAIN).await?.records {
            let value = &record.body;
            if all.contains_key(&record.id) && check(&record.id, value).is_ok() {
                all.insert(record.id, value.clone());
            }
        }
        Ok(Value::Object(all))
    }

    /// Sets some settings and gives all of them. `patch` is an object; nothing is
    /// written unless every value is valid.
    ///
    /// # Errors
    /// `bad-option` for an unknown setting, `invalid` for a value, and what the medium reports.
    pub async fn patch(&self, patch: &Value) -> Result<Value> {
        self.patch_as(patch, Write::default()).await
    }

    /// As [`Settings::patch`], in the way that is asked for.
    ///
    /// # Errors
    /// As [`Settings::patch`], and `corrupt` when it does not read back.
    pub async fn patch_as(&self, patch: &Value, write: Write) -> Result<Value> {
        let patch = patch
            .as_object()
            .ok_or_else(|| Kind::Invalid.because("settings to set are no object"))?;
        for (key, value) in patch {
            check(key, value)?;
        }
        let store = self.keep.store();
        let keys: Vec<&str> = patch.keys().map(String::as_str).collect();
        // Of values the one that was set last counts.
        in_turns(false, async || {
            let found = store.get_many(DOMAIN, &keys).await?;
            let mut change = Change::new();
            change.asked(write);
            for ((key, value), found) in patch.iter().zip(found) {
                let mut record = found.unwrap_or_else(|| Record::new(DOMAIN, key, store.now()));
                record.body = value.clone();
                change.write(record, History::Keep);
            }
            self.keep.commit(change).await
        })
        .await?;
        self.apply().await?;
        self.get().await
    }

    /// Sets one setting, or all of them, back to the default, and gives all of them.
    ///
    /// # Errors
    /// `bad-option` for an unknown setting, and what the medium reports.
    pub async fn reset(&self, key: Option<&str>, write: Write) -> Result<Value> {
        let defaults = defaults()?;
        let unknown = |key: &str| Kind::BadOption.because(format!("there is no setting {key:?}"));
        let patch = match key {
            Some(key) => json!({ key: defaults.get(key).ok_or_else(|| unknown(key))? }),
            None => Value::Object(defaults),
        };
        self.patch_as(&patch, write).await
    }

    /// Takes over what the settings of SillyTavern or CardShark say: `{ tool, applied, rest, warnings }`.
    /// With `keep_mine` only where nothing was set here.
    ///
    /// # Errors
    /// Those of [`settings::foreign`], and what the medium reports.
    pub async fn import(&self, bytes: &[u8], keep_mine: bool, limits: &Limits) -> Result<Value> {
        let read = settings::foreign(bytes, limits)?;
        let (mine, defaults) = (self.get().await?, defaults()?);
        let mut applied = Map::new();
        for (key, value) in read.patch {
            let value: Value = serde_json::from_str(&value).map_err(|cause| {
                Kind::Bug
                    .because("a setting that was checked is no JSON")
                    .caused_by(cause)
            })?;
            let free = !keep_mine || defaults.get(key) == Some(&mine[key]);
            if free && mine[key] != value {
                applied.insert(key.to_owned(), value);
            }
        }
        let applied = Value::Object(applied);
        if applied != json!({}) {
            self.patch(&applied).await?;
        }
        Ok(json!({
            "tool": read.tool,
            "applied": applied,
            "rest": read.rest,
            "warnings": read.warnings,
        }))
    }

    /// Makes the engine follow the settings.
    pub(super) async fn apply(&self) -> Result<()> {
        let settings = self.get().await?;
        let kept = settings["versionsKept"].as_u64().unwrap_or(10);
        let store = self.keep.store();
        store.set_versions_kept(u32::try_from(kept).unwrap_or(u32::MAX));
        store.set_compresses(settings["compress"].as_bool().unwrap_or(true));
        Ok(())
    }

    pub(super) async fn record(&self, key: &str) -> Result<Record> {
        let store = self.keep.store();
        Ok(store
            .get(DOMAIN, key)
            .await?
            .unwrap_or_else(|| Record::new(DOMAIN, key, store.now())))
    }
}

fn defaults() -> Result<Map<String, Value>> {
    serde_json::from_str(&settings::defaults()).map_err(|cause| {
        Kind::Bug
            .because("the default settings are no object")
            .caused_by(cause)
    })
}

pub(super) fn check(key: &str, value: &Value) -> Result<()> {
    let (document, _) = Document::read(value.to_string().as_bytes(), &Default::default())?;
    settings::check(key, document.root())
}
