//! The integration tests of `shared`, in one binary: linking is what takes the time.

mod format;
mod history;
mod line;
mod sender;
mod tools;
