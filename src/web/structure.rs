//! The structure of the database, and the connection to it.
//!
//! rexie declares and upgrades the structure. Its builder deletes what the declaration
//! leaves out: the declaration below is complete and append-only.

use super::request::{Sender, failure};
use super::rescue::Place;
use super::stored::{get, set};
use crate::error::{Kind, Result};
use crate::store::Table;
use js_sys::{Function, Object};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbFactory};

/// Version of the structure: raised only when a table or index is added below.
const STRUCTURE: u32 = 1;

const TABLES: [Table; 4] = [Table::Rows, Table::Pages, Table::Journal, Table::Meta];

/// Opens the raw connection. A database without structure, or with an older one, is
/// left to rexie and opened again, if one may be made; one with a newer structure is opened
/// as it is, and the keep's own record says whether it may be written. What lacks tables gets them.
pub(super) async fn connect(name: &str, make: bool, blocked: Rc<dyn Fn()>) -> Result<IdbDatabase> {
    let factory: IdbFactory = match get(&js_sys::global(), "indexedDB") {
        found if found.is_object() => found.unchecked_into(),
        _ => return Err(Kind::NoSupport.because("there is no IndexedDB here")),
    };
    let opened = |database| completed(&factory, name, database, make, Rc::clone(&blocked));
    match request_open(&factory, name, Some(STRUCTURE), Rc::clone(&blocked), None).await {
        Ok(Opened::Ready(database)) => return opened(database).await,
        Ok(Opened::NeedsStructure) if !make => {
            return Err(Kind::NotFound.because("the database is not there any more"));
        }
        Ok(Opened::NeedsStructure) => declare(name).await?,
        Err(error) if error.kind() == Kind::TooNew => {
            let found = request_open(&factory, name, None, Rc::clone(&blocked), None).await?;
            if let Opened::Ready(database) = found {
                return opened(database).await;
            }
            return Err(Kind::Medium.because("the database vanished while it was opened"));
        }
        Err(error) => return Err(error),
    }
    match request_open(&factory, name, Some(STRUCTURE), blocked, None).await? {
        Opened::Ready(database) => Ok(database),
        Opened::NeedsStructure => {
            Err(Kind::Medium.because("the database has no structure after it was made"))
        }
    }
}

/// The same at another place, where rexie cannot get: it knows the origin's own only.
pub(super) async fn connect_at(
    place: &Place,
    make: bool,
    blocked: Rc<dyn Fn()>,
) -> Result<IdbDatabase> {
    let (factory, name) = (place.factory(), place.name());
    let declare = make.then_some(declare_by_hand as Declare);
    let version = Some(STRUCTURE);
    let opened = match request_open(&factory, &name, version, Rc::clone(&blocked), declare).await {
        Err(error) if error.kind() == Kind::TooNew => {
            request_open(&factory, &name, None, Rc::clone(&blocked), None).await
        }
        opened => opened,
    };
    match opened? {
        Opened::Ready(database) => completed(&factory, &name, database, make, blocked).await,
        Opened::NeedsStructure => Err(Kind::NotFound.because("the database is not there any more")),
    }
}

/// A database as it is when it has every table. One that somebody else made under this name, or
/// that came back without its tables, gets those that it lacks: as empty ones they are healed.
async fn completed(
    factory: &IdbFactory,
    name: &str,
    database: IdbDatabase,
    make: bool,
    blocked: Rc<dyn Fn()>,
) -> Result<IdbDatabase> {
    let there = database.object_store_names();
    if TABLES.iter().all(|table| there.contains(table.name())) {
        return Ok(database);
    }
    let next = database.version() as u32 + 1;
    database.close();
    if !make {
        return Err(Kind::NotFound.because("the database has not all of its tables"));
    }
    let declare = Some(declare_by_hand as Declare);
    match request_open(factory, name, Some(next), blocked, declare).await? {
        Opened::Ready(database) => Ok(database),
        Opened::NeedsStructure => {
            Err(Kind::Medium.because("the tables that the database lacks could not be made"))
        }
    }
}

type Declare = fn(&IdbDatabase) -> std::result::Result<(), JsValue>;

enum Opened {
    Ready(IdbDatabase),
    NeedsStructure,
}

/// One open request. An upgrade without a declaration is aborted, which leaves the
/// database as it was.
async fn request_open(
    factory: &IdbFactory,
    name: &str,
    version: Option<u32>,
    blocked: Rc<dyn Fn()>,
    declare: Option<Declare>,
) -> Result<Opened> {
    let request = match version {
        Some(version) => factory.open_with_u32(name, version),
        None => factory.open(name),
    };
    let request = request.map_err(|thrown| failure(&thrown))?;
    let needs_structure = Rc::new(std::cell::Cell::new(false));
    let sender = Sender::<Opened>::new();
    let source = request.clone();
    let success = sender.on(move |_| match source.result() {
        Ok(database) => Ok(Opened::Ready(database.unchecked_into())),
        Err(thrown) => Err(failure(&thrown)),
    });
    let (source, aborted) = (request.clone(), Rc::clone(&needs_structure));
    let failed = sender.on(move |event| {
        event.prevent_default();
        match source.error() {
            _ if aborted.get() => Ok(Opened::NeedsStructure),
            Ok(Some(exception)) => Err(failure(&exception)),
            _ => Err(Kind::Medium.because("opening failed without a reason")),
        }
    });
    let source = request.clone();
    let upgrade: Closure<dyn FnMut(web_sys::Event)> = Closure::new(move |_| {
        let database = source.result().map(JsCast::unchecked_into);
        if declare.is_some_and(|declare| database.is_ok_and(|made| declare(&made).is_ok())) {
            return;
        }
        needs_structure.set(true);
        if let Some(transaction) = source.transaction() {
            let _ = transaction.abort();
        }
    });
    let waiting: Closure<dyn FnMut(web_sys::Event)> = Closure::new(move |_| blocked());
    request.set_onsuccess(Some(success.as_ref().unchecked_ref()));
    request.set_onerror(Some(failed.as_ref().unchecked_ref()));
    request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
    request.set_onblocked(Some(waiting.as_ref().unchecked_ref()));
    let detached = request.clone();
    let arrival = sender.arrival(vec![success, failed, upgrade, waiting], move || {
        detached.set_onsuccess(None);
        detached.set_onerror(None);
        detached.set_onupgradeneeded(None);
        detached.set_onblocked(None);
    });
    arrival.await
}

/// Makes or upgrades the structure. Complete, and append-only: what is missing here
/// would be deleted, with everything in it.
async fn declare(name: &str) -> Result<()> {
    let rows = rexie::ObjectStore::new(Table::Rows.name())
        .add_index(rexie::Index::new("by", "by").multi_entry(true));
    let declared = rexie::Rexie::builder(name)
        .version(STRUCTURE)
        .add_object_store(rows)
        .add_object_store(rexie::ObjectStore::new(Table::Pages.name()))
        .add_object_store(rexie::ObjectStore::new(Table::Journal.name()))
        .add_object_store(rexie::ObjectStore::new(Table::Meta.name()))
        .build()
        .await;
    match declared {
        Ok(rexie) => {
            rexie.close();
            Ok(())
        }
        Err(cause) => Err(Kind::Medium
            .because("the structure could not be made")
            .caused_by(format!("{cause:?}"))),
    }
}

/// The structure of [`declare`], for a place that has none of it or an older one.
fn declare_by_hand(database: &IdbDatabase) -> std::result::Result<(), JsValue> {
    let there = database.object_store_names();
    for table in TABLES {
        if there.contains(table.name()) {
            continue;
        }
        let store = database.create_object_store(table.name())?;
        if table == Table::Rows {
            let options = Object::new();
            set(&options, "multiEntry", &true.into());
            let index: Function = get(&store, "createIndex").unchecked_into();
            index.call3(&store, &"by".into(), &"by".into(), &options)?;
        }
    }
    Ok(())
}
