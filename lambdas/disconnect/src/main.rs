//! Function of the route `$disconnect`: deletes the row of the connection. The worker of a run finds it missing.

mod handler;

#[cfg(test)]
mod tests;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use aws_sdk_dynamodb::Client;
use lambda_runtime::{LambdaEvent, run, service_fn};
use longwire_lambda::env::required;
use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_lambda::telemetry;
use longwire_lambda::warm_up::warm_up;
use longwire_store::connections::Connections;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let table = required("CONNECTIONS_TABLE")?;
    let config = sdk::load_with(CallTimeouts::SHORT);
    let connections = &Connections::new(Client::new(&config), table);
    warm_up(connections.warm_up_delete()).await;
    run(service_fn(
        async |event: LambdaEvent<ApiGatewayWebsocketProxyRequest>| {
            let done = handler::handle(connections, &event.payload).await;
            done.map_err(|error| format!("{error:#}"))
        },
    ))
    .await
}
