//! What an upgrade of older data will do, and how far it has come.

use super::connector::tell;
use super::convert::{self, promise};
use super::idb::{IdbMedium, Listeners};
use super::rescue::RescuePort;
use crate::error::Kind;
use crate::store::{Medium, Plan, Upgrade};
use js_sys::{Function, Promise};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// Tells the listener of `upgrade`, with an `Upgrade` as JSON.
pub(super) fn hears_upgrades(listener: Function) -> Rc<dyn Fn(Upgrade)> {
    Rc::new(move |upgrade| {
        tell(&listener, "upgrade", &convert::ascii(&upgrade));
    })
}

/// `Plan` as JSON, or `undefined` when there is no keep of this name.
#[wasm_bindgen(js_name = planKeep)]
pub fn plan_keep(name: String, timeout_ms: f64, rescue: RescuePort) -> Promise {
    promise(async move {
        let listeners = Listeners {
            blocked: Rc::new(|| {}),
            ended: Rc::new(|_| {}),
        };
        let opened = match rescue.known(timeout_ms).await? {
            Some(place) => IdbMedium::open_at(&place, timeout_ms, false, listeners).await,
            None => IdbMedium::open(&name, timeout_ms, false, listeners).await,
        };
        let medium = match opened {
            Err(error) if error.kind() == Kind::NotFound => return Ok(None),
            opened => opened?,
        };
        let plan = Plan::of(&*medium).await;
        medium.close();
        Ok(plan?.map(|plan| convert::ascii(&plan)))
    })
}
