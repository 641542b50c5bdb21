//! x

pub mod error;
pub mod retry;

pub mod connections;
pub mod threads;
