//! Control of the bench: answers a message of a WebSocket with one post per delta, each awaited.

use anyhow::{Context as _, Result};
use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use aws_sdk_apigatewaymanagement::config::Builder;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ConversationRole, ConverseStreamOutput, Message,
};
use lambda_runtime::{LambdaEvent, run, service_fn};
use longwire_lambda::{env, sdk, telemetry};
use serde_json::{Value, json};

/// Clients, built once.
struct Clients {
    model: aws_sdk_bedrockruntime::Client,
    model_id: String,
    connections: aws_sdk_apigatewaymanagement::Client,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let clients = &clients().await?;
    run(service_fn(
        async |event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| {
            let answered = answer(clients, &event.payload).await;
            answered.map_err(lambda_runtime::Error::from)
        },
    ))
    .await
}

async fn clients() -> Result<Clients> {
    let shared = sdk::load();
    let endpoint = env::required("CALLBACK_ENDPOINT")?;
    let posts = Builder::from(&shared).endpoint_url(endpoint).build();
    Ok(Clients {
        model: aws_sdk_bedrockruntime::Client::new(&shared),
        model_id: env::required("MODEL_ID")?,
        connections: aws_sdk_apigatewaymanagement::Client::from_conf(posts),
    })
}

async fn answer(clients: &Clients, event: &ApiGatewayWebsocketProxyRequest) -> Result<Value> {
    let connection = event.request_context.connection_id.as_deref();
    let connection = connection.context("the event names no connection")?;
    let prompt = event.body.clone().unwrap_or_default();
    let message = Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::Text(prompt))
        .build()?;
    let request = clients.model.converse_stream().model_id(&clients.model_id);
    let mut stream = request.messages(message).send().await?.stream;
    while let Some(event) = stream.recv().await? {
        if let Some(text) = text(&event) {
            let frame = json!({ "type": "text", "message": text }).to_string();
            let post = clients.connections.post_to_connection();
            post.connection_id(connection)
                .data(Blob::new(frame))
                .send()
                .await?;
        }
    }
    Ok(json!({ "statusCode": 200 }))
}

fn text(event: &ConverseStreamOutput) -> Option<&str> {
    match event {
        ConverseStreamOutput::ContentBlockDelta(event) => match event.delta()? {
            ContentBlockDelta::Text(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
