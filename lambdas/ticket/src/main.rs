//! Function that a team's own backend invokes to make a ticket for one of its users.

mod handler;
mod request;
mod response;

#[cfg(test)]
mod tests;

use aws_sdk_dynamodb::Client;
use lambda_runtime::{LambdaEvent, run, service_fn};
use longwire_core::clock::Clock;
use longwire_lambda::env::required;
use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_lambda::telemetry;
use longwire_lambda::warm_up::warm_up;
use longwire_store::users::Users;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let table = required("USERS_TABLE")?;
    let config = sdk::load_with(CallTimeouts::SHORT);
    let users = &Users::new(Client::new(&config), table);
    warm_up(users.warm_up_make()).await;
    let clock = &Clock::system();
    run(service_fn(async |event: LambdaEvent<Value>| {
        handler::handle(users, clock, event.payload).await
    }))
    .await
}
