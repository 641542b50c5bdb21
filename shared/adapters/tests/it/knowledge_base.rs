//! `kb_lookup` through Bedrock's Retrieve, against a local server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_bedrockagentruntime::Client;
use aws_sdk_bedrockagentruntime::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::http::{StatusCode, Uri};
use longwire_adapters::knowledge_base::{client, retrieve};
use longwire_core::ids::{CallId, MessageId};
use longwire_core::tool::{ToolCall, ToolOutcome};
use longwire_tools::deps::Deps;
use longwire_tools::get_weather::open_meteo::Service;
use longwire_tools::guard::Output;
use longwire_tools::toolbox::Tools;
use longwire_tools::web;
use serde_json::{Value, json};
use tokio::net::TcpListener;

type Requests = Arc<Mutex<Vec<(String, Value)>>>;

/// Starts a server that returns this status, error type and body; `None` never responds.
async fn serve(response: Option<(u16, &'static str, Value)>) -> (Client, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let requests = Requests::default();
    let log = Arc::clone(&requests);
    let routes = Router::new().fallback(move |uri: Uri, body: String| {
        let body = serde_json::from_str(&body).expect("JSON");
        log.lock()
            .expect("no panic")
            .push((uri.path().to_owned(), body));
        let response = response.clone();
        async move {
            let Some((status, kind, body)) = response else {
                return futures::future::pending().await;
            };
            let status = StatusCode::from_u16(status).expect("a status");
            (status, [("x-amzn-errortype", kind)], body.to_string())
        }
    });
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (client(&config(&base)), requests)
}

/// Configuration as the worker loads it, for a server at this address.
fn config(base: &str) -> SdkConfig {
    let credentials = Credentials::new("key", "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(base)
        .build()
}

async fn ask(client: Client, query: &str) -> Output {
    let tools = Tools::new(&Deps {
        http: web::client().expect("a client"),
        weather: Service::default(),
        retrieve: Some(retrieve(client, "KB12345678")),
        clock: jiff::Timestamp::now,
    });
    let call = ToolCall {
        id: CallId::random(),
        name: "kb_lookup".to_owned(),
        arguments: json!({"query": query}).to_string(),
        parent: MessageId::random(),
    };
    tools.prepare(&call).expect("valid arguments").run().await
}

#[tokio::test]
async fn passages_are_returned_with_their_sources() {
    let found = json!({"retrievalResults": [
        {"content": {"text": "Refunds take 14 days.", "type": "TEXT"}, "location": {"type": "S3", "s3Location": {"uri": "s3://docs/refunds.md"}}, "score": 0.91},
        {"content": {"text": "Ask the desk."}, "location": {"type": "WEB", "webLocation": {"url": "https://example.com/desk"}}, "score": 0.5},
        {"content": {"type": "IMAGE", "byteContent": "data:image/png;base64,AA=="}, "location": {"type": "S3", "s3Location": {"uri": "s3://docs/picture.png"}}},
        {"content": {"text": "No questions asked."}},
        {"content": {"text": "Row 1"}, "location": {"type": "SOMETHING_NEW"}, "documentId": "doc-7"},
    ]});
    let (client, requests) = serve(Some((200, "", found))).await;
    let output = ask(client, "How long do refunds take?").await;
    assert_eq!(output.outcome, ToolOutcome::Success);
    assert_eq!(
        output.content,
        "[1] s3://docs/refunds.md\nRefunds take 14 days.\n\n\
         [2] https://example.com/desk\nAsk the desk.\n\n\
         [3] unknown source\nNo questions asked.\n\n\
         [4] doc-7\nRow 1"
    );
    let sent = requests.lock().expect("no panic").clone();
    let query = json!({
        "retrievalQuery": {"text": "How long do refunds take?", "type": "TEXT"},
        "retrievalConfiguration": {"vectorSearchConfiguration": {"numberOfResults": 4}},
    });
    assert_eq!(
        sent,
        [("/knowledgebases/KB12345678/retrieve".to_owned(), query)]
    );
}

#[tokio::test]
async fn a_long_query_is_cut() {
    let (client, requests) = serve(Some((200, "", json!({"retrievalResults": []})))).await;
    let output = ask(client, &"ü".repeat(5_000)).await;
    assert_eq!(output.content, "The knowledge base has nothing on this.");
    let sent = requests.lock().expect("no panic").clone();
    assert_eq!(sent[0].1["retrievalQuery"]["text"], "ü".repeat(1_000));
}

#[tokio::test]
async fn errors_are_converted_by_code() {
    for (status, kind, message) in [
        (
            404,
            "ResourceNotFoundException",
            "cannot be searched in this deployment",
        ),
        (
            403,
            "AccessDeniedException",
            "cannot be searched in this deployment",
        ),
        (
            400,
            "ValidationException",
            "cannot be searched in this deployment",
        ),
        (400, "ServiceQuotaExceededException", "is too busy"),
        (418, "SomethingNew", "does not answer"),
    ] {
        let body =
            json!({"message": "arn:aws:bedrock:us-east-1:123456789012:knowledge-base/KB12345678"});
        let (client, _) = serve(Some((status, kind, body))).await;
        let output = ask(client, "x").await;
        assert_eq!(output.outcome, ToolOutcome::Error);
        assert!(
            output.content.contains(message),
            "{kind}: {}",
            output.content
        );
        assert!(!output.content.contains("123456789012"));
    }
}

#[tokio::test]
async fn a_throttled_search_is_repeated_once() {
    let throttled = json!({"message": "Too many requests."});
    let (client, requests) = serve(Some((429, "ThrottlingException", throttled))).await;
    let output = ask(client, "x").await;
    assert!(output.content.contains("is too busy"), "{}", output.content);
    assert_eq!(requests.lock().expect("no panic").len(), 2);
}

#[tokio::test]
async fn a_search_that_the_service_failed_is_not_repeated() {
    let failed = json!({"message": "Internal error."});
    let (client, requests) = serve(Some((500, "InternalServerException", failed))).await;
    let output = ask(client, "x").await;
    assert_eq!(output.outcome, ToolOutcome::Error);
    assert_eq!(requests.lock().expect("no panic").len(), 1);
}

#[tokio::test]
async fn a_search_whose_connection_was_closed_is_repeated_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&accepted);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            drop(connection);
        }
    });
    let output = ask(client(&config(&base)), "x").await;
    assert_eq!(
        output.content,
        "The knowledge base does not answer at the moment."
    );
    assert_eq!(accepted.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_search_without_a_response_ends_before_the_limit_of_the_tool_and_is_not_repeated() {
    let (client, requests) = serve(None).await;
    let call = tokio::spawn(async move { ask(client, "x").await });
    let started = std::time::Instant::now();
    while requests.lock().expect("no panic").is_empty() {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "no request arrived"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::pause();
    let paused = tokio::time::Instant::now();
    let output = call.await.expect("no panic");
    assert!(paused.elapsed() <= Duration::from_secs(9));
    assert_eq!(requests.lock().expect("no panic").len(), 1);
    assert_eq!(output.outcome, ToolOutcome::Error);
    assert_eq!(
        output.content,
        "The knowledge base does not answer at the moment."
    );
}
