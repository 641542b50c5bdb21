//! OpenID Connect issuer: signs a token for any subject, and publishes the keys that verify it.

pub(crate) mod fault;
pub(crate) mod keys;
pub(crate) mod routes;

mod address;
mod claims;
mod signing_key;
