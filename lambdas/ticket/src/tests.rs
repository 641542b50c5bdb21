//! Requests of a team's own backend, with a mocked table.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_mocks::{MockResponseInterceptor, Rule, create_mock_http_client, mock};
use lambda_runtime::Diagnostic;
use longwire_core::clock::Clock;
use longwire_store::users::Users;
use serde_json::{Value, json};

use crate::handler::handle;

const NOW: u64 = 1_763_681_477;

fn users(rule: &Rule) -> Users {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .http_client(create_mock_http_client())
        .interceptor(MockResponseInterceptor::new().with_rule(rule))
        .build();
    Users::new(Client::from_conf(config), "users")
}

/// Response to a request, or the type and the message of the error.
async fn answer(rule: &Rule, request: Value) -> Result<Value, (String, String)> {
    let clock = Clock::new(|| NOW * 1000);
    match handle(&users(rule), &clock, request).await {
        Ok(response) => Ok(json!(response)),
        Err(failure) => {
            let error = Diagnostic::from(failure);
            Err((error.error_type, error.error_message))
        }
    }
}

/// Row that was put, as far as it does not depend on the ticket.
fn is_expected(put: &PutItemInput) -> bool {
    let row = put.item().expect("an item");
    let number = |seconds: u64| AttributeValue::N(seconds.to_string());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let identity = [
        ("user".to_owned(), text("auth0%7C7")),
        ("groups".to_owned(), AttributeValue::L(vec![text("staff")])),
        ("expiresAt".to_owned(), number(NOW + 3600)),
    ];
    put.table_name() == Some("users")
        && row["item"] == text("TICKET")
        && row["identity"] == AttributeValue::M(identity.into())
        && row["expiresAt"] == number(NOW + 60)
        && row["user"]
            .as_s()
            .is_ok_and(|key| key.starts_with("ticket#"))
}

#[tokio::test]
async fn a_ticket_is_made_for_the_user_groups_and_expiry_of_the_request() {
    let stored = mock!(Client::put_item)
        .match_requests(is_expected)
        .then_output(|| PutItemOutput::builder().build());
    let request = json!({"sub": "auth0|7", "groups": ["staff"], "expiresInSeconds": 3600});
    let response = answer(&stored, request).await.expect("a ticket");
    assert_eq!(response["user"], "auth0%7C7");
    assert_eq!(response["expiresAt"], "2025-11-20T23:32:17Z");
    assert_eq!(response["ticket"].as_str().map(str::len), Some(22));
}

#[tokio::test]
async fn a_request_without_an_expiry_or_with_a_wrong_field_is_refused() {
    let never = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
    let refused = [
        (json!({"sub": "u_7"}), "expiresInSeconds"),
        (
            json!({"sub": "u_7", "expiresInSeconds": 0}),
            "expiresInSeconds",
        ),
        (
            json!({"sub": "u_7", "expiresInSeconds": 43_201}),
            "expiresInSeconds",
        ),
        (json!({"sub": "", "expiresInSeconds": 60}), "sub"),
        (
            json!({"sub": "|".repeat(43), "expiresInSeconds": 60}),
            "sub",
        ),
        (
            json!({"sub": "u_7", "expiresInSeconds": 60, "admin": true}),
            "admin",
        ),
        (json!({"user": "u_7", "expiresInSeconds": 60}), "user"),
        (json!("u_7"), "u_7"),
    ];
    for (request, names) in refused {
        let (kind, message) = answer(&never, request).await.expect_err("it is refused");
        assert_eq!(kind, "InvalidRequest");
        assert!(message.contains(names), "{message}");
    }
    assert_eq!(never.num_calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failing_table_is_an_error_without_details() {
    let failing =
        mock!(Client::put_item).then_error(|| PutItemError::unhandled("arn:aws:dynamodb"));
    let request = json!({"sub": "u_7", "expiresInSeconds": 60});
    let (kind, message) = answer(&failing, request).await.expect_err("it fails");
    assert_eq!(
        (kind.as_str(), message.as_str()),
        ("Unavailable", "The ticket was not stored.")
    );
}
