//! Erasing former generations, as the function on the table's stream does.

use std::sync::Arc;

use longwire_store::threads::erase::Erased;
use longwire_store::threads::former_generation::FormerGeneration;

use crate::environment::Environment;
use crate::fault::Fault;
use crate::fault_injector::{FaultInjector, Order};
use crate::operation::{Operation, Process};

/// Delivers the record of the stream that this choice selects; `None` when the thread has no former generation. A record
/// is delivered again until the function succeeds, and may be delivered once more after it.
pub(crate) fn erase(
    environment: &Arc<Environment>,
    choice: usize,
    faults: Vec<Fault>,
) -> Option<Operation> {
    let generation = environment.observations().former_generation(choice)?;
    let name = format!("erase of generation {generation}");
    let injector = FaultInjector::new(environment, name, Order::AsSent, faults);
    let (threads, _) = environment.clients(&injector);
    let environment = Arc::clone(environment);
    let former = FormerGeneration {
        key: environment.key.clone(),
        generation,
    };
    let now = environment.now();
    let future = Box::pin(async move {
        let erased = threads.erase(&former, now).await;
        let mut observations = environment.observations();
        observations.result("erase", &format!("{erased:?}"));
        if matches!(erased, Ok(Erased::Done { .. })) {
            observations.erased_generations.insert(generation);
        }
    });
    Some(Operation {
        process: Process::Erase,
        injector,
        future,
    })
}
