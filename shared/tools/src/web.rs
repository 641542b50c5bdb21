//! Asking other people's services: one client, little trust.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use serde::Serialize;
use serde::de::DeserializeOwned;

const CONNECT: Duration = Duration::from_secs(3);

/// A function sleeps between invocations; a connection that slept longer than this is likely dead.
const IDLE: Duration = Duration::from_secs(20);

/// The longest answer that is read, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// Why a service gave no answer; for the log.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// It could not be reached, or broke off. The URL is left out: it says what somebody asked.
    #[error("the service cannot be reached: {0:?}")]
    Unreachable(reqwest::Error),
    /// It said no.
    #[error("the service answered {0}")]
    Status(reqwest::StatusCode),
    /// It said too much.
    #[error("the answer is longer than {MAX_BODY} bytes")]
    TooLong,
    /// It said something else.
    #[error("the answer cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl From<reqwest::Error> for WebError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }
}

/// The client all tools share. Build it once: it holds the certificates and the connections.
pub fn client() -> reqwest::Result<Client> {
    Client::builder()
        .user_agent(concat!("longwire/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .redirect(Policy::none())
        .build()
}

/// Gets a JSON answer of at most [`MAX_BODY`] bytes. The time limit is the tool's.
pub async fn get_json<T: DeserializeOwned>(
    http: &Client,
    url: &str,
    query: &impl Serialize,
) -> Result<T, WebError> {
    let mut response = http.get(url).query(query).send().await?;
    if !response.status().is_success() {
        return Err(WebError::Status(response.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(WebError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(serde_json::from_slice(&body)?)
}
