//! Reads of several items, between which another event is kept: BatchGetItem is no snapshot of a table.

use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use emulator::Emulator;
use futures::FutureExt as _;
use longwire_store::users::Users;
use serde_json::{Value, json};

use super::{NOW, TABLE, keep, kept, numbered, table};

/// Event that another worker keeps while the first read of this one is under way.
type Other = Box<dyn FnOnce() + Send>;

/// Table whose first read of several items answers some of them as they were before another event was kept, and the rest as
/// they are after it.
#[derive(Clone)]
struct Torn {
    emulator: Emulator,
    /// Beginning of the sort keys that are read before.
    before: &'static str,
    other: Arc<Mutex<Option<Other>>>,
}

impl Torn {
    fn read(&self, request: &HttpRequest) -> HttpResponse {
        let batch = request
            .headers()
            .get("x-amz-target")
            .is_some_and(|target| target.ends_with(".BatchGetItem"));
        let other = self
            .other
            .lock()
            .expect("one test, one thread")
            .take_if(|_| batch);
        let Some(other) = other else {
            return self.emulator.execute(request);
        };
        let items = |response: &HttpResponse| -> Vec<Value> {
            let body: Value =
                serde_json::from_slice(response.body().bytes().expect("a body")).expect("JSON");
            body["Responses"][TABLE].as_array().expect("a list").clone()
        };
        let is_before = |item: &Value| {
            let sort = item["item"]["S"].as_str().expect("a key");
            sort.starts_with(self.before)
        };
        let mut all = items(&self.emulator.execute(request));
        all.retain(is_before);
        other();
        let after = items(&self.emulator.execute(request)).into_iter();
        all.extend(after.filter(|item| !is_before(item)));
        let body = json!({ "Responses": { TABLE: all }, "UnprocessedKeys": {} });
        let status = 200.try_into().expect("a status");
        HttpResponse::new(status, SdkBody::from(body.to_string()))
    }
}

impl Debug for Torn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Torn").finish_non_exhaustive()
    }
}

impl HttpClient for Torn {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Torn {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let response = self.read(&request);
        HttpConnectorFuture::new(async move { Ok(response) })
    }
}

/// Keeps an event while another one is kept between the two halves of its read. Returns its number, and the inbox.
async fn kept_between(
    before: &'static str,
    id: &'static str,
    other: &'static str,
    collapse: Option<&'static str>,
) -> (u64, Vec<(u64, String)>) {
    let emulator = table();
    let users = Users::new(emulator.client(), TABLE);
    keep(&users, "first", collapse, NOW)
        .await
        .expect("a number");
    let beside = users.clone();
    let other: Other = Box::new(move || {
        let kept = keep(&beside, other, collapse, NOW);
        let number = kept.now_or_never().expect("the emulator does not wait");
        number.expect("a number");
    });
    let torn = Torn {
        emulator,
        before,
        other: Arc::new(Mutex::new(Some(other))),
    };
    let torn = Users::new(emulator::client(torn), TABLE);
    let number = keep(&torn, id, collapse, NOW).await.expect("a number");
    (number, kept(&users, 0, NOW).await)
}

#[tokio::test(start_paused = true)]
async fn the_same_event_is_kept_once() {
    for before in ["PUSHED#", "INBOX"] {
        let (number, kept) = kept_between(before, "same", "same", None).await;
        assert_eq!(number, 2, "{before}");
        assert_eq!(kept, numbered([(1, "first"), (2, "same")]), "{before}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_event_of_a_collapse_key_is_left() {
    for before in ["COLLAPSE#", "INBOX", "PUSHED#"] {
        let (number, kept) = kept_between(before, "last", "other", Some("build")).await;
        assert_eq!(number, 3, "{before}");
        assert_eq!(kept, numbered([(3, "last")]), "{before}");
    }
}
