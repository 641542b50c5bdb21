//! A model that follows a script, and the deltas that scripts consist of.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use longwire_agent::model::{
    Delta, Deltas, Model, ModelError, ModelErrorKind, Request, StopReason,
};
use longwire_core::message::Usage;

/// Behaviour of the model in one call.
pub(super) enum Call {
    /// Fails before the reply.
    Fails(ModelErrorKind),
    /// Sends these deltas, one every 10 ms, and ends the stream.
    Answers(Vec<Delta>),
    /// Sends these deltas, then an error.
    Breaks(Vec<Delta>, ModelErrorKind),
    /// Sends these deltas, then nothing.
    Hangs(Vec<Delta>),
    /// Never starts the reply.
    Waits,
}

/// Model that follows a script.
#[derive(Default)]
pub(super) struct Script {
    calls: Mutex<VecDeque<Call>>,
    pub(super) requests: Mutex<Vec<Request>>,
    pub(super) dropped: Arc<Mutex<usize>>,
}

/// Counts streams that were dropped before their end.
struct Open(Arc<Mutex<usize>>, bool);

impl Drop for Open {
    fn drop(&mut self) {
        if self.1 {
            *self.0.lock().expect("no test panics while it holds this") += 1;
        }
    }
}

impl Script {
    pub(super) fn of(calls: impl IntoIterator<Item = Call>) -> Self {
        Self {
            calls: Mutex::new(calls.into_iter().collect()),
            ..Self::default()
        }
    }
}

impl Model for Script {
    fn stream(&self, request: Request) -> BoxFuture<'_, Result<Deltas, ModelError>> {
        self.requests
            .lock()
            .expect("one test, one thread")
            .push(request);
        let call = self.calls.lock().expect("one test, one thread").pop_front();
        let open = Open(self.dropped.clone(), true);
        Box::pin(async move {
            let (deltas, last) = match call.expect("the script has a call for every request") {
                Call::Fails(kind) => return Err(error(kind)),
                Call::Answers(deltas) => (deltas, Some(None)),
                Call::Breaks(deltas, kind) => (deltas, Some(Some(error(kind)))),
                Call::Hangs(deltas) => (deltas, None),
                Call::Waits => std::future::pending().await,
            };
            let paced = stream::iter(deltas).then(async |delta| {
                tokio::time::sleep(Duration::from_millis(10)).await;
                Ok(delta)
            });
            let end = stream::once(async move {
                let mut open = open;
                match last {
                    Some(last) => {
                        open.1 = false;
                        last.map(Err)
                    }
                    None => std::future::pending().await,
                }
            });
            Ok(paced.chain(end.filter_map(async |last| last)).boxed())
        })
    }

    fn id(&self) -> &str {
        "scripted"
    }

    fn context_tokens(&self) -> u64 {
        200_000
    }
}

fn error(kind: ModelErrorKind) -> ModelError {
    ModelError {
        kind,
        detail: "as scripted".to_owned(),
    }
}

pub(super) fn text(block: u32, text: &str) -> Delta {
    Delta::Text {
        block,
        text: text.to_owned(),
    }
}

pub(super) fn call(block: u32, name: &str) -> Delta {
    Delta::ToolStart {
        block,
        name: name.to_owned(),
    }
}

pub(super) fn input(block: u32, json: &str) -> Delta {
    Delta::ToolInput {
        block,
        json: json.to_owned(),
    }
}

pub(super) fn end(block: u32) -> Delta {
    Delta::BlockStop { block }
}

/// Stop and metadata of a reply.
pub(super) fn stop(reason: StopReason) -> [Delta; 2] {
    let usage = Usage {
        input_tokens: 10,
        output_tokens: 5,
        total_tokens: 15,
        ..Usage::default()
    };
    [
        Delta::Stop(reason),
        Delta::Metadata {
            usage: Some(usage),
            latency_ms: Some(7),
        },
    ]
}

/// Reply with these deltas, a stop and metadata.
pub(super) fn reply(deltas: impl IntoIterator<Item = Delta>, reason: StopReason) -> Call {
    Call::Answers(deltas.into_iter().chain(stop(reason)).collect())
}
