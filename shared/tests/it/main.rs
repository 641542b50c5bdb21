//! The one integration test binary of `shared`.

mod format;
mod line;
mod sender;
