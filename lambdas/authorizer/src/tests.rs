//! Handshake events of API Gateway, and the responses of the authorizer.

use std::collections::HashMap;
use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemError, DeleteItemOutput};
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::error::{ConditionalCheckFailedException, InternalServerError};
use aws_sdk_ssm::operation::get_parameter::{GetParameterError, GetParameterOutput};
use aws_sdk_ssm::types::Parameter;
use aws_smithy_mocks::{MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use lambda_runtime::Diagnostic;
use longwire_core::clock::Clock;
use longwire_identity::settings::Settings;
use longwire_identity::verifier::Verifier;
use longwire_store::users::Users;
use serde_json::{Value, json};

use crate::auth::Auth;
use crate::deps::Deps;
use crate::handler::handle;
use crate::shared_token::SharedToken;

const EVENT: &str = include_str!("../fixtures/connect.json");
const NOW: u64 = 1_764_000_000;
const METHOD: &str = "arn:aws:execute-api:us-east-1:123456789012:abcd1234/live/$connect";

/// Client of an SDK that answers with these rules, one after another. A call beyond them fails the test.
macro_rules! client {
    ($sdk:ident, $rules:expr) => {{
        let mocks = MockResponseInterceptor::new().rule_mode(RuleMode::Sequential);
        let mocks = $rules
            .iter()
            .fold(mocks, |mocks, rule| mocks.with_rule(rule));
        let config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(create_mock_http_client())
            .interceptor(mocks)
            .build();
        $sdk::Client::from_conf(config)
    }};
}

/// Handshake with this header and this query.
fn handshake(
    header: Option<(&str, &str)>,
    query: Value,
) -> ApiGatewayCustomAuthorizerRequestTypeRequest {
    let mut event: Value = serde_json::from_str(EVENT).expect("the fixture is JSON");
    if let Some((name, value)) = header {
        event["headers"][name] = json!(value);
        event["multiValueHeaders"][name] = json!([value]);
    }
    event["queryStringParameters"] = query;
    serde_json::from_value(event).expect("the event is valid")
}

fn with_header(name: &str, value: &str) -> ApiGatewayCustomAuthorizerRequestTypeRequest {
    handshake(Some((name, value)), json!({}))
}

fn bearer(token: &str) -> ApiGatewayCustomAuthorizerRequestTypeRequest {
    with_header("Authorization", &format!("Bearer {token}"))
}

fn deps(auth: Auth, tickets: &[&Rule]) -> Deps {
    Deps {
        auth,
        users: Users::new(client!(aws_sdk_dynamodb, tickets), "users"),
        clock: Clock::new(|| NOW * 1000),
    }
}

fn shared_token(parameter: &[&Rule]) -> Auth {
    let client = client!(aws_sdk_ssm, parameter);
    Auth::Token(SharedToken::new(client, "/token".to_owned()))
}

fn parameter(value: &'static str) -> Rule {
    mock!(aws_sdk_ssm::Client::get_parameter)
        .match_requests(|get| get.name() == Some("/token") && get.with_decryption() == Some(true))
        .then_output(move || {
            let parameter = Parameter::builder().value(value).build();
            GetParameterOutput::builder().parameter(parameter).build()
        })
}

fn unreadable() -> Rule {
    mock!(aws_sdk_ssm::Client::get_parameter)
        .then_error(|| GetParameterError::unhandled("the parameter cannot be read"))
}

/// Response that allows the handshake; `DENIED`, or the error as API Gateway gets it.
async fn answer(
    deps: &Deps,
    event: &ApiGatewayCustomAuthorizerRequestTypeRequest,
) -> Result<Value, String> {
    match handle(deps, event).await {
        Ok(response) => match json!(response) {
            response if response == denied() => Err(DENIED.to_owned()),
            response => Ok(response),
        },
        Err(refusal) => Err(Diagnostic::from(refusal).error_message),
    }
}

fn allowed(user: &str) -> Value {
    json!({
        "principalId": user,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": METHOD }
            ]
        },
        "context": { "user": user }
    })
}

fn denied() -> Value {
    json!({
        "principalId": "@",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Deny", "Action": "execute-api:Invoke", "Resource": METHOD }
            ]
        }
    })
}

const DENIED: &str = "denied";
const FAILED: &str = "The credential could not be checked.";

#[tokio::test]
async fn everybody_is_one_user_where_no_credential_is_needed() {
    let deps = deps(Auth::None, &[]);
    for event in [handshake(None, json!({})), bearer("anything")] {
        assert_eq!(answer(&deps, &event).await, Ok(allowed("@none")));
    }
}

#[tokio::test]
async fn the_shared_token_is_accepted_in_both_places() {
    let token = parameter("s3cret");
    let deps = deps(shared_token(&[&token]), &[]);
    let protocols = |list| with_header("Sec-WebSocket-Protocol", list);
    let events = [
        bearer("s3cret"),
        with_header("authorization", "bearer  s3cret "),
        protocols("longwire.v1, longwire.bearer.s3cret"),
        protocols("longwire.bearer.s3cret,longwire.v1"),
    ];
    for event in events {
        assert_eq!(answer(&deps, &event).await, Ok(allowed("@token")));
    }
    assert_eq!(token.num_calls(), 1);
}

#[tokio::test]
async fn other_credentials_than_the_shared_token_are_refused() {
    let deps = deps(shared_token(&[&parameter("s3cret")]), &[]);
    let events = [
        handshake(None, json!({})),
        handshake(None, json!({ "token": "s3cret", "ticket": "" })),
        bearer("s3cre"),
        bearer("s3cretx"),
        bearer(""),
        with_header("Authorization", "Basic s3cret"),
        with_header("Authorization", "s3cret"),
        with_header("Sec-WebSocket-Protocol", "longwire.v1, s3cret"),
        with_header("Sec-WebSocket-Protocol", "longwire.v1, longwire.bearer."),
    ];
    for event in events {
        assert_eq!(answer(&deps, &event).await, Err(DENIED.to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_replaced_shared_token_is_accepted_for_a_minute_and_an_unreadable_one_for_ten() {
    let deps = deps(
        shared_token(&[
            &parameter("old"),
            &parameter("new"),
            &unreadable(),
            &unreadable(),
        ]),
        &[],
    );
    assert!(answer(&deps, &bearer("old")).await.is_ok());
    tokio::time::advance(Duration::from_secs(59)).await;
    assert!(answer(&deps, &bearer("old")).await.is_ok());
    tokio::time::advance(Duration::from_secs(1)).await;
    let refused = answer(&deps, &bearer("old")).await;
    assert_eq!(refused, Err(DENIED.to_owned()));
    assert!(answer(&deps, &bearer("new")).await.is_ok());
    tokio::time::advance(Duration::from_secs(60)).await;
    let unreadable = answer(&deps, &bearer("new")).await;
    assert!(unreadable.is_ok(), "the token that was read before is used");
    tokio::time::advance(Duration::from_secs(9 * 60)).await;
    let unreadable = answer(&deps, &bearer("new")).await;
    assert_eq!(unreadable, Err(FAILED.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn nobody_connects_while_the_shared_token_is_unknown_or_empty() {
    let (first, empty) = (unreadable(), parameter(""));
    let deps = deps(shared_token(&[&first, &empty]), &[]);
    for reads in [(1, 0), (1, 0), (1, 1)] {
        let failed = answer(&deps, &bearer("s3cret")).await;
        assert_eq!(failed, Err(FAILED.to_owned()));
        assert_eq!((first.num_calls(), empty.num_calls()), reads);
        tokio::time::advance(Duration::from_secs(3)).await;
    }
}

#[tokio::test]
async fn an_unreachable_issuer_is_an_error_and_no_refusal() {
    // No server listens on this port.
    let settings = Settings::new("http://127.0.0.1:1", "app", None).expect("an issuer");
    let deps = deps(Auth::Oidc(Verifier::new(settings).expect("a client")), &[]);
    let header = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ";
    let token = bearer(&format!("{header}.e30.c2ln"));
    assert_eq!(answer(&deps, &token).await, Err(FAILED.to_owned()));
    let no_token = bearer("s3cret");
    assert_eq!(answer(&deps, &no_token).await, Err(DENIED.to_owned()));
}

/// Row of a ticket for this user.
fn redeemed(user: &'static str) -> Rule {
    mock!(aws_sdk_dynamodb::Client::delete_item)
        .match_requests(|delete| {
            let values = delete.expression_attribute_values();
            delete.table_name() == Some("users")
                && delete.condition_expression() == Some("expiresAt > :now")
                && values.and_then(|values| values.get(":now")) == Some(&number(NOW))
        })
        .then_output(move || {
            let groups = AttributeValue::L(vec![text("a"), text("b")]);
            let identity = [
                ("user".to_owned(), text(user)),
                ("groups".to_owned(), groups),
                ("expiresAt".to_owned(), number(NOW + 30)),
            ];
            DeleteItemOutput::builder()
                .attributes("user", text("ticket#hash"))
                .attributes("item", text("TICKET"))
                .attributes("identity", AttributeValue::M(identity.into()))
                .attributes("expiresAt", number(NOW + 30))
                .attributes("ttl", number(NOW + 30))
                .build()
        })
}

/// Time until which the access of the user `u_7` is ended, if it was.
fn revoked(until: Option<u64>) -> Rule {
    mock!(aws_sdk_dynamodb::Client::get_item)
        .match_requests(|get| {
            let key = get.key().expect("a key");
            key["user"] == text("u_7") && key["item"] == text("REVOKED")
        })
        .then_output(move || {
            let row = until.map(|until| HashMap::from([("until".to_owned(), number(until))]));
            GetItemOutput::builder().set_item(row).build()
        })
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(seconds: u64) -> AttributeValue {
    AttributeValue::N(seconds.to_string())
}

fn with_ticket() -> ApiGatewayCustomAuthorizerRequestTypeRequest {
    handshake(None, json!({ "ticket": "AAAAAAAAAAAAAAAAAAAAAA" }))
}

#[tokio::test]
async fn a_ticket_gives_the_identity_for_which_it_was_made() {
    let (redeemed, revoked) = (redeemed("u_7"), revoked(None));
    let deps = deps(shared_token(&[]), &[&redeemed, &revoked]);
    let mut expected = allowed("u_7");
    expected["context"]["groups"] = json!(r#"["a","b"]"#);
    expected["context"]["exp"] = json!((NOW + 30).to_string());
    assert_eq!(answer(&deps, &with_ticket()).await, Ok(expected));
}

#[tokio::test]
async fn a_user_whose_access_was_ended_is_refused_until_then() {
    for (until, allowed) in [(NOW + 1, false), (NOW, true)] {
        let (redeemed, revoked) = (redeemed("u_7"), revoked(Some(until)));
        let deps = deps(shared_token(&[]), &[&redeemed, &revoked]);
        assert_eq!(answer(&deps, &with_ticket()).await.is_ok(), allowed);
    }
}

#[tokio::test]
async fn a_ticket_of_all_clients_is_refused_after_a_change_to_a_stricter_mode() {
    let settings = || Settings::new("https://login.example.com", "app", None).expect("an issuer");
    let oidc = || Auth::Oidc(Verifier::new(settings()).expect("a client"));
    let token = || shared_token(&[]);
    let cases = [
        ("@none", Auth::None, true),
        ("@token", Auth::None, true),
        ("@none", token(), false),
        ("@token", token(), true),
        ("@none", oidc(), false),
        ("@token", oidc(), false),
    ];
    for (user, auth, allowed) in cases {
        let deps = deps(auth, &[&redeemed(user)]);
        assert_eq!(
            answer(&deps, &with_ticket()).await.is_ok(),
            allowed,
            "{user}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_ticket_is_refused_and_a_failing_table_is_not_the_clients_fault() {
    let unknown = mock!(aws_sdk_dynamodb::Client::delete_item).then_error(|| {
        let code = "ConditionalCheckFailedException";
        let code = ErrorMetadata::builder().code(code).build();
        let failed = ConditionalCheckFailedException::builder()
            .meta(code)
            .build();
        DeleteItemError::ConditionalCheckFailedException(failed)
    });
    let failing = mock!(aws_sdk_dynamodb::Client::delete_item).then_error(|| {
        DeleteItemError::InternalServerError(InternalServerError::builder().build())
    });
    let deps = deps(Auth::None, &[&unknown, &failing]);
    let event = with_ticket();
    assert_eq!(answer(&deps, &event).await, Err(DENIED.to_owned()));
    assert_eq!(answer(&deps, &event).await, Err(FAILED.to_owned()));
    let short = handshake(None, json!({ "ticket": "A" }));
    assert_eq!(answer(&deps, &short).await, Err(DENIED.to_owned()));
}
