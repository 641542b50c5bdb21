//! The program against a small server on this machine.

mod answers;
mod failures;
mod program;
mod server;
mod tls;
