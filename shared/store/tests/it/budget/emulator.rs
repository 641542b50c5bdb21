//! The table `users` of an emulator, behind a gate that can let requests fail.

use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use dynoxide::Database;
use longwire_store::users::Users;
use serde_json::json;

use super::gate::{Fate, Gate};

const TABLE: &str = "users";

/// Emulator. Cheap to clone.
#[derive(Clone)]
pub(super) struct Emulator {
    emulator: emulator::Emulator,
    gate: Arc<Mutex<Option<Arc<Gate>>>>,
}

impl Emulator {
    /// Makes an emulator with an empty table.
    pub(super) fn new() -> Self {
        let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        Self {
            emulator: emulator::Emulator::with_table(json!({
                "TableName": TABLE,
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [key("user", "HASH"), key("item", "RANGE")],
                "AttributeDefinitions": [text("user"), text("item")],
            })),
            gate: Arc::default(),
        }
    }

    /// Client of the table, which repeats no request by itself.
    pub(super) fn users(&self) -> Users {
        Users::new(emulator::client(self.clone()), TABLE)
    }

    /// Database, for reads beside the client.
    pub(super) fn database(&self) -> &Database {
        self.emulator.database()
    }

    /// Lets the requests that are made from now on pass this gate.
    pub(super) fn use_gate(&self, gate: &Arc<Gate>) {
        *self.gate.lock().expect("no panic while it is locked") = Some(Arc::clone(gate));
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
        let emulator = self.emulator.clone();
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
