//! Running futures of the memory medium: they are always ready, so one poll is enough
//! and no executor becomes a dependency.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The result of a future that never waits.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    until_it_waits(future).expect("nothing over the memory medium waits")
}

/// Runs a future until it is done or waits for the first time; then it ends where it is, as
/// what a page does ends with the page.
pub fn until_it_waits<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// The result of a future that waits for nobody but itself; `None` when it never ends: one that
/// gives way is polled again, one whose answer never comes stays as it is.
pub fn settled<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..1_000).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}
