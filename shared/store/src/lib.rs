//! The DynamoDB tables `threads`, `connections` and `users`.
//!
//! Every write is conditional or may be repeated without harm. A write whose response was lost is sent again; when
//! its condition then fails, the item that DynamoDB returns shows whether the first request took effect.

mod batch;
pub mod error;
pub mod event_key;
pub mod item;
mod retry;
mod transact;
mod update;

pub mod active_threads;
pub mod connections;
pub mod threads;
pub mod users;
