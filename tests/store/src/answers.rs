//! Results of the client's tools.

use std::sync::Arc;

use longwire_core::ids::{CallId, ConnectionId};
use longwire_core::tool::ToolOutcome;
use longwire_scheduler::results::NewResult;
use longwire_store::threads::record::Subscriber;
use serde_json::Map;

use crate::environment::{Environment, THREAD_LIFE};
use crate::fault::Fault;
use crate::fault_injector::{FaultInjector, Order};
use crate::ingest::shape;
use crate::operation::{Operation, Process};

/// Sends the first or the second result of a call.
pub(crate) fn answer(
    environment: &Arc<Environment>,
    call_id: CallId,
    first: bool,
    faults: Vec<Fault>,
) -> Operation {
    let content = format!("{} of {call_id}", if first { "one" } else { "two" });
    let name = format!("result {content}");
    let injector = FaultInjector::new(environment, name, Order::AsSent, faults);
    let scheduler = environment.scheduler(&injector);
    let environment = Arc::clone(environment);
    let result = NewResult {
        key: environment.key.clone(),
        call_id,
        part: 1,
        of: 1,
        outcome: ToolOutcome::Success,
        content,
        decision: None,
        checked: None,
        message_id: None,
        next_run_id: None,
        state: Map::new(),
        payer: None,
        subscriber: Subscriber {
            connection: ConnectionId::trusted("c"),
            shape: shape(),
        },
        millis: environment.request_time(),
        life: THREAD_LIFE,
    };
    let future = Box::pin(async move {
        let answered = scheduler.answer(&result).await;
        environment
            .observations()
            .result_answered(&result, &answered);
    });
    Operation {
        process: Process::Ingest,
        injector,
        future,
    }
}
