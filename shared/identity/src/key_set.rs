//! Public keys of an issuer.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// Most keys of a set. Issuers publish two to four.
const MAX_KEYS: usize = 32;

/// Error of a set of keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeySetError {
    /// The document is not a set of keys.
    #[error("the set of keys cannot be parsed")]
    Malformed(#[from] serde_json::Error),
    /// The set has too many keys.
    #[error("the set has more than {MAX_KEYS} keys")]
    TooMany,
    /// None of the keys can verify a token.
    #[error("no key of the set can verify a token")]
    Empty,
}

/// Key with the one algorithm for which it is used.
#[derive(Debug)]
pub(crate) struct Key {
    id: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(crate) decoding: DecodingKey,
}

/// Keys of an issuer that can verify tokens.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Parses a set of keys (RFC 7517). Keys of other kinds are left out: secrets (`oct`), keys for encryption, and
    /// algorithms other than RS256, ES256 and EdDSA.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, KeySetError> {
        let document: Document = serde_json::from_slice(document)?;
        if document.keys.len() > MAX_KEYS {
            return Err(KeySetError::TooMany);
        }
        // A key of an unknown kind must not hide the others.
        let keys = document.keys.into_iter();
        let keys = keys.filter_map(|key| serde_json::from_value(key).ok());
        let keys: Vec<Key> = keys.filter_map(|key| Key::of(&key)).collect();
        if keys.is_empty() {
            return Err(KeySetError::Empty);
        }
        Ok(Self { keys })
    }

    /// Key of this id. A token without an id is verified by the only key, if there is one.
    pub(crate) fn find(&self, id: Option<&str>) -> Option<&Key> {
        match id {
            Some(id) => self.keys.iter().find(|key| key.id.as_deref() == Some(id)),
            None => match self.keys.as_slice() {
                [only] => Some(only),
                _ => None,
            },
        }
    }
}

impl Key {
    fn of(jwk: &Jwk) -> Option<Self> {
        let signs = matches!(
            jwk.common.public_key_use,
            None | Some(PublicKeyUse::Signature)
        );
        let algorithm = algorithm(jwk).filter(|_| signs)?;
        Some(Self {
            id: jwk.common.key_id.clone(),
            algorithm,
            decoding: DecodingKey::from_jwk(jwk).ok()?,
        })
    }
}

/// Algorithm of a key: that of its type, which the key's own `alg` must not contradict.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let agrees = jwk.common.key_algorithm.is_none_or(|own| own == named);
    agrees.then_some(algorithm)
}
