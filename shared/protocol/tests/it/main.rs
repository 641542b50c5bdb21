//! Integration tests of the wire protocol, in one binary.

mod format;
mod numbered;
