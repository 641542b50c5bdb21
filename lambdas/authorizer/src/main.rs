//! Authorizer of the route `$connect`: identifies the user of a connection by a token or a ticket, or lets everybody in
//! where the deployment says so.

mod config;
mod deps;

mod auth;
mod shared_token;

mod handler;

mod credential;
mod refusal;
mod response;

#[cfg(test)]
mod tests;

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use lambda_runtime::{LambdaEvent, run, service_fn};

use crate::config::Config;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    longwire_lambda::telemetry::init();
    let deps = Config::from_env()?.connect().await?;
    let deps = &deps;
    run(service_fn(
        async |event: LambdaEvent<ApiGatewayCustomAuthorizerRequestTypeRequest>| {
            handler::handle(deps, &event.payload).await
        },
    ))
    .await
}
