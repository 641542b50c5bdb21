//! One signing key: its public half as a JSON Web Key, and the tokens that it signs.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
        RsaKeyPair, RsaPublicKeyComponents,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ids;

/// Reason for which generating a key and signing cannot fail.
const NEEDS: &str = "keys and signatures need only memory and random numbers";

/// Algorithm of a signature ("RFC 7518", section 3.1; "RFC 8037", section 3.1).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Algorithm {
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// All algorithms.
    pub(crate) const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];
}

/// A key pair with the id that its tokens name.
#[derive(Debug)]
pub(crate) struct SigningKey {
    id: String,
    algorithm: Algorithm,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// Generates a key. For RSA it takes up to seconds in a development build.
    pub(crate) fn generate(algorithm: Algorithm) -> Self {
        let pair = match algorithm {
            Algorithm::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048).map(Pair::Rsa),
            Algorithm::Es256 => {
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::Ecdsa)
            }
            Algorithm::EdDsa => Ed25519KeyPair::generate().map(Pair::Ed25519),
        };
        Self {
            id: ids::signing_key(),
            algorithm,
            pair: pair.expect(NEEDS),
        }
    }

    /// Returns the public key as a JSON Web Key ("RFC 7517").
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = self.pair.public_members();
        jwk["kid"] = json!(self.id);
        jwk["alg"] = json!(self.algorithm);
        jwk["use"] = json!("sig");
        jwk
    }

    /// Returns a signed JSON Web Token with these claims ("RFC 7515", compact serialization).
    pub(crate) fn token(&self, claims: &Value) -> String {
        let header = json!({ "typ": "JWT", "alg": self.algorithm, "kid": self.id });
        let message = format!(
            "{}.{}",
            encoded(header.to_string()),
            encoded(claims.to_string())
        );
        let signature = encoded(self.pair.signature(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

impl Pair {
    /// Returns the members of a JSON Web Key that only keys of this type have.
    fn public_members(&self) -> Value {
        match self {
            Self::Rsa(pair) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "n": encoded(public.n), "e": encoded(public.e) })
            }
            Self::Ecdsa(pair) => {
                // An uncompressed point: the byte 4, x and y ("SEC 1", section 2.3.3).
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y) })
            }
            Self::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key()) })
            }
        }
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .expect(NEEDS);
                signature
            }
            Self::Ecdsa(pair) => {
                let signature = pair.sign(&random, message).expect(NEEDS);
                signature.as_ref().to_vec()
            }
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
