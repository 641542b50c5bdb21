//! DynamoDB in this process: an emulator with the table `users`, and the HTTP client through which the SDK sends to it.

use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use longwire_store::users::Users;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::gate::{Fate, Gate};

const TABLE: &str = "users";

/// Emulator. Cheap to clone.
#[derive(Clone)]
pub(super) struct Emulator {
    database: Database,
    gate: Arc<Mutex<Option<Arc<Gate>>>>,
}

impl Emulator {
    /// Makes an emulator with an empty table.
    pub(super) fn new() -> Self {
        let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        let table = json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [key("user", "HASH"), key("item", "RANGE")],
            "AttributeDefinitions": [text("user"), text("item")],
        });
        let database = Database::memory().expect("a database in memory");
        let table = serde_json::from_value(table).expect("a request");
        database.create_table(table).expect("a table");
        Self {
            database,
            gate: Arc::default(),
        }
    }

    /// Client of the table, which repeats no request by itself.
    pub(super) fn users(&self) -> Users {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .allow_no_auth()
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(self.clone())
            .build();
        Users::new(Client::from_conf(config), TABLE)
    }

    /// Database, for reads beside the client.
    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Lets the requests that are made from now on pass this gate.
    pub(super) fn use_gate(&self, gate: &Arc<Gate>) {
        *self.gate.lock().expect("no panic while it is locked") = Some(Arc::clone(gate));
    }

    fn execute(&self, request: &HttpRequest) -> HttpResponse {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        let answer = match target.rsplit('.').next() {
            Some("GetItem") => typed(body, |request| self.database.get_item(request)),
            Some("UpdateItem") => typed(body, |request| self.database.update_item(request)),
            _ => panic!("the budget does not need {target}"),
        };
        let (status, answer) = match answer {
            Ok(answer) => (200, answer),
            Err(error) => (error.status_code(), error.to_json()),
        };
        let status = status.try_into().expect("a status");
        HttpResponse::new(status, SdkBody::from(answer))
    }
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
        let gate = self.gate.lock().expect("no panic while it is locked");
        let gate = gate.clone();
        HttpConnectorFuture::new(async move {
            let Some(gate) = gate else {
                return Ok(emulator.execute(&request));
            };
            let lost = || ConnectorError::io("the connection broke".into());
            let fate = gate.pass().await;
            if fate == Fate::Fail {
                return Err(lost());
            }
            let response = emulator.execute(&request);
            if response.status().is_success() {
                gate.count_effect();
            }
            match fate {
                Fate::LoseResponse => Err(lost()),
                Fate::Pass | Fate::Fail => Ok(response),
            }
        })
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
