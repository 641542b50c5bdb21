//! Disconnect events of API Gateway and their responses.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemError, DeleteItemOutput};
use aws_sdk_dynamodb::types::error::InternalServerError;
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_mocks::{MockResponseInterceptor, Rule, create_mock_http_client, mock};
use longwire_core::ids::ConnectionId;
use longwire_store::connections::{Connections, key};
use serde_json::json;

use crate::handler::handle;

fn event() -> ApiGatewayWebsocketProxyRequest {
    let event = include_str!("../fixtures/disconnect.json");
    serde_json::from_str(event).expect("the fixture is an event")
}

fn table(rule: &Rule) -> Connections {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .http_client(create_mock_http_client())
        .interceptor(MockResponseInterceptor::new().with_rule(rule))
        .build();
    Connections::new(Client::from_conf(config), "connections")
}

#[tokio::test]
async fn deleting_a_missing_row_succeeds() {
    let wanted = key(&ConnectionId::trusted("S3Ay8cFPIAMCIow="));
    let rule = mock!(Client::delete_item)
        .match_requests(move |delete| {
            delete.key() == Some(&wanted) && delete.condition_expression().is_none()
        })
        .then_output(|| DeleteItemOutput::builder().build());
    let connections = table(&rule);
    for _ in 0..2 {
        let response = handle(&connections, &event())
            .await
            .expect("the row is deleted");
        assert_eq!(response, json!({"statusCode": 200}));
    }
    assert_eq!(rule.num_calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_delete_is_an_error_of_the_function() {
    let rule = mock!(Client::delete_item).then_error(|| {
        DeleteItemError::InternalServerError(InternalServerError::builder().build())
    });
    assert!(handle(&table(&rule), &event()).await.is_err());
}
