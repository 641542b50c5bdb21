//! Plays, on one machine and for development only, the services that Longwire uses.

pub mod error;
pub mod options;
pub mod server;
pub mod stop;

pub mod converse;
pub mod journal;
pub mod knowledge;
pub mod play;
pub mod scenario;

mod clock;
mod ids;
mod reasoning;
mod records;
mod script;
mod state;
mod upstream;
mod validate;
mod weather;

/// The one Knowledge Base there is.
pub const KNOWLEDGE_BASE_ID: &str = "KBSIM00001";
