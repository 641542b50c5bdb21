//! The connection to the server.

use std::time::Duration;

use futures::{Stream, StreamExt};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use sse_stream::SseStream;

use crate::{
    error::{AwsError, Kind},
    options::Upstream,
};

/// A server that is not there should be told soon; how long it may think is the caller's business.
const CONNECT: Duration = Duration::from_secs(3);

/// An upstream model.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    model: Option<String>,
    key: Option<String>,
    pub(crate) force_tools: bool,
}

impl Client {
    /// The client for these options; `None` when they name no server.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub(crate) fn from_options(options: Upstream) -> Result<Option<Self>, reqwest::Error> {
        let Some(base_url) = options.base_url.filter(|url| !url.is_empty()) else {
            return Ok(None);
        };
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
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

    /// The model to name.
    pub(crate) fn model<'a>(&'a self, asked: &'a str) -> &'a str {
        self.model.as_deref().unwrap_or(asked)
    }

    /// Sends a request; gives the data of each event. Letting go of the stream closes the connection,
    /// which stops the generation.
    ///
    /// # Errors
    /// The server's refusal, as the error of Bedrock that comes nearest.
    pub(crate) async fn ask(
        &self,
        body: &Value,
    ) -> Result<impl Stream<Item = Result<String, AwsError>> + Send + use<>, AwsError> {
        let mut request = self.http.post(&self.url).json(body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(|error| failed(&error))?;
        let response = accepted(response).await?;
        Ok(
            SseStream::from_bytes_stream(response.bytes_stream()).filter_map(async |event| {
                match event {
                    Ok(event) => event.data.map(Ok),
                    Err(error) => Some(Err(failed(&error))),
                }
            }),
        )
    }
}

async fn accepted(response: Response) -> Result<Response, AwsError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => Kind::Throttling,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Kind::AccessDenied,
        StatusCode::NOT_FOUND => Kind::ResourceNotFound,
        StatusCode::SERVICE_UNAVAILABLE => Kind::ServiceUnavailable,
        status if status.is_client_error() => Kind::Validation,
        _ => Kind::InternalServer,
    };
    let said = response.text().await.unwrap_or_default();
    Err(AwsError {
        kind,
        message: format!("The upstream model answered {status}: {said}"),
    })
}

fn failed(error: &dyn std::error::Error) -> AwsError {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    let message = causes.fold(
        format!("The upstream model failed: {error}"),
        |text, cause| format!("{text}: {cause}"),
    );
    AwsError {
        kind: Kind::ServiceUnavailable,
        message,
    }
}
