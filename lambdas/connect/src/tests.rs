//! Handshake events of API Gateway and their responses.

use std::collections::HashMap;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::types::error::InternalServerError;
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_mocks::{MockResponseInterceptor, Rule, create_mock_http_client, mock};
use longwire_store::connections::{Connection, Connections};
use serde_json::{Value, json};

use crate::handler::handle;

const EVENT: &str = include_str!("../fixtures/connect.json");

/// Event of the fixture with this query, and with a header of this name that offers subprotocols.
fn event(query: &Value, offer: Option<(&str, &str)>) -> ApiGatewayWebsocketProxyRequest {
    let mut event: Value = serde_json::from_str(EVENT).expect("the fixture is JSON");
    if let Some(query) = query.as_object().filter(|query| !query.is_empty()) {
        event["queryStringParameters"] = json!(query);
        let lists = query
            .iter()
            .map(|(name, value)| (name.clone(), json!([value])));
        event["multiValueQueryStringParameters"] = lists.collect::<serde_json::Map<_, _>>().into();
    }
    if let Some((name, list)) = offer {
        event["headers"][name] = json!(list);
        event["multiValueHeaders"][name] = json!([list]);
    }
    serde_json::from_value(event).expect("the event is valid")
}

fn table(rule: &Rule) -> Connections {
    let mocks = MockResponseInterceptor::new().with_rule(rule);
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .http_client(create_mock_http_client())
        .interceptor(mocks)
        .build();
    Connections::new(Client::from_conf(config), "connections")
}

fn row(put: &PutItemInput) -> Connection {
    Connection::read(put.item().cloned().unwrap_or_default()).expect("the item is a row")
}

/// Handles a handshake. Returns the response and the number of rows written that match `wanted`.
async fn connect(
    event: ApiGatewayWebsocketProxyRequest,
    wanted: impl Fn(&Connection) -> bool + Send + Sync + 'static,
) -> (Value, usize) {
    let rule = mock!(Client::put_item)
        .match_requests(move |put| put.table_name() == Some("connections") && wanted(&row(put)))
        .then_output(|| PutItemOutput::builder().build());
    let response = handle(&table(&rule), &event).await;
    (json!(response), rule.num_calls())
}

#[tokio::test]
async fn a_client_without_options_gets_a_new_thread_and_one_event_per_frame() {
    let wanted = |row: &Connection| {
        let row = json!(row);
        let thread = row["threadId"].as_str().unwrap_or_default().to_owned();
        thread.starts_with("t_")
            && row
                == json!({
                    "connection": "S3Ay8cFPIAMCIow=",
                    "user": "@none",
                    "thread": format!("anonymous/{thread}"),
                    "threadId": thread,
                    "format": "agui",
                    "lines": "one",
                    "threads": [thread],
                    "connectedAt": 1_707_503_007,
                    "ttl": 1_707_503_007 + 7_800,
                })
    };
    let (response, written) = connect(event(&json!({}), None), wanted).await;
    assert_eq!(
        response,
        json!({"statusCode": 200, "headers": {}, "body": ""})
    );
    assert_eq!(written, 1);
}

#[tokio::test]
async fn the_subprotocol_is_confirmed_in_every_spelling_of_the_header() {
    let offers = [
        ("Sec-WebSocket-Protocol", "longwire.v1"),
        ("sec-websocket-protocol", "longwire.v1"),
        ("SEC-WEBSOCKET-PROTOCOL", " longwire.v1 ,other"),
        ("Sec-Websocket-Protocol", "longwire.bearer.abc, longwire.v1"),
    ];
    for (name, list) in offers {
        let wanted = |row: &Connection| {
            json!(row)["lines"] == "many" && row.subprotocol.as_deref() == Some("longwire.v1")
        };
        let (response, written) = connect(event(&json!({}), Some((name, list))), wanted).await;
        let headers = json!({"Sec-WebSocket-Protocol": "longwire.v1"});
        assert_eq!(
            response,
            json!({"statusCode": 200, "headers": headers, "body": ""}),
            "{list}"
        );
        assert_eq!(written, 1, "{list}");
    }
}

#[tokio::test]
async fn the_query_sets_thread_format_and_framing() {
    let query = json!({"thread": "t1", "format": "blocks", "lines": "one"});
    let event = event(&query, Some(("Sec-WebSocket-Protocol", "longwire.v1")));
    let wanted = |row: &Connection| {
        let row = json!(row);
        row["thread"] == "anonymous/t1" && row["format"] == "blocks" && row["lines"] == "one"
    };
    assert_eq!(connect(event, wanted).await.1, 1);
}

#[tokio::test]
async fn an_invalid_parameter_is_refused_with_its_name() {
    let protocol = |list| Some(("Sec-WebSocket-Protocol", list));
    let refused = [
        (
            event(&json!({}), protocol("graphql-ws")),
            "invalid_message",
            "longwire.v1",
        ),
        (
            event(&json!({}), protocol("longwire.v2, x")),
            "invalid_message",
            "longwire.v1",
        ),
        (
            event(&json!({}), protocol("longwire.bearer.abc")),
            "invalid_message",
            "longwire.v1",
        ),
        (
            event(&json!({"thread": ""}), None),
            "invalid_message",
            "`thread`",
        ),
        (
            event(&json!({"thread": "a/b"}), None),
            "invalid_message",
            "`thread`",
        ),
        (
            event(&json!({"thread": "t".repeat(129)}), None),
            "invalid_message",
            "`thread`",
        ),
        (
            event(&json!({"format": "html"}), None),
            "unsupported_format",
            "`format`",
        ),
        (
            event(&json!({"lines": "two"}), None),
            "invalid_message",
            "`lines`",
        ),
    ];
    for (event, code, names) in refused {
        let (response, written) = connect(event, |_| true).await;
        let body: Value =
            serde_json::from_str(response["body"].as_str().expect("text")).expect("JSON");
        assert_eq!(response["statusCode"], 400);
        assert_eq!(
            (&body["type"], &body["code"]),
            (&json!("error"), &json!(code))
        );
        assert!(
            body["message"]
                .as_str()
                .is_some_and(|text| text.contains(names)),
            "{body}"
        );
        assert_eq!(written, 0, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_write_refuses_the_connection() {
    let rule = mock!(Client::put_item)
        .then_error(|| PutItemError::InternalServerError(InternalServerError::builder().build()));
    let response = json!(handle(&table(&rule), &event(&json!({}), None)).await);
    assert_eq!(response["statusCode"], 503);
    assert_eq!(
        response["body"],
        r#"{"type":"error","code":"unavailable","message":"Connecting failed. Try again.","retryable":true}"#
    );
}

#[tokio::test]
async fn the_row_has_the_identity_of_the_context() {
    let mut event = event(&json!({"thread": "t1"}), None);
    let context =
        json!({"user": "auth0%7C7", "groups": r#"["admin","staff"]"#, "exp": "1764000000"});
    event.request_context.authorizer.fields = fields(&context);
    let wanted = |row: &Connection| {
        let row = json!(row);
        (&row["user"], &row["thread"]) == (&json!("auth0%7C7"), &json!("auth0%7C7/t1"))
            && row["groups"] == json!(["admin", "staff"])
            && row["tokenExp"] == 1_764_000_000
    };
    assert_eq!(connect(event, wanted).await.1, 1);
}

#[tokio::test]
async fn an_event_without_a_connection_id_or_a_user_is_an_internal_error() {
    let mut without_id = event(&json!({}), None);
    without_id.request_context.connection_id = None;
    let with_context = |context: Value| {
        let mut event = event(&json!({}), None);
        event.request_context.authorizer.fields = fields(&context);
        event
    };
    let events = [
        without_id,
        with_context(json!({})),
        with_context(json!({"principalId": "u_7"})),
        with_context(json!({"user": "u_7", "exp": "never"})),
    ];
    for event in events {
        let (response, written) = connect(event, |_| true).await;
        assert_eq!(response["statusCode"], 500);
        assert_eq!(
            response["body"],
            r#"{"type":"error","code":"internal","message":"The handshake cannot be handled.","retryable":true}"#
        );
        assert_eq!(written, 0);
    }
}

fn fields(context: &Value) -> HashMap<String, Value> {
    let fields = context.as_object().expect("an object").clone();
    fields.into_iter().collect()
}
