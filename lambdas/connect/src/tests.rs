//! Events as API Gateway sends them, and what it is answered.

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

/// The fixture with a query and with the header that offers subprotocols, under the name a client chose.
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
    serde_json::from_value(event).expect("the event is one")
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
    Connection::read(put.item().cloned().unwrap_or_default()).expect("it is a row")
}

/// Connects, and tells the answer and whether a row like `wanted` was written.
async fn connect(
    event: ApiGatewayWebsocketProxyRequest,
    wanted: impl Fn(&Connection) -> bool + Send + Sync + 'static,
) -> (Value, usize) {
    let rule = mock!(Client::put_item)
        .match_requests(move |put| put.table_name() == Some("connections") && wanted(&row(put)))
        .then_output(|| PutItemOutput::builder().build());
    let answer = handle(&table(&rule), &event).await;
    (json!(answer), rule.num_calls())
}

#[tokio::test]
async fn a_plain_client_gets_a_thread_and_single_lines() {
    let wanted = |row: &Connection| {
        let row = json!(row);
        let thread = row["threadId"].as_str().unwrap_or_default().to_owned();
        thread.starts_with("t_")
            && row
                == json!({
                    "connection": "S3Ay8cFPIAMCIow=",
                    "user": "anonymous",
                    "thread": format!("anonymous/{thread}"),
                    "threadId": thread,
                    "format": "agui",
                    "lines": "one",
                    "connectedAt": 1_707_503_007,
                    "ttl": 1_707_503_007 + 7_800,
                })
    };
    let (answer, written) = connect(event(&json!({}), None), wanted).await;
    assert_eq!(
        answer,
        json!({"statusCode": 200, "headers": {}, "body": ""})
    );
    assert_eq!(written, 1);
}

#[tokio::test]
async fn our_subprotocol_is_answered_however_it_is_offered() {
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
        let (answer, written) = connect(event(&json!({}), Some((name, list))), wanted).await;
        let headers = json!({"Sec-WebSocket-Protocol": "longwire.v1"});
        assert_eq!(
            answer,
            json!({"statusCode": 200, "headers": headers, "body": ""}),
            "{list}"
        );
        assert_eq!(written, 1, "{list}");
    }
}

#[tokio::test]
async fn a_client_chooses_thread_format_and_single_lines() {
    let query = json!({"thread": "t1", "format": "blocks", "lines": "one"});
    let event = event(&query, Some(("Sec-WebSocket-Protocol", "longwire.v1")));
    let wanted = |row: &Connection| {
        let row = json!(row);
        row["thread"] == "anonymous/t1" && row["format"] == "blocks" && row["lines"] == "one"
    };
    assert_eq!(connect(event, wanted).await.1, 1);
}

#[tokio::test]
async fn what_is_not_understood_is_refused_with_a_reason() {
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
        let (answer, written) = connect(event, |_| true).await;
        let body: Value =
            serde_json::from_str(answer["body"].as_str().expect("text")).expect("JSON");
        assert_eq!(answer["statusCode"], 400);
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
async fn without_its_row_a_connection_is_not_opened() {
    let rule = mock!(Client::put_item)
        .then_error(|| PutItemError::InternalServerError(InternalServerError::builder().build()));
    let answer = json!(handle(&table(&rule), &event(&json!({}), None)).await);
    assert_eq!(answer["statusCode"], 503);
    assert_eq!(
        answer["body"],
        r#"{"type":"error","code":"unavailable","message":"Connecting failed. Try again.","retryable":true}"#
    );
}

#[tokio::test]
async fn an_event_without_a_connection_is_a_fault_on_this_side() {
    let mut event = event(&json!({}), None);
    event.request_context.connection_id = None;
    let (answer, written) = connect(event, |_| true).await;
    assert_eq!(answer["statusCode"], 500);
    assert_eq!(
        answer["body"],
        r#"{"type":"error","code":"internal","message":"The event has no connection.","retryable":true}"#
    );
    assert_eq!(written, 0);
}
