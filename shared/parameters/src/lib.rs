//! Parameters of Systems Manager, which hold what is secret or too long for an environment variable.

pub mod read;
