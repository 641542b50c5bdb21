//! Durable log in memory, read in pages.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use longwire_core::event_batch::EventBatch;
use longwire_stream::read::{ReadError, ReadEvents};
use tokio::time::{Instant, sleep};

/// Duration of a read, and the error of one that fails.
pub(crate) type ReadOutcome = (Duration, Result<(), ReadError>);

/// Attempt to read a page.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) after: u64,
    pub(crate) started: Instant,
    /// Neither completed nor dropped.
    pub(crate) in_flight: bool,
}

/// Events of a run from number 1 on, and the reads so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct DurableLog(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    events: Vec<Arc<str>>,
    reads: Vec<Read>,
}

impl DurableLog {
    /// Makes the log of a text of so many deltas.
    pub(crate) fn of_deltas(count: u64) -> Self {
        let event = |seq: u64| {
            let json = format!(
                r#"{{"type":"TEXT_MESSAGE_CONTENT","messageId":"m1","delta":"{seq} ","metadata":{{"lw.seq":{seq},"lw.run":"r1"}}}}"#
            );
            json.into()
        };
        let log = Self::default();
        log.append((1..=count).map(event).collect());
        log
    }

    pub(crate) fn append(&self, events: Vec<Arc<str>>) {
        self.0.lock().unwrap().events.extend(events);
    }

    pub(crate) fn reads(&self) -> Vec<Read> {
        self.0.lock().unwrap().reads.clone()
    }

    /// Makes the read of pages of at most `page` events. `outcome` gets the number of the read, counted from 0.
    pub(crate) fn read(
        &self,
        page: usize,
        outcome: impl Fn(usize) -> ReadOutcome + Send + Sync + 'static,
    ) -> ReadEvents {
        let log = self.clone();
        Arc::new(move |after| {
            let nth = log.start(after);
            let (takes, result) = outcome(nth);
            let read = InFlight(log.clone(), nth);
            async move {
                sleep(takes).await;
                result.map(|()| read.page(after, page))
            }
            .boxed()
        })
    }

    fn start(&self, after: u64) -> usize {
        let reads = &mut self.0.lock().unwrap().reads;
        reads.push(Read {
            after,
            started: Instant::now(),
            in_flight: true,
        });
        reads.len() - 1
    }
}

/// Read until it completes or is dropped.
struct InFlight(DurableLog, usize);

impl InFlight {
    fn page(&self, after: u64, page: usize) -> Option<EventBatch> {
        let events = &self.0.0.lock().unwrap().events;
        let skip = usize::try_from(after).unwrap();
        let events: Vec<_> = events.iter().skip(skip).take(page).cloned().collect();
        (!events.is_empty()).then(|| EventBatch {
            first: after + 1,
            last: after + events.len() as u64,
            events,
        })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().reads[self.1].in_flight = false;
    }
}
