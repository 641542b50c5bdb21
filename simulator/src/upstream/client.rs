//! HTTP client of the upstream server.

use std::time::Duration;

use futures::{Stream, StreamExt};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use sse_stream::SseStream;

use crate::{
    error::{AwsError, ErrorKind},
    options::Upstream,
};

/// Connect timeout. It is short so that an unreachable server fails fast; the response has no timeout, because
/// the caller has its own.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Client of one upstream server.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    model: Option<String>,
    key: Option<String>,
    /// Forces the tool that the rules would call.
    pub(crate) force_tools: bool,
}

impl Client {
    /// Creates the client; `None` without a base URL.
    ///
    /// # Errors
    /// Fails when the HTTP client cannot be built.
    pub(crate) fn from_options(options: Upstream) -> Result<Option<Self>, reqwest::Error> {
        let Some(base_url) = options.base_url.filter(|url| !url.is_empty()) else {
            return Ok(None);
        };
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .build()?;
        let url = format!("{}/chat/completions", base_url.trim_end_matches('/'));
        Ok(Some(Self {
            http,
            url,
            model: options.model,
            key: options.key,
            force_tools: options.force_tools,
        }))
    }

    /// Returns the configured model id, or the requested one.
    pub(crate) fn model<'a>(&'a self, requested: &'a str) -> &'a str {
        self.model.as_deref().unwrap_or(requested)
    }

    /// Sends a request and returns the data of each server-sent event. Dropping the stream closes the
    /// connection, which stops the generation.
    ///
    /// # Errors
    /// The closest Bedrock error to an error response; `ServiceUnavailableException` without a response.
    pub(crate) async fn complete(
        &self,
        body: &Value,
    ) -> Result<impl Stream<Item = Result<String, AwsError>> + Send + use<>, AwsError> {
        let mut request = self.http.post(&self.url).json(body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request
            .send()
            .await
            .map_err(|error| transport_error(&error))?;
        let response = check_status(response).await?;
        Ok(
            SseStream::from_bytes_stream(response.bytes_stream()).filter_map(async |event| {
                match event {
                    Ok(event) => event.data.map(Ok),
                    Err(error) => Some(Err(transport_error(&error))),
                }
            }),
        )
    }
}

async fn check_status(response: Response) -> Result<Response, AwsError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::Throttling,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ErrorKind::AccessDenied,
        StatusCode::NOT_FOUND => ErrorKind::ResourceNotFound,
        StatusCode::SERVICE_UNAVAILABLE => ErrorKind::ServiceUnavailable,
        status if status.is_client_error() => ErrorKind::Validation,
        _ => ErrorKind::InternalServer,
    };
    let body = response.text().await.unwrap_or_default();
    Err(AwsError {
        kind,
        message: format!("The upstream model answered {status}: {body}"),
    })
}

fn transport_error(error: &dyn std::error::Error) -> AwsError {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let message = causes.fold(
        format!("The upstream model failed: {error}"),
        |text, cause| format!("{text}: {cause}"),
    );
    AwsError {
        kind: ErrorKind::ServiceUnavailable,
        message,
    }
}
