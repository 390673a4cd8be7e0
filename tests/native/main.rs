//! What holds outside the browser: formats, engine, keep.

mod json;
