//! A simulator per test, and clients for it.

use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    operation::converse_stream::{ConverseStreamError, builders::ConverseStreamFluentBuilder},
    types::Message,
};
use serde_json::Value;
use simulator::{options::Options, server};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    message::{tool_configuration, user_message},
    response::Response,
};

/// Model id of the requests.
pub(crate) const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// A simulator that runs until the end of its test.
pub(crate) struct Simulator {
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    server: JoinHandle<()>,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Simulator {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            server::serve(listener, options, std::future::pending())
                .await
                .unwrap()
        });
        Self {
            url,
            http: reqwest::Client::new(),
            server,
        }
    }

    /// Returns a Bedrock Runtime client without retries, so that a test observes every fault.
    pub(crate) fn bedrock(&self) -> Client {
        self.bedrock_with_retries(RetryConfig::disabled())
    }

    pub(crate) fn bedrock_with_retries(&self, retries: RetryConfig) -> Client {
        let config = aws_sdk_bedrockruntime::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("a", "b", None, None, "test"))
            .endpoint_url(&self.url)
            .retry_config(retries);
        Client::from_conf(config.build())
    }

    /// Returns a `ConverseStream` request with one prompt and all tools.
    pub(crate) fn request(&self, prompt: &str) -> ConverseStreamFluentBuilder {
        self.request_with(vec![user_message(prompt)])
    }

    /// Returns a `ConverseStream` request with these messages and all tools.
    pub(crate) fn request_with(&self, messages: Vec<Message>) -> ConverseStreamFluentBuilder {
        self.bedrock()
            .converse_stream()
            .model_id(MODEL)
            .set_messages(Some(messages))
            .tool_config(tool_configuration())
    }

    /// Sends a prompt and reads the complete response.
    pub(crate) async fn response(&self, prompt: &str) -> Response {
        Response::receive(self.request(prompt)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.http
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub(crate) async fn put_scenario(&self, name: &str, scenario: &Value) {
        let url = format!("{}/_sim/scenarios/{name}", self.url);
        let response = self.http.put(url).json(scenario).send().await.unwrap();
        assert_eq!(response.status(), 204, "{}", response.text().await.unwrap());
    }

    /// Polls the records at a path until `condition` holds, for at most 5 s.
    pub(crate) async fn wait_for(&self, path: &str, condition: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let records = self.get(path).await;
            if condition(&records) {
                return records;
            }
            assert!(Instant::now() < deadline, "{path}: {records}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Sends a request and returns its error.
pub(crate) async fn service_error(request: ConverseStreamFluentBuilder) -> ConverseStreamError {
    request
        .send()
        .await
        .map(|_| ())
        .unwrap_err()
        .into_service_error()
}
