//! Time: the date, and waiting with an end.

use super::request::Sender;
use super::stored::get;
use crate::error::{Kind, Result};
use js_sys::Function;
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(handler: &Function, milliseconds: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// Milliseconds since 1970.
pub(super) fn now_ms() -> i64 {
    js_sys::Date::now() as i64
}

/// Settles after so long.
pub(super) async fn wait(milliseconds: f64) {
    ring(milliseconds, |_| ()).await;
}

/// The same for what nobody waits for: Node may end meanwhile.
pub(super) async fn pause(milliseconds: f64) {
    let unref = |timer: &JsValue| {
        if let Some(unref) = get(timer, "unref").dyn_ref::<Function>() {
            // A timer of Node gives itself back.
            let _ = unref.call0(timer);
        }
    };
    ring(milliseconds, unref).await;
}

async fn ring(milliseconds: f64, set: impl FnOnce(&JsValue)) {
    let sender = Sender::<()>::new();
    let ring = sender.on(|_| Ok(()));
    let timer = set_timeout(ring.as_ref().unchecked_ref(), milliseconds);
    set(&timer);
    let alarm = sender.arrival(vec![ring], move || clear_timeout(&timer));
    // The only thing that is ever sent says that the time is over.
    let _ = alarm.await;
}

/// The future's result, or `timeout` when it takes longer.
pub(super) async fn within<T>(
    milliseconds: f64,
    what: &str,
    future: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut alarm = pin!(wait(milliseconds));
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        if let Poll::Ready(result) = future.as_mut().poll(context) {
            return Poll::Ready(result);
        }
        alarm.as_mut().poll(context).map(|_| {
            Err(Kind::Timeout.because(format!("{what} took longer than {milliseconds} ms")))
        })
    })
    .await
}
