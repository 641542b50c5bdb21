//! Environment of the program.

use std::env;
use std::ffi::OsString;

/// Variable with the token of a deployment that needs one.
const TOKEN: &str = "LONGWIRE_TOKEN";

/// Token of the environment; `None` when it is empty or absent.
pub(crate) fn token() -> Option<OsString> {
    env::var_os(TOKEN).filter(|token| !token.is_empty())
}
