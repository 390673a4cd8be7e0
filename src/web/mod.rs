//! The browser edge: the only place that names the browser.
//!
//! A function here is convert, call, convert; what decides lives below.

mod clock;
mod idb;
mod request;

pub use idb::{IdbMedium, Listeners};
