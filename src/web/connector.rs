//! Connections to IndexedDB for [`Connection`](crate::store::Connection), and the browser's
//! timers and chance.

use super::clock;
use super::idb::{IdbMedium, Listeners};
use super::rescue::{Place, RescuePort};
use crate::error::Kind;
use crate::store::{Connector, Ending, Medium, Pending, Task, Turn};
use js_sys::Function;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// One database of this origin.
pub(super) struct Database {
    pub name: String,
    /// Where to go when it cannot be opened any more.
    pub rescue: RescuePort,
    /// Where it is instead, once that was looked for.
    pub place: RefCell<Option<Place>>,
    pub looked: Cell<bool>,
    /// How long connecting, and each answer while the keep is being opened, may take.
    pub timeout_ms: f64,
    pub on_blocked: Option<Function>,
    /// Told of `reopened` and `closed`.
    pub on_event: Function,
}

impl Connector for Database {
    fn connect(&self, make: bool, ended: Rc<dyn Fn(Ending)>) -> Pending<'_, Rc<dyn Medium>> {
        Box::pin(async move {
            let blocked = self.on_blocked.clone();
            let listeners = Listeners {
                blocked: Rc::new(move || {
                    if let Some(blocked) = &blocked {
                        call(blocked.call0(&JsValue::NULL));
                    }
                }),
                ended,
            };
            if !self.looked.get() {
                self.place
                    .replace(self.rescue.known(self.timeout_ms).await?);
                self.looked.set(true);
            }
            let place = self.place.borrow().clone();
            let opened = match place {
                Some(place) => IdbMedium::open_at(&place, self.timeout_ms, make, listeners).await,
                None => IdbMedium::open(&self.name, self.timeout_ms, make, listeners).await,
            };
            let medium: Rc<dyn Medium> = opened?;
            Ok(medium)
        })
    }

    fn go_elsewhere(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            if self.place.borrow().is_some() {
                return Err(Kind::Medium.because("there is no third place"));
            }
            let place = self.rescue.new_place(self.timeout_ms).await?;
            let place = place.ok_or_else(|| Kind::Medium.because("another tab has it open"))?;
            self.place.replace(Some(place));
            Ok(())
        })
    }

    fn wait(&self, milliseconds: f64) -> Task<'_> {
        Box::pin(clock::wait(milliseconds))
    }

    fn chance(&self) -> f64 {
        js_sys::Math::random()
    }

    fn spawn(&self, task: Task<'static>) {
        spawn_local(task);
    }

    fn tell(&self, turn: Turn) {
        let turn = match turn {
            Turn::Reopened => "reopened",
            Turn::Closed => "closed",
        };
        tell(&self.on_event, turn, "{}");
    }
}

/// Tells the face in JavaScript of an event.
pub(super) fn tell(listener: &Function, event: &str, detail: &str) {
    call(listener.call2(&JsValue::NULL, &event.into(), &detail.into()));
}

/// A listener that throws does not undo what it was told of.
pub(super) fn call(result: std::result::Result<JsValue, JsValue>) {
    if let Err(thrown) = result {
        web_sys::console::error_1(&thrown);
    }
}
