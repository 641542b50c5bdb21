//! Reads the discovery document and the keys of an issuer.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde::Deserialize;

use crate::key_set::{KeySet, KeySetError};
use crate::settings::{Settings, is_secure};

/// Longest time that both requests of a read may take: a handshake waits for them.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Longest time of a read while older keys are there: a request of `ingest` has 3 s in all, and the older keys serve when
/// the read fails.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(1);

/// Longest document, in bytes. Discovery documents have some 3 KB, and sets of keys with certificates some 15 KB.
const MAX_BYTES: usize = 128 * 1024;

/// Error of reading the keys of an issuer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssuerError {
    /// No answer, or none in time.
    #[error("the issuer cannot be reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// The requests took too long.
    #[error("the issuer did not answer in time")]
    Timeout,
    /// A document is longer than a set of keys may be.
    #[error("a document of the issuer has more than {MAX_BYTES} bytes")]
    TooLong,
    /// The discovery document cannot be parsed.
    #[error("the discovery document cannot be parsed: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The discovery document is that of another issuer (OpenID Connect Discovery 1.0, section 4.3).
    #[error("the discovery document is that of another issuer")]
    OtherIssuer,
    /// The address of the keys is not one over TLS.
    #[error("the address of the keys must begin with https://")]
    NoTls,
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeySetError),
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// Issuer of tokens.
#[derive(Debug)]
pub(crate) struct Issuer {
    client: Client,
    issuer: String,
    discovery: String,
}

impl Issuer {
    /// Makes the client. It follows no redirect: one could lead to another issuer, or off TLS.
    pub(crate) fn new(settings: &Settings) -> reqwest::Result<Self> {
        let client = Client::builder()
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .no_proxy()
            .build()?;
        Ok(Self {
            client,
            issuer: settings.issuer.clone(),
            discovery: settings.discovery(),
        })
    }

    /// Reads the keys as they are published now, within 3 s, or within 1 s as a refresh of keys that are there.
    pub(crate) async fn keys(&self, refresh: bool) -> Result<KeySet, IssuerError> {
        let limit = if refresh { REFRESH_TIMEOUT } else { TIMEOUT };
        let read = tokio::time::timeout(limit, self.read());
        read.await.unwrap_or(Err(IssuerError::Timeout))
    }

    async fn read(&self) -> Result<KeySet, IssuerError> {
        let document = self.get(&self.discovery).await?;
        let discovery: Discovery = serde_json::from_slice(&document)?;
        if discovery.issuer != self.issuer {
            return Err(IssuerError::OtherIssuer);
        }
        if !Url::parse(&discovery.jwks_uri).is_ok_and(|url| is_secure(&url)) {
            return Err(IssuerError::NoTls);
        }
        let keys = self.get(&discovery.jwks_uri).await?;
        Ok(KeySet::parse(&keys)?)
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, IssuerError> {
        let response = self.client.get(url).send().await?;
        // A redirect is an error here, too.
        let mut response = response.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(IssuerError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}
