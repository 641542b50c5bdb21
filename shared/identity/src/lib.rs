//! Tokens of an OpenID Connect issuer, and the user that they name.
//!
//! A token is a JWT that the issuer signed. [`Verifier::verify`](verifier::Verifier::verify) checks its signature with a key
//! that the issuer publishes, and its claims, and returns the [`Identity`](longwire_core::identity::Identity). The key
//! decides which algorithm is right, never the token: a token that could choose one could choose a weak one, or one for
//! which the public key is a secret.
//!
//! Files: `verifier` verifies one token; `key_cache` decides when the keys are fetched; `issuer` fetches them; `key_set`
//! reads them; `claims` checks what a token says.

pub mod mode;

pub mod settings;
pub mod verifier;

mod claims;
mod issuer;
mod key_cache;
mod key_set;
