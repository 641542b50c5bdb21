//! Emulator in memory, for cases without a running stack. It answers at once, so that many more cases are played.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use emulator::Emulator;
use serde_json::{Value, json};

/// Name of the table of threads in memory.
pub(crate) const THREADS: &str = "threads";

/// Name of the table of connections in memory.
pub(crate) const CONNECTIONS: &str = "connections";

/// URL of the queue in memory, which takes messages and keeps none.
pub(crate) const QUEUE: &str = "http://localhost/queue";

/// HTTP client with tables of its own.
pub(crate) fn memory() -> SharedHttpClient {
    SharedHttpClient::new(Memory {
        threads: Emulator::threads(),
        connections: Emulator::connections(),
    })
}

#[derive(Debug, Clone)]
struct Memory {
    threads: Emulator,
    connections: Emulator,
}

impl Memory {
    fn execute(&self, request: &HttpRequest) -> HttpResponse {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        if target == "AmazonSQS.SendMessage" {
            let status = 200_u16.try_into().expect("a status");
            let sent = json!({ "MessageId": "m", "MD5OfMessageBody": "" });
            return HttpResponse::new(status, SdkBody::from(sent.to_string()));
        }
        let bytes = request.body().bytes().unwrap_or_default();
        let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
        if body["TableName"] == CONNECTIONS {
            self.connections.execute(request)
        } else {
            self.threads.execute(request)
        }
    }
}

impl HttpClient for Memory {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Memory {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let memory = self.clone();
        HttpConnectorFuture::new(async move { Ok(memory.execute(&request)) })
    }
}
