//! Function on the stream of the table of threads: deletes the items of a thread's former generations.

mod handler;

#[cfg(test)]
mod tests;

use std::convert::Infallible;

use aws_lambda_events::dynamodb::Event;
use aws_sdk_dynamodb::Client;
use lambda_runtime::{LambdaEvent, run, service_fn};
use longwire_lambda::env::required;
use longwire_lambda::sdk::{self, CallTimeouts};
use longwire_lambda::telemetry;
use longwire_lambda::warm_up::warm_up;
use longwire_store::threads::Threads;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::init();
    let table = required("THREADS_TABLE")?;
    let config = sdk::load_with(CallTimeouts::SHORT);
    let threads = &Threads::new(Client::new(&config), table);
    warm_up(threads.warm_up()).await;
    run(service_fn(async |event: LambdaEvent<Event>| {
        Ok::<_, Infallible>(handler::handle(threads, event).await)
    }))
    .await
}
