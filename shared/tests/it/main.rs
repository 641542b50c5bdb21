//! The integration tests of `shared`, in one binary: linking is what takes the time.

mod history;
mod tools;
