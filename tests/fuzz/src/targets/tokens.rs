//! Tokens of a handshake, verified with the keys of an issuer on this machine.

#[path = "../../../../shared/identity/tests/it/issuer.rs"]
#[expect(dead_code, reason = "the tests of `identity` use the rest of it")]
mod issuer;

use jsonwebtoken::Algorithm;
use proptest::prelude::*;
use serde_json::json;
use tokio::runtime::Builder;

use self::issuer::{Issuer, Key};
use crate::damage::damaged;
use crate::options::Options;
use crate::run::{measured, run};

/// Longest input, in bytes: more than the headers of a handshake may have.
const MAX_BYTES: usize = 40_000;

/// Memory that a token may need, in bytes. Verifying is refused beyond 10 KB of text.
const MAX_MEMORY: usize = 4 * 1024 * 1024;

pub(crate) fn fuzz(options: &Options) -> anyhow::Result<bool> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let keys = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA]
        .map(|algorithm| Key::new(name(algorithm), algorithm));
    let keys: Vec<&Key> = keys.iter().collect();
    let issuer = runtime.block_on(Issuer::with(&keys));
    let verifier = issuer.verifier();
    runtime.block_on(verifier.warm_up());
    let claims = issuer.claims(&json!({ "groups": ["a", "b"], "exp": u32::MAX }));
    let tokens: Vec<String> = keys.iter().map(|key| key.sign(&claims)).collect();
    for token in &tokens {
        anyhow::ensure!(
            runtime.block_on(verifier.verify(token)).is_ok(),
            "a valid token is refused"
        );
    }
    let inputs = damaged(tokens.clone(), MAX_BYTES);
    Ok(run("tokens", options, &inputs, |token| {
        let (verified, memory) = measured(|| runtime.block_on(verifier.verify(&token)));
        prop_assert!(memory <= MAX_MEMORY, "{memory} bytes of memory");
        prop_assert_eq!(verified.is_ok(), tokens.contains(&token));
        Ok(())
    }))
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::ES256 => "es",
        Algorithm::EdDSA => "ed",
        _ => "rs",
    }
}
