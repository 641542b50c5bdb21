//! Posts over connections that do not answer.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_apigatewaymanagement::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient,
};
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use longwire_core::ids::ConnectionId;
use longwire_gateway::post::{client, post};
use longwire_stream::post::PostError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

/// Limit of a post.
const POST_TIMEOUT: Duration = Duration::from_secs(5);

/// Configuration with this HTTP client, or with the SDK's own.
fn shared(http: Option<SharedHttpClient>) -> SdkConfig {
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials));
    config.set_http_client(http);
    config.build()
}

/// HTTP/2 connection that takes requests and never answers. Counts how often it was closed.
#[derive(Debug, Clone, Default)]
struct Silent {
    closed: Arc<AtomicU32>,
}

impl HttpConnector for Silent {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let closed = self.closed.clone();
        let connection = ConnectionMetadata::builder()
            .proxied(false)
            .poison_fn(move || {
                closed.fetch_add(1, Ordering::Relaxed);
            })
            .build();
        request
            .extension::<CaptureSmithyConnection>()
            .expect("the SDK asks for the connection")
            .set_connection_retriever(move || Some(connection.clone()));
        HttpConnectorFuture::new(std::future::pending())
    }
}

/// Records where requests go, and never answers.
#[derive(Debug, Clone, Default)]
struct Recording {
    addresses: Arc<Mutex<Vec<String>>>,
}

impl HttpConnector for Recording {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut addresses = self.addresses.lock().expect("no test panics with it");
        addresses.push(request.uri().to_owned());
        HttpConnectorFuture::new(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn posts_go_to_the_path_of_the_stage_or_to_that_of_a_custom_domain() {
    let recording = Recording::default();
    let connector = SharedHttpConnector::new(recording.clone());
    let http = http_client_fn(move |_, _| connector.clone());
    for endpoint in ["https://api.test/live", "https://chat.test"] {
        let post = post(client(&shared(Some(http.clone())), endpoint, POST_TIMEOUT));
        let posted = post(ConnectionId::trusted("c"), "{}".to_owned()).await;
        assert_eq!(posted, Err(PostError::Slow));
    }
    let addresses = recording.addresses.lock().expect("no test panics with it");
    assert_eq!(
        *addresses,
        [
            "https://api.test/live/@connections/c",
            "https://chat.test/@connections/c"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_an_answer_is_closed_before_the_stream_drops_the_post() {
    let silent = Silent::default();
    let connector = SharedHttpConnector::new(silent.clone());
    let http = http_client_fn(move |_, _| connector.clone());
    let post = post(client(
        &shared(Some(http)),
        "http://stage.test",
        POST_TIMEOUT,
    ));
    let begun = Instant::now();
    let posted = timeout(
        POST_TIMEOUT,
        post(ConnectionId::trusted("c"), "{}".to_owned()),
    )
    .await;
    assert_eq!(posted, Ok(Err(PostError::Slow)));
    assert_eq!(begun.elapsed(), Duration::from_secs(4));
    assert_eq!(silent.closed.load(Ordering::Relaxed), 1);
}

/// Answers each request on a connection with 200.
async fn answer(mut connection: TcpStream) {
    let mut request = [0; 4096];
    while connection
        .read(&mut request)
        .await
        .is_ok_and(|read| read > 0)
    {
        let response = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        if connection.write_all(response).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_post_after_one_without_an_answer_opens_another_connection() {
    let server = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = format!("http://{}", server.local_addr().expect("it is bound"));
    let serve = tokio::spawn(async move {
        let (silent, _) = server.accept().await.expect("a connection");
        let (second, _) = server.accept().await.expect("another connection");
        answer(second).await;
        drop(silent);
    });
    let post = post(client(&shared(None), &endpoint, Duration::from_secs(1)));
    let to = || ConnectionId::trusted("c");
    assert_eq!(post(to(), "{}".to_owned()).await, Err(PostError::Slow));
    // A busy machine may need more than one.
    let answered = async { while post(to(), "{}".to_owned()).await.is_err() {} };
    let answered = timeout(Duration::from_secs(60), answered).await;
    assert_eq!(answered, Ok(()));
    serve.abort();
}
