//! The keep, as JavaScript calls it: JSON texts and bytes in, promises of them out.
//!
//! Every method clones its handle before it returns, so that nothing is borrowed
//! while a promise is pending.

use super::clock;
use super::connector::{Database, tell};
use super::convert::{self, optional_bytes, parse, promise, rev};
use super::given::{Given, MediumPort};
use super::opfs::{OpfsRedo, RedoPort};
use super::rescue::RescuePort;
use super::upgrade::hears_upgrades;
use crate::error::{Kind, Loss};
use crate::json::Document;
use crate::keep::{Came, ChatImport, Domain, Exported, Keep, Observer};
use crate::store::{Connection, Maintained, MemoryMedium, Options, Redo};
use js_sys::{Array, Function, Promise, Set, Uint8Array};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// An app that has just started has better things to do.
const MAINTAIN_AFTER_MS: f64 = 3_000.0;
/// Between two looks at whether maintenance is due.
const MAINTAIN_EVERY_MS: f64 = 300_000.0;
/// The first wait when something is not as it should be; each one after it is twice as long.
const MAINTAIN_SOON_MS: f64 = 5_000.0;

/// An open keep.
#[wasm_bindgen]
pub struct KeepHandle {
    pub(super) keep: Keep,
}

impl KeepHandle {
    pub(super) fn of(keep: Keep) -> KeepHandle {
        KeepHandle { keep }
    }

    pub(super) fn keep(&self) -> &Keep {
        &self.keep
    }
}

/// A file to hand out.
#[wasm_bindgen]
pub struct RawExport(pub(super) Exported);

#[wasm_bindgen]
impl RawExport {
    /// Safe on every file system.
    #[wasm_bindgen(getter)]
    pub fn filename(&self) -> String {
        self.0.filename.clone()
    }

    /// MIME type.
    #[wasm_bindgen(getter, js_name = type)]
    pub fn media_type(&self) -> String {
        self.0.media_type.to_owned()
    }

    /// The content.
    pub fn bytes(&self) -> Uint8Array {
        Uint8Array::from(self.0.bytes.as_slice())
    }
}

/// A chat in another form.
#[wasm_bindgen]
pub struct RawExportedChat {
    exported: Option<RawExport>,
    losses: Vec<Loss>,
}

#[wasm_bindgen]
impl RawExportedChat {
    /// The file, once.
    pub fn take(&mut self) -> Option<RawExport> {
        self.exported.take()
    }

    /// `Loss[]` as JSON.
    #[wasm_bindgen(getter)]
    pub fn losses(&self) -> String {
        convert::ascii(&self.losses)
    }
}

/// A record that was read.
#[wasm_bindgen]
pub struct RawKept {
    pub(super) view: String,
    pub(super) document: Document,
}

#[wasm_bindgen]
impl RawKept {
    /// The record as JSON without its document.
    #[wasm_bindgen(getter)]
    pub fn view(&self) -> String {
        self.view.clone()
    }

    /// The bytes of its document.
    #[wasm_bindgen(getter)]
    pub fn document(&self) -> Uint8Array {
        Uint8Array::from(self.document.bytes())
    }
}

#[wasm_bindgen]
impl KeepHandle {
    /// Opens a keep; `on_event(type, detailJson)` is told of changes and of the connection's end.
    /// `medium` is `"indexeddb"`, `"memory"` or a [`MediumPort`]; `redo` is where the second copy
    /// goes, `rescue` where the keep goes when its database cannot be opened any more.
    pub fn open(
        name: String,
        medium: JsValue,
        timeout_ms: f64,
        on_blocked: Option<Function>,
        on_event: Function,
        redo: Option<RedoPort>,
        rescue: RescuePort,
    ) -> Promise {
        promise(async move {
            let redo = redo.map(|port| Rc::new(OpfsRedo(port)) as Rc<dyn Redo>);
            let options = Options {
                clock: Rc::new(clock::now_ms),
                redo,
                upgrade: Some(hears_upgrades(on_event.clone())),
            };
            let observer: Observer = {
                let listener = on_event.clone();
                Rc::new(move |domain, ids| {
                    let detail = serde_json::json!({ "domain": domain, "ids": ids }).to_string();
                    tell(&listener, "change", &detail);
                })
            };
            if medium == "memory" {
                let medium = Rc::new(MemoryMedium::new());
                let keep = Keep::open(medium, options, observer).await?;
                return Ok(KeepHandle::of(keep));
            }
            if medium.is_object() {
                let port = medium.unchecked_into::<MediumPort>();
                let given = Given::open(port, timeout_ms, on_event.clone()).await?;
                let keep = Keep::open(given, options, observer).await?;
                spawn_local(look_after(keep.clone(), on_event));
                return Ok(KeepHandle::of(keep));
            }
            let connection = Connection::open(
                Rc::new(Database {
                    name,
                    rescue,
                    place: RefCell::default(),
                    looked: Cell::default(),
                    timeout_ms,
                    on_blocked,
                    on_event: on_event.clone(),
                }),
                options.redo.clone(),
            )
            .await?;
            let open = || Keep::open(connection.clone(), options.clone(), Rc::clone(&observer));
            let keep = match open().await {
                // A damaged store fails at its first reading and comes up, often empty, at the
                // next connection; what is gone then is put back from the second copy.
                Err(error)
                    if matches!(error.kind(), Kind::Aborted | Kind::Closed | Kind::Medium) =>
                {
                    connection.renew().await?;
                    open().await?
                }
                opened => opened?,
            };
            spawn_local(look_after(keep.clone(), on_event));
            Ok(KeepHandle::of(keep))
        })
    }

    /// Opens what the second copy has, for reading alone.
    #[wasm_bindgen(js_name = openCopy)]
    pub fn open_copy(redo: RedoPort) -> Promise {
        promise(async move {
            let options = Options {
                clock: Rc::new(clock::now_ms),
                redo: None,
                upgrade: None,
            };
            let keep = Keep::open_copy(Rc::new(OpfsRedo(redo)), options).await?;
            Ok(KeepHandle::of(keep))
        })
    }

    /// Lets go of the medium.
    pub fn close(&self) {
        self.keep.close();
    }

    /// Takes the turn to write alone.
    #[wasm_bindgen(js_name = takeTurn)]
    pub fn take_turn(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { keep.take_turn().await.map(|()| JsValue::UNDEFINED) })
    }

    /// Leaves the turn to others.
    #[wasm_bindgen(js_name = leaveTurn)]
    pub fn leave_turn(&self) {
        self.keep.leave_turn();
    }

    /// How many pages nothing refers to.
    pub fn leftovers(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(keep.leftovers().await? as f64) })
    }

    /// Removes what was found so for a while, and gives the number of pages.
    pub fn sweep(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(keep.sweep().await? as f64) })
    }

    /// Ends a sweep early.
    #[wasm_bindgen(js_name = endSweep)]
    pub fn end_sweep(&self) {
        self.keep.end_sweep();
    }

    /// Whether another tab has the turn.
    #[wasm_bindgen(js_name = isLocked)]
    pub fn is_locked(&self) -> bool {
        self.keep.is_locked()
    }

    /// The page is about to be frozen or put aside: nothing may be held that others wait for.
    pub fn rest(&self) {
        self.keep.rest();
    }

    /// The page goes on.
    pub fn wake(&self) {
        self.keep.wake();
    }

    /// `Access` as JSON.
    pub fn access(&self) -> String {
        convert::ascii(self.keep.access())
    }

    /// `SecondCopy` as JSON.
    #[wasm_bindgen(js_name = secondCopy)]
    pub fn second_copy(&self) -> String {
        convert::ascii(&self.keep.second_copy())
    }

    /// The id that no other keep has.
    pub fn id(&self) -> String {
        self.keep.id().to_owned()
    }

    /// `OpenReport` as JSON.
    pub fn report(&self) -> String {
        convert::ascii(self.keep.report())
    }

    /// `Listing` as JSON.
    pub fn list(&self, domain: String, trashed: bool) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            Ok(convert::ascii(
                &keep.list(Domain::of(&domain)?, trashed).await?,
            ))
        })
    }

    /// The entry as JSON, or `undefined`.
    pub fn entry(&self, domain: String, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            Ok(keep
                .entry(Domain::of(&domain)?, &id)
                .await?
                .map(|entry| entry.to_string()))
        })
    }

    /// Removes a record for good.
    pub fn erase(&self, domain: String, id: String, if_rev: Option<f64>) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let domain = Domain::of(&domain)?;
            keep.trash_can().delete(domain, &id, rev(if_rev)).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// Removes a record that is in the trash for good.
    #[wasm_bindgen(js_name = eraseTrashed)]
    pub fn erase_trashed(&self, domain: String, id: String, if_rev: Option<f64>) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let (domain, trash) = (Domain::of(&domain)?, keep.trash_can());
            trash.delete_trashed(domain, &id, rev(if_rev)).await?;
            Ok(JsValue::UNDEFINED)
        })
    }

    /// `Listing` of all domains' trash as JSON.
    pub fn trashed(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.trash_can().list().await?)) })
    }

    /// Removes everything in the trash for good; how many.
    #[wasm_bindgen(js_name = emptyTrash)]
    pub fn empty_trash(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(keep.trash_can().empty().await? as f64) })
    }

    /// Removes what is in the trash for too long; how many.
    #[wasm_bindgen(js_name = expireTrash)]
    pub fn expire_trash(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(keep.trash_can().expire().await? as f64) })
    }

    /// The entry as JSON.
    #[wasm_bindgen(js_name = pinVersion)]
    pub fn pin_version(&self, domain: String, id: String, rev: f64, pinned: bool) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let domain = Domain::of(&domain)?;
            let entry = keep.pin_version(domain, &id, rev as u64, pinned).await?;
            Ok(entry.to_string())
        })
    }

    /// `Version[]` as JSON.
    pub fn history(&self, domain: String, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(keep.history(Domain::of(&domain)?, &id).await?.to_string()) })
    }

    /// The entry as JSON.
    #[wasm_bindgen(js_name = restoreVersion)]
    pub fn restore_version(&self, domain: String, id: String, rev: f64) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            Ok(keep
                .restore_version(Domain::of(&domain)?, &id, rev as u64)
                .await?
                .to_string())
        })
    }

    /// A `KeepHandle` that shows an older state of a record, and changes nothing.
    #[wasm_bindgen(js_name = atVersion)]
    pub fn at_version(&self, domain: String, id: String, rev: f64) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let older = keep.at_version(Domain::of(&domain)?, &id, rev as u64);
            Ok(KeepHandle::of(older.await?))
        })
    }

    /// Settles when the storage is there, for who has nothing to ask of it.
    pub fn answers(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { keep.answers().await.map(|()| JsValue::UNDEFINED) })
    }

    /// A `RawExport`.
    #[wasm_bindgen(js_name = exportRecord)]
    pub fn export_record(&self, domain: String, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(RawExport(keep.export(Domain::of(&domain)?, &id).await?)) })
    }

    /// `{ entry, status, warnings }` as JSON.
    #[wasm_bindgen(js_name = importCharacter)]
    pub fn import_character(
        &self,
        bytes: Uint8Array,
        limits: JsValue,
        beside: Vec<String>,
    ) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let limits = convert::limits(&limits)?;
            let bytes = convert::bytes(&bytes, limits.file, "file")?;
            let characters = keep.characters();
            let taken = characters.import_beside(&bytes, &limits, beside).await?;
            Ok(taken.to_string())
        })
    }

    /// A `RawKept`, or `undefined`.
    pub fn character(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let read = keep.characters().read(&id).await?;
            Ok(read.map(|(view, document)| RawKept { view, document }))
        })
    }

    /// The portrait's bytes, or `undefined`.
    pub fn image(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(optional_bytes(keep.characters().image(&id).await?)) })
    }

    /// The thumbnail's bytes, or `undefined`.
    pub fn thumbnail(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(optional_bytes(keep.characters().thumbnail(&id).await?)) })
    }

    /// The portrait and its media type, when there is no thumbnail of it and a browser can make one.
    pub fn undrawn(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let found = keep.characters().undrawn(&id).await?;
            Ok(found.map(|(image, kind)| {
                Array::of2(&Uint8Array::from(image.as_slice()), &JsValue::from(kind))
            }))
        })
    }

    /// The entry as JSON.
    pub fn draw(&self, id: String, rev: f64, image: Uint8Array) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let image = convert::bytes(&image, crate::error::Limits::default().file, "file")?;
            let entry = keep.characters().draw(&id, rev as u64, &image).await?;
            Ok(entry.to_string())
        })
    }

    /// `[{ entry, status, warnings }]` as JSON.
    #[wasm_bindgen(js_name = importChat)]
    pub fn import_chat(
        &self,
        bytes: Uint8Array,
        filename: String,
        options: JsValue,
        came: Option<Set>,
    ) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let mut options: ChatImport = convert::options(&options)?;
            if let Some(came) = came {
                options.came = Came::asking(move |id| came.has(&id.into()));
            }
            let bytes = convert::bytes(&bytes, options.limits.chat, "chat")?;
            Ok(keep
                .chats()
                .import(&bytes, &filename, &options)
                .await?
                .to_string())
        })
    }

    /// A `RawExportedChat`; `form` is one of `Form`'s names or `original`.
    #[wasm_bindgen(js_name = exportChat)]
    pub fn export_chat(&self, id: String, form: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let (exported, losses) = match form.as_str() {
                "original" => (keep.chats().original(&id).await?, Vec::new()),
                form => keep.chats().export_as(&id, form.parse()?).await?,
            };
            Ok(RawExportedChat {
                exported: Some(RawExport(exported)),
                losses,
            })
        })
    }

    /// The entry as JSON.
    #[wasm_bindgen(js_name = createChat)]
    pub fn create_chat(&self, chat: String, write: JsValue) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let write = convert::write(&write)?;
            Ok(keep.chats().create_as(&chat, write).await?.to_string())
        })
    }

    /// `{ entry, status, warnings }` as JSON.
    #[wasm_bindgen(js_name = importWorld)]
    pub fn import_world(&self, bytes: Uint8Array, limits: JsValue) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let limits = convert::limits(&limits)?;
            let bytes = convert::bytes(&bytes, limits.file, "file")?;
            Ok(keep.worlds().import(&bytes, &limits).await?.to_string())
        })
    }

    /// The entry as JSON.
    #[wasm_bindgen(js_name = createWorld)]
    pub fn create_world(&self, name: String, write: JsValue) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let write = convert::write(&write)?;
            Ok(keep.worlds().create_as(&name, write).await?.to_string())
        })
    }

    /// The world as JSON, or `undefined`.
    pub fn world(&self, id: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { keep.worlds().get(&id).await })
    }

    /// The world as JSON.
    #[wasm_bindgen(js_name = moveWorld)]
    pub fn move_world(&self, id: String, position: String, write: JsValue) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let write = convert::write(&write)?;
            keep.worlds().move_to(&id, &position, write).await
        })
    }

    /// The world as JSON.
    #[wasm_bindgen(js_name = setStat)]
    pub fn set_stat(&self, id: String, stat: String, value: String, write: JsValue) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let write = convert::write(&write)?;
            keep.worlds().set_stat(&id, &stat, &value, write).await
        })
    }

    /// `Settings` as JSON.
    pub fn settings(&self) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(keep.settings().get().await?.to_string()) })
    }

    /// `Settings` as JSON.
    #[wasm_bindgen(js_name = patchSettings)]
    pub fn patch_settings(&self, patch: String, write: JsValue) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let (patch, write) = (parse(&patch)?, convert::write(&write)?);
            Ok(keep.settings().patch_as(&patch, write).await?.to_string())
        })
    }

    /// `Validity` as JSON.
    #[wasm_bindgen(js_name = validateChat)]
    pub fn validate_chat(&self, chat: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move { Ok(convert::ascii(&keep.validate_chat(&chat).await?)) })
    }

    /// `Validity` as JSON.
    #[wasm_bindgen(js_name = validateSettings)]
    pub fn validate_settings(&self, patch: String) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            keep.answers().await?;
            Ok(convert::ascii(&keep.validate_settings(&parse(&patch)?)))
        })
    }

    /// `Settings` as JSON.
    #[wasm_bindgen(js_name = resetSettings)]
    pub fn reset_settings(&self, key: Option<String>, write: JsValue) -> Promise {
        let keep = self.keep.clone();
        promise(async move {
            let write = convert::write(&write)?;
            let settings = keep.settings().reset(key.as_deref(), write).await?;
            Ok(settings.to_string())
        })
    }
}

/// Keeps the second copy complete, the medium whole and the trash young while the keep is open.
async fn look_after(keep: Keep, on_event: Function) {
    // What the log lacks is in danger until a complete copy is made.
    if !keep.is_maintenance_due() {
        clock::pause(MAINTAIN_AFTER_MS).await;
    }
    let mut soon = MAINTAIN_SOON_MS;
    loop {
        // What fails now is due again, and nothing depends on it before.
        let done = keep.maintain_as_set().await;
        if let Err(error) = &done
            && error.kind() == Kind::Closed
        {
            return;
        }
        if let Ok(Maintained {
            recovered: Some(recovered),
            ..
        }) = done
        {
            let detail = convert::ascii(&recovered);
            tell(&on_event, "recovered", &detail);
        }
        let _ = keep.trash_can().expire().await;
        let mut waited = 0.0;
        soon = if keep.is_maintenance_due() {
            (soon * 2.0).min(MAINTAIN_EVERY_MS)
        } else {
            MAINTAIN_SOON_MS
        };
        while waited < MAINTAIN_EVERY_MS && !(keep.is_maintenance_due() && waited >= soon) {
            clock::pause(MAINTAIN_SOON_MS).await;
            waited += MAINTAIN_SOON_MS;
            // One that fails is told in the log, and is due again.
            let _ = keep.backups().tend().await;
        }
    }
}
