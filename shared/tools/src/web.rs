//! Requests to external web services, with a bound on the size of the response.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest time to connect.
const CONNECT: Duration = Duration::from_secs(3);

/// Longest idle time of a pooled connection. Lambda freezes a function between invocations, and a connection that
/// was idle for longer is likely closed by the server.
const IDLE: Duration = Duration::from_secs(20);

/// Longest response body, in bytes.
pub const MAX_BODY: usize = 256 * 1024;

/// Error of a request, for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebError {
    /// The connection failed. The URL is left out, because it contains arguments of the call.
    #[error("the service cannot be reached: {0:?}")]
    Unreachable(reqwest::Error),
    /// The service returned a status other than success.
    #[error("the service answered {0}")]
    Status(reqwest::StatusCode),
    /// The response body exceeds [`MAX_BODY`].
    #[error("the answer is longer than {MAX_BODY} bytes")]
    TooLong,
    /// The response body is not the expected JSON.
    #[error("the answer cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl From<reqwest::Error> for WebError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }
}

/// Builds the HTTP client of all tools. Built once and shared, because it pools connections.
pub fn client() -> reqwest::Result<Client> {
    Client::builder()
        .user_agent(concat!("longwire/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .redirect(Policy::none())
        .build()
}

/// Sends a GET request and parses the JSON response of at most [`MAX_BODY`] bytes. The time limit is that of the
/// tool.
pub(crate) async fn get_json<T: DeserializeOwned>(
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
