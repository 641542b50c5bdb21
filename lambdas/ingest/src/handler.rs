//! Handles one event of API Gateway: parses the request and passes it to its action.

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use longwire_protocol::request::{Envelope, Refusal, parse};
use longwire_protocol::response::error::invalid;

use crate::actions::dispatch;
use crate::answer::Answer;
use crate::deps::Deps;
use crate::failure::internal;
use crate::received::Received;

/// Handles one event.
pub(crate) async fn handle(deps: &Deps, event: &ApiGatewayWebsocketProxyRequest) -> Answer {
    let Some(mut received) = Received::new(deps, event) else {
        tracing::error!(
            event = "connection_id_missing",
            "an event names no connection"
        );
        return Answer::new(internal().json());
    };
    match request(event) {
        Ok(envelope) => {
            received.id = envelope.id;
            received.format = envelope.format;
            dispatch(received, envelope.request).await
        }
        Err(refusal) => {
            received.format = refusal.format;
            received.refuse(refusal.error).await
        }
    }
}

fn request(event: &ApiGatewayWebsocketProxyRequest) -> Result<Envelope, Refusal> {
    if event.is_base64_encoded {
        let error = invalid("The message must be a text frame, not a binary one.");
        return Err(error.into());
    }
    parse(event.body.as_deref().unwrap_or_default())
}
