//! Events as API Gateway sends them, against a table and a queue that answer as told.

mod history;
mod plain;
mod start;
mod store;
mod trouble;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use aws_smithy_mocks::Rule;
use serde_json::{Value, json};

use crate::handler::handle;

/// The fixture with another body.
fn event(body: &str) -> ApiGatewayWebsocketProxyRequest {
    changed(|event| event["body"] = json!(body))
}

/// The fixture with something changed.
fn changed(change: impl FnOnce(&mut Value)) -> ApiGatewayWebsocketProxyRequest {
    let fixture = include_str!("../fixtures/default.json");
    let mut event: Value = serde_json::from_str(fixture).expect("the fixture is JSON");
    change(&mut event);
    serde_json::from_value(event).expect("the event is one")
}

/// What the sender of this message gets, from a table and a queue with these rules.
async fn answer(rules: &[&Rule], message: &str) -> String {
    answer_to(rules, &event(message)).await
}

async fn answer_to(rules: &[&Rule], event: &ApiGatewayWebsocketProxyRequest) -> String {
    let answer = json!(handle(&store::deps(rules), event).await);
    assert_eq!(answer["statusCode"], 200);
    answer["body"].as_str().expect("a body is text").to_owned()
}
