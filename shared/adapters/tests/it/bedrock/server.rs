//! Local server that returns scripted event-stream bytes.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_bedrockruntime::{Client, Config};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use axum::Router;
use axum::body::Body;
use axum::http::{Response, StatusCode, Uri};
use futures::StreamExt;
use longwire_adapters::bedrock::Bedrock;
use longwire_adapters::bedrock::settings::Settings;

/// Part of a response body.
#[derive(Debug, Clone)]
pub(super) enum Chunk {
    /// Sends these bytes.
    Bytes(Vec<u8>),
    /// Sends nothing more and keeps the connection open.
    Silence,
    /// Breaks the connection.
    Break,
}

/// Frame of an event.
pub(super) fn event(kind: &str, payload: &str) -> Chunk {
    frame("event", ":event-type", kind, payload)
}

/// Frame of an exception.
pub(super) fn exception(kind: &str, payload: &str) -> Chunk {
    frame("exception", ":exception-type", kind, payload)
}

/// Frame of an error that no exception describes.
pub(super) fn error_event(code: &str, text: &str) -> Chunk {
    let message = Message::new(Vec::new())
        .add_header(header(":message-type", "error"))
        .add_header(header(":error-code", code))
        .add_header(header(":error-message", text));
    written(&message)
}

fn frame(message: &str, key: &'static str, kind: &str, payload: &str) -> Chunk {
    let message = Message::new(payload.as_bytes().to_vec())
        .add_header(header(":message-type", message))
        .add_header(header(key, kind))
        .add_header(header(":content-type", "application/json"));
    written(&message)
}

fn header(name: &'static str, value: &str) -> Header {
    Header::new(name, HeaderValue::String(value.to_owned().into()))
}

fn written(message: &Message) -> Chunk {
    let mut bytes = Vec::new();
    write_message_to(message, &mut bytes).expect("a frame");
    Chunk::Bytes(bytes)
}

/// Response to a request.
#[derive(Debug, Clone)]
pub(super) enum Script {
    /// Event stream.
    Stream(Vec<Chunk>),
    /// Status, error type and body.
    Refusal(u16, Option<String>, String),
    /// JSON body of a complete reply.
    Complete(String),
    /// No response.
    Nothing,
}

/// ValidationException with this message.
pub(super) fn validation(message: &str) -> Script {
    let body = serde_json::json!({ "message": message }).to_string();
    Script::Refusal(400, Some("ValidationException".to_owned()), body)
}

/// Server with a script.
pub(super) struct Server {
    base: String,
    /// Path and body of each request.
    requests: Arc<Mutex<Vec<(String, String)>>>,
    /// Number of responses that ended or were dropped.
    ended: Arc<AtomicUsize>,
}

/// Counts a response that ends or is dropped.
struct Ended(Arc<AtomicUsize>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Server {
    /// Starts a server that returns these chunks.
    pub(super) async fn sending(chunks: Vec<Chunk>) -> Self {
        Self::start(Script::Stream(chunks)).await
    }

    /// Starts a server that returns this status, error type and body.
    pub(super) async fn refusing(status: u16, kind: Option<&str>, body: &str) -> Self {
        let kind = kind.map(str::to_owned);
        Self::start(Script::Refusal(status, kind, body.to_owned())).await
    }

    /// Starts a server that accepts requests and never responds.
    pub(super) async fn silent() -> Self {
        Self::start(Script::Nothing).await
    }

    async fn start(script: Script) -> Self {
        Self::answering(vec![script]).await
    }

    /// Starts a server that returns these responses in turn, and then repeats the last one.
    pub(super) async fn answering(scripts: Vec<Script>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let ended = Arc::new(AtomicUsize::new(0));
        let (log, counter) = (Arc::clone(&requests), Arc::clone(&ended));
        let routes = Router::new().fallback(move |uri: Uri, body: String| {
            let mut log = log.lock().expect("no panic");
            let script = scripts[log.len().min(scripts.len() - 1)].clone();
            log.push((uri.path().to_owned(), body));
            respond(script, Ended(Arc::clone(&counter)))
        });
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            base,
            requests,
            ended,
        }
    }

    pub(super) fn bedrock(&self) -> Bedrock {
        self.bedrock_with(Settings::new(
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        ))
    }

    pub(super) fn bedrock_with(&self, settings: Settings) -> Bedrock {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .endpoint_url(&self.base)
            .build();
        Bedrock::new(Client::from_conf(config), settings)
    }

    pub(super) fn requests(&self) -> Vec<(String, String)> {
        self.requests.lock().expect("no panic").clone()
    }

    pub(super) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }
}

async fn respond(script: Script, ended: Ended) -> Response<Body> {
    let response = Response::builder();
    match script {
        Script::Stream(chunks) => response
            .header("content-type", "application/vnd.amazon.eventstream")
            .body(body(chunks, ended)),
        Script::Refusal(status, kind, body) => {
            let response = response.status(StatusCode::from_u16(status).expect("a status"));
            match kind {
                Some(kind) => response.header("x-amzn-errortype", kind),
                None => response,
            }
            .body(Body::from(body))
        }
        Script::Complete(body) => response
            .header("content-type", "application/json")
            .body(Body::from(body)),
        Script::Nothing => {
            futures::future::pending::<()>().await;
            drop(ended);
            response.body(Body::empty())
        }
    }
    .expect("a response")
}

fn body(chunks: Vec<Chunk>, ended: Ended) -> Body {
    let chunks = futures::stream::iter(chunks).then(move |chunk| {
        let _held = &ended;
        async move {
            match chunk {
                Chunk::Bytes(bytes) => Ok(bytes),
                Chunk::Silence => futures::future::pending().await,
                Chunk::Break => {
                    // The server flushes earlier chunks when this one is pending.
                    tokio::task::yield_now().await;
                    Err(io::Error::other("the connection broke"))
                }
            }
        }
    });
    Body::from_stream(chunks)
}

/// Polls until `holds` returns true; fails after ten seconds.
pub(super) async fn until(holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "the condition did not hold within ten seconds"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
