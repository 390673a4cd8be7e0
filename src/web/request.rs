//! IndexedDB's requests and transactions as futures.
//!
//! Only a transaction's `complete` event means saved: a request may succeed and its
//! transaction still abort for want of space, with the reason in `transaction.error`
//! alone. So a completion is made before the first request and rejects with that.

use crate::error::{Error, Kind, Result};
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use wasm_bindgen::prelude::*;
use web_sys::{DomException, Event, IdbRequest, IdbTransaction};

type Handler = Closure<dyn FnMut(Event)>;

/// A value that arrives by an event, once.
pub(super) struct Arrival<T> {
    state: Rc<RefCell<State<T>>>,
    /// Takes the handlers off before the closures behind them are freed.
    detach: Box<dyn Fn()>,
    _handlers: Vec<Handler>,
}

struct State<T> {
    value: Option<Result<T>>,
    waker: Option<Waker>,
}

/// The sending side of an [`Arrival`].
pub(super) struct Sender<T>(Rc<RefCell<State<T>>>);

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender(Rc::clone(&self.0))
    }
}

impl<T: 'static> Sender<T> {
    pub(super) fn new() -> Sender<T> {
        Sender(Rc::new(RefCell::new(State {
            value: None,
            waker: None,
        })))
    }

    /// Settles the arrival; only the first value counts.
    pub(super) fn send(&self, value: Result<T>) {
        let waker = {
            let mut state = self.0.borrow_mut();
            state.value.get_or_insert(value);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// A handler that settles the arrival with what `value` makes of the event.
    pub(super) fn on(&self, mut value: impl FnMut(Event) -> Result<T> + 'static) -> Handler {
        let sender = self.clone();
        Closure::new(move |event| sender.send(value(event)))
    }

    pub(super) fn arrival(self, handlers: Vec<Handler>, detach: impl Fn() + 'static) -> Arrival<T> {
        Arrival {
            state: self.0,
            detach: Box::new(detach),
            _handlers: handlers,
        }
    }
}

impl<T> Future for Arrival<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.state.borrow_mut();
        match state.value.take() {
            Some(value) => Poll::Ready(value),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Arrival<T> {
    fn drop(&mut self) {
        (self.detach)();
    }
}

/// The result of a request.
pub(super) fn answer(request: IdbRequest) -> Arrival<JsValue> {
    let sender = Sender::new();
    let source = request.clone();
    let success = sender.on(move |_| source.result().map_err(|error| failure(&error)));
    let source = request.clone();
    let failed = sender.on(move |_| Err(exception(source.error().ok().flatten())));
    arriving(request, sender, success, failed)
}

fn arriving(
    request: IdbRequest,
    sender: Sender<JsValue>,
    success: Handler,
    failed: Handler,
) -> Arrival<JsValue> {
    request.set_onsuccess(Some(success.as_ref().unchecked_ref()));
    request.set_onerror(Some(failed.as_ref().unchecked_ref()));
    sender.arrival(vec![success, failed], move || {
        request.set_onsuccess(None);
        request.set_onerror(None);
    })
}

/// The same, of a value that could not be read before: when it still cannot, that is `null`, and
/// the transaction goes on.
pub(super) fn excused(request: IdbRequest) -> Arrival<JsValue> {
    let sender = Sender::new();
    let source = request.clone();
    let success = sender.on(move |_| source.result().map_err(|error| failure(&error)));
    let failed = sender.on(|event| {
        event.prevent_default();
        Ok(JsValue::NULL)
    });
    arriving(request, sender, success, failed)
}

/// The results of some requests of one transaction, in their order. They are answered in
/// their order too, so the last one's answer is waited for: an event for each of a thousand
/// costs more than reading them.
pub(super) fn answers(requests: Vec<IdbRequest>) -> impl Future<Output = Result<Vec<JsValue>>> {
    let last = requests.last().cloned().map(answer);
    async move {
        if let Some(last) = last {
            // Its failure may be only the consequence of another one's, which is found below.
            let _ = last.await;
        }
        // A request that failed has a result all the same: `undefined`, which reads as absent.
        let settled = |request: &IdbRequest| match request.error() {
            Ok(None) => request.result().map_err(|error| failure(&error)),
            Ok(Some(error)) => Err(exception(Some(error))),
            Err(pending) => Err(failure(&pending)),
        };
        requests.iter().map(settled).collect()
    }
}

/// The end of a transaction: complete, or the reason why it was aborted.
pub(super) fn completion(transaction: &IdbTransaction) -> Arrival<()> {
    let sender = Sender::new();
    let complete = sender.on(|_| Ok(()));
    let source = transaction.clone();
    let aborted = sender.on(move |_| Err(exception(source.error())));
    transaction.set_oncomplete(Some(complete.as_ref().unchecked_ref()));
    transaction.set_onabort(Some(aborted.as_ref().unchecked_ref()));
    let transaction = transaction.clone();
    sender.arrival(vec![complete, aborted], move || {
        transaction.set_oncomplete(None);
        transaction.set_onabort(None);
    })
}

/// A thrown value as an error.
pub(super) fn failure(thrown: &JsValue) -> Error {
    match thrown.dyn_ref::<DomException>() {
        Some(exception) => named(&exception.name(), &exception.message()),
        None => Kind::Medium.because(js_sys::Error::from(thrown.clone()).to_string()),
    }
}

fn exception(exception: Option<DomException>) -> Error {
    match exception {
        Some(exception) => named(&exception.name(), &exception.message()),
        None => Kind::Aborted.because("the transaction was aborted without a reason"),
    }
}

fn named(name: &str, message: &str) -> Error {
    let kind = match name {
        "QuotaExceededError" => Kind::Quota,
        "AbortError" => Kind::Aborted,
        "InvalidStateError" => Kind::Closed,
        "VersionError" => Kind::TooNew,
        "SecurityError" | "NotSupportedError" => Kind::NoSupport,
        "TimeoutError" => Kind::Timeout,
        _ => Kind::Medium,
    };
    kind.because(match (kind, message) {
        // Engines say "quota", or nothing.
        (Kind::Quota, _) => format!("the browser has no room left ({name})"),
        (_, "") => name.to_owned(),
        _ => format!("{name}: {message}"),
    })
}
