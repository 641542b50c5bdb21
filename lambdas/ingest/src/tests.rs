//! Handles events as API Gateway sends them, with mocked tables and a mocked queue.

mod mocks;

mod approvals;
mod client_tools;
mod failed_starts;
mod history;
mod identity;
mod inbox;
mod limits;
mod replays;
mod rooms;
mod spending;
mod starts;
mod steers;
mod without_run;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use aws_smithy_mocks::Rule;
use serde_json::{Value, json};

use crate::deps::Deps;
use crate::handler::handle;

/// Makes the fixture's event with another body.
fn event(body: &str) -> ApiGatewayWebsocketProxyRequest {
    changed(|event| event["body"] = json!(body))
}

/// Makes the fixture's event with a change.
fn changed(change: impl FnOnce(&mut Value)) -> ApiGatewayWebsocketProxyRequest {
    let fixture = include_str!("../fixtures/default.json");
    let mut event: Value = serde_json::from_str(fixture).expect("the fixture is JSON");
    change(&mut event);
    serde_json::from_value(event).expect("an event of API Gateway")
}

/// Handles a request under these mock rules and returns the frame to the client.
async fn answer(rules: &[&Rule], message: &str) -> String {
    answer_to(rules, &event(message)).await
}

async fn answer_to(rules: &[&Rule], event: &ApiGatewayWebsocketProxyRequest) -> String {
    answer_from(&mocks::deps(rules), event).await
}

async fn answer_from(deps: &Deps, event: &ApiGatewayWebsocketProxyRequest) -> String {
    let answer = json!(handle(deps, event).await);
    assert_eq!(answer["statusCode"], 200);
    answer["body"].as_str().expect("a body is text").to_owned()
}
