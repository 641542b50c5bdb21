//! DynamoDB in the process of a test: an emulator, and the HTTP client through which the SDK sends to it.

mod tables;

use std::fmt::{self, Debug, Formatter};

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Emulator. Cheap to clone.
#[derive(Clone)]
pub struct Emulator {
    database: Database,
}

impl Emulator {
    /// Makes an emulator with one table: the body of a CreateTable request.
    ///
    /// # Panics
    /// Panics for an invalid request.
    pub fn with_table(table: Value) -> Self {
        let database = Database::memory().expect("a database in memory");
        let table = serde_json::from_value(table).expect("a request");
        database.create_table(table).expect("a table");
        Self { database }
    }

    /// Client of the emulator, which repeats no request by itself.
    pub fn client(&self) -> Client {
        client(self.clone())
    }

    /// Database, for reads beside a client.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Executes a request of the SDK.
    ///
    /// # Panics
    /// Panics for an operation that no test needs.
    pub fn execute(&self, request: &HttpRequest) -> HttpResponse {
        let database = &self.database;
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        let answer = match target.rsplit('.').next() {
            Some("BatchGetItem") => typed(body, |request| database.batch_get_item(request)),
            Some("BatchWriteItem") => typed(body, |request| database.batch_write_item(request)),
            Some("DeleteItem") => typed(body, |request| database.delete_item(request)),
            Some("GetItem") => typed(body, |request| database.get_item(request)),
            Some("PutItem") => typed(body, |request| database.put_item(request)),
            Some("Query") => typed(body, |request| database.query(request)),
            Some("TransactWriteItems") => {
                typed(body, |request| database.transact_write_items(request))
            }
            Some("UpdateItem") => typed(body, |request| database.update_item(request)),
            _ => panic!("no test needs {target}"),
        };
        let (status, answer) = match answer {
            Ok(answer) => (200, answer),
            Err(error) => (error.status_code(), error.to_json()),
        };
        let status = status.try_into().expect("a status");
        HttpResponse::new(status, SdkBody::from(answer))
    }
}

/// Client of a table that never answers.
pub fn silent() -> Client {
    client(Silent)
}

/// HTTP client whose requests are never answered.
#[derive(Debug, Clone)]
struct Silent;

impl HttpClient for Silent {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Silent {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(std::future::pending())
    }
}

/// Client over an HTTP client that answers as the emulator does. It repeats no request by itself.
pub fn client(http: impl HttpClient + 'static) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .allow_no_auth()
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http)
        .build();
    Client::from_conf(config)
}

impl Debug for Emulator {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").finish_non_exhaustive()
    }
}

impl HttpClient for Emulator {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Emulator {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let emulator = self.clone();
        HttpConnectorFuture::new(async move { Ok(emulator.execute(&request)) })
    }
}

fn typed<Request: DeserializeOwned, Answer: Serialize>(
    body: &[u8],
    call: impl FnOnce(Request) -> Result<Answer, DynoxideError>,
) -> Result<String, DynoxideError> {
    let request = serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    let answer = serde_json::to_string(&call(request)?);
    answer.map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
