//! Issuer on this machine, with real keys.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::get;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use longwire_identity::settings::Settings;
use longwire_identity::verifier::Verifier;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Bytes before the RSA key in its PKCS #8 envelope, for 2,048 bits.
const ENVELOPE: usize = 26;

/// Application of the tests.
pub(crate) const AUDIENCE: &str = "app";

/// Private key with its id.
pub(crate) struct Key {
    pub(crate) id: &'static str,
    pub(crate) algorithm: Algorithm,
    pub(crate) private: EncodingKey,
}

impl Key {
    pub(crate) fn new(id: &'static str, algorithm: Algorithm) -> Self {
        let random = SystemRandom::new();
        let private = match algorithm {
            Algorithm::ES256 => {
                let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
                EncodingKey::from_ec_der(key.expect("a key").as_ref())
            }
            Algorithm::EdDSA => {
                let key = Ed25519KeyPair::generate_pkcs8v1(&random).expect("a key");
                EncodingKey::from_ed_der(key.as_ref())
            }
            _ => {
                let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
                let der: Pkcs8V1Der<'_> = key.as_der().expect("a key");
                EncodingKey::from_rsa_der(&der.as_ref()[ENVELOPE..])
            }
        };
        Self {
            id,
            algorithm,
            private,
        }
    }

    /// Public key as the issuer publishes it.
    pub(crate) fn public(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.private, self.algorithm).expect("a public key");
        let mut jwk = json!(jwk);
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk
    }

    /// Signs claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&self.header(), claims)
    }

    /// Signs claims under another header.
    pub(crate) fn sign_with(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.private).expect("a token")
    }

    pub(crate) fn header(&self) -> Header {
        Header {
            kid: Some(self.id.to_owned()),
            ..Header::new(self.algorithm)
        }
    }
}

#[derive(Clone)]
struct Published {
    url: Arc<str>,
    issuer: Arc<Mutex<String>>,
    /// Address of the keys in the discovery document.
    address: Arc<Mutex<String>>,
    keys: Arc<Mutex<Value>>,
    reads: Arc<AtomicUsize>,
    down: Arc<AtomicBool>,
}

/// Issuer that serves its discovery document and its keys.
pub(crate) struct Issuer {
    published: Published,
}

impl Issuer {
    pub(crate) async fn with(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let keys = keys.iter().map(|key| key.public()).collect();
        let published = Published {
            issuer: Arc::new(Mutex::new(url.clone())),
            address: Arc::new(Mutex::new(format!("{url}/keys"))),
            url: url.into(),
            down: Arc::default(),
            keys: Arc::new(Mutex::new(Value::Array(keys))),
            reads: Arc::default(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys_of))
            .route("/redirect", get(Redirect::temporary("/keys")))
            .with_state(published.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { published }
    }

    pub(crate) fn url(&self) -> &str {
        &self.published.url
    }

    /// Number of times at which the keys were read.
    pub(crate) fn reads(&self) -> usize {
        self.published.reads.load(Ordering::SeqCst)
    }

    /// Replaces the keys.
    pub(crate) fn publish(&self, keys: Value) {
        *self.published.keys.lock().expect("no panic") = keys;
    }

    /// Replaces the address of the keys in the discovery document.
    pub(crate) fn move_keys(&self, address: &str) {
        *self.published.address.lock().expect("no panic") = address.to_owned();
    }

    /// Makes the issuer answer with an error, or well again.
    pub(crate) fn set_down(&self, down: bool) {
        self.published.down.store(down, Ordering::SeqCst);
    }

    /// Replaces the name in the discovery document.
    pub(crate) fn rename(&self, name: &str) {
        *self.published.issuer.lock().expect("no panic") = name.to_owned();
    }

    pub(crate) fn verifier(&self) -> Verifier {
        let settings = Settings::new(self.url(), AUDIENCE, None).expect("an issuer");
        Verifier::new(settings).expect("a client")
    }

    /// Claims of a valid token of the user `u_7`, with these replaced; `null` removes one.
    pub(crate) fn claims(&self, replaced: &Value) -> Value {
        let now = now();
        let mut claims = json!({
            "iss": self.url(), "aud": AUDIENCE, "sub": "u_7", "iat": now, "exp": now + 600
        });
        let map = claims.as_object_mut().expect("an object");
        for (name, value) in replaced.as_object().expect("an object") {
            match value {
                Value::Null => map.remove(name),
                value => map.insert(name.clone(), value.clone()),
            };
        }
        claims
    }
}

/// Current time, in seconds since 1970.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970").as_secs()
}

async fn discovery(State(published): State<Published>) -> Result<String, StatusCode> {
    if published.down.load(Ordering::SeqCst) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let issuer = published.issuer.lock().expect("no panic").clone();
    let address = published.address.lock().expect("no panic").clone();
    Ok(json!({ "issuer": issuer, "jwks_uri": address }).to_string())
}

async fn keys_of(State(published): State<Published>) -> String {
    published.reads.fetch_add(1, Ordering::SeqCst);
    let keys = published.keys.lock().expect("no panic").clone();
    json!({ "keys": keys }).to_string()
}
