//! One simulator per test, and clients for it.

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
    answer::Answer,
    message::{tools, user},
};

pub(crate) const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// A simulator that ends with its test.
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
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
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

    /// Bedrock Runtime without retries: each fault is seen as it is.
    pub(crate) fn bedrock(&self) -> Client {
        self.bedrock_with(RetryConfig::disabled())
    }

    pub(crate) fn bedrock_with(&self, retries: RetryConfig) -> Client {
        let config = aws_sdk_bedrockruntime::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("a", "b", None, None, "test"))
            .endpoint_url(&self.url)
            .retry_config(retries);
        Client::from_conf(config.build())
    }

    pub(crate) fn ask(&self, prompt: &str) -> ConverseStreamFluentBuilder {
        self.converse(vec![user(prompt)])
    }

    pub(crate) fn converse(&self, messages: Vec<Message>) -> ConverseStreamFluentBuilder {
        self.bedrock()
            .converse_stream()
            .model_id(MODEL)
            .set_messages(Some(messages))
            .tool_config(tools())
    }

    /// A whole answer to a prompt.
    pub(crate) async fn answer(&self, prompt: &str) -> Answer {
        Answer::read(self.ask(prompt).send().await.unwrap()).await
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

    /// The records at a path, as soon as `done` says so.
    pub(crate) async fn eventually(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let records = self.get(path).await;
            if done(&records) {
                return records;
            }
            assert!(Instant::now() < deadline, "{path}: {records}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The refusal of a request.
pub(crate) async fn refused(request: ConverseStreamFluentBuilder) -> ConverseStreamError {
    request
        .send()
        .await
        .map(|_| ())
        .unwrap_err()
        .into_service_error()
}
