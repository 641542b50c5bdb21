//! Fault injection into the requests of one operation. After each write that succeeds, the thread is read and the
//! invariants are checked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use longwire_core::ids::RunId;
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::task::yield_now;

use crate::environment::Environment;
use crate::fault::{Fault, RequestFate};
use crate::request::Request;

/// Number of times that a request yields to those made at the same time. After it all of them wait for their turn.
const YIELDS: usize = 50;

/// Order of requests that an operation sends at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The order in which they are sent.
    AsSent,
    /// Reads overtake writes.
    ReadsFirst,
    /// All other requests overtake the read of the thread's own item.
    ThreadLast,
}

impl Order {
    /// Tells whether requests that are sent at the same time overtake this one.
    fn is_late(self, request: &Request) -> bool {
        match self {
            Self::AsSent => false,
            Self::ReadsFirst => request.is_write(),
            Self::ThreadLast => *request == Request::BatchRead,
        }
    }
}

/// Interruption of an operation's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// The process is paused.
    Paused,
    /// The process has crashed.
    Crashed,
}

/// Fault injector of one operation.
#[derive(Debug)]
pub(crate) struct FaultInjector {
    /// Name of the operation in the trace.
    pub operation: String,
    /// Run that the operation has claimed, when it is an attempt.
    pub claimed: OnceLock<RunId>,
    environment: Weak<Environment>,
    order: Order,
    /// Lets one request pass at a time, so that no other request is in flight when the process is interrupted.
    turn: AsyncMutex<()>,
    state: Mutex<State>,
    interrupted: Notify,
    continued: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Faults to come, the first of them perhaps under way.
    faults: VecDeque<Fault>,
    /// Requests since the start, the last continuation or the end of the last fault.
    requests: u32,
    interruption: Option<Interruption>,
}

impl State {
    fn new(faults: Vec<Fault>) -> Self {
        Self {
            faults: faults.into(),
            ..Self::default()
        }
    }
}

impl FaultInjector {
    /// Creates the injector of an operation that meets these faults and whose requests have this order.
    pub(crate) fn new(
        environment: &Arc<Environment>,
        operation: String,
        order: Order,
        faults: Vec<Fault>,
    ) -> Arc<Self> {
        Arc::new(Self {
            operation,
            claimed: OnceLock::new(),
            environment: Arc::downgrade(environment),
            order,
            turn: AsyncMutex::default(),
            state: Mutex::new(State::new(faults)),
            interrupted: Notify::new(),
            continued: Notify::new(),
        })
    }

    /// Waits until the process is interrupted.
    pub(crate) async fn interrupted(&self) -> Interruption {
        loop {
            if let Some(interruption) = self.state().interruption {
                return interruption;
            }
            self.interrupted.notified().await;
        }
    }

    /// Continues a paused process, which meets these faults from now on.
    pub(crate) fn continue_with(&self, faults: Vec<Fault>) {
        *self.state() = State::new(faults);
        self.continued.notify_one();
    }

    /// Sends a request through `inner`, or lets it meet its fault.
    pub(crate) async fn intercept(
        &self,
        inner: SharedHttpConnector,
        http: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let request = Request::of(&http);
        if self.order.is_late(&request) {
            for _ in 0..YIELDS {
                yield_now().await;
            }
        }
        let _turn = self.turn.lock().await;
        let mut fate = self.next_fate(&request);
        while fate == RequestFate::Wait {
            self.interrupt(Interruption::Paused);
            self.continued.notified().await;
            fate = self.next_fate(&request);
        }
        match fate {
            RequestFate::Pass | RequestFate::Wait => self.send(&inner, http, request).await,
            RequestFate::Fail => Err(connection_error()),
            RequestFate::LoseResponse => {
                self.send(&inner, http, request).await?;
                Err(connection_error())
            }
            RequestFate::Conflict => request.conflict().ok_or_else(connection_error),
            RequestFate::CrashBefore => self.crash().await,
            RequestFate::CrashAfter => {
                self.send(&inner, http, request).await?;
                self.crash().await
            }
        }
    }

    fn next_fate(&self, request: &Request) -> RequestFate {
        let mut state = self.state();
        state.requests += 1;
        while let Some(fault) = state.faults.front().copied() {
            match fault.fate_of(state.requests) {
                None => {
                    state.faults.pop_front();
                    state.requests = 1;
                }
                Some(RequestFate::Pass) => return RequestFate::Pass,
                Some(RequestFate::Conflict) if !request.is_write() => return RequestFate::Pass,
                Some(fate) => {
                    drop(state);
                    if let Some(environment) = self.environment.upgrade() {
                        environment.observations().fault(fault.kind);
                    }
                    return fate;
                }
            }
        }
        RequestFate::Pass
    }

    /// Sends a request, and observes its effect on the table or the queue.
    async fn send(
        &self,
        inner: &SharedHttpConnector,
        http: HttpRequest,
        request: Request,
    ) -> Result<HttpResponse, ConnectorError> {
        let response = inner.call(http).await?;
        let environment = self.environment.upgrade();
        let Some(environment) = environment.filter(|_| response.status().is_success()) else {
            return Ok(response);
        };
        match request {
            Request::Write | Request::Transaction(_) => {
                let snapshot = environment.snapshot().await;
                environment.observations().write(self, snapshot);
            }
            Request::Send(job, delay) => {
                let visible_at = environment.now() + delay;
                environment.queue_messages().send(*job, visible_at);
            }
            Request::BatchRead | Request::Other => {}
        }
        Ok(response)
    }

    fn interrupt(&self, interruption: Interruption) {
        self.state().interruption = Some(interruption);
        self.interrupted.notify_one();
    }

    /// Crashes the process: its request never completes, and the operation is dropped.
    async fn crash(&self) -> ! {
        self.interrupt(Interruption::Crashed);
        std::future::pending().await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it is locked")
    }
}

fn connection_error() -> ConnectorError {
    ConnectorError::io("the connection broke".into())
}
