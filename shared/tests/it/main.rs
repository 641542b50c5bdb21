//! The one integration test binary of `shared`.

mod sender;
