//! What an operation's requests go through: here its process stops or dies, and a request fails, gets lost or
//! meets another transaction. After each write that was made the table is looked at.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use longwire_core::ids::RunId;
use tokio::sync::{Mutex as Turn, Notify};
use tokio::task::yield_now;

use crate::case::Case;
use crate::request::Request;
use crate::trouble::{Trouble, Verdict};

/// Polls after which everything an operation asks for at once has been asked for.
const ASKED: usize = 50;

/// How an operation's process came to a halt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    /// It stands still.
    Stopped,
    /// It is dead.
    Dead,
}

/// The gate of one operation.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Who goes through it, for people.
    pub name: String,
    /// The run that its worker has begun to work on.
    pub begun: OnceLock<RunId>,
    case: Weak<Case>,
    reads_first: bool,
    /// One request at a time, so that nothing is under way when it halts.
    turn: Turn<()>,
    state: Mutex<State>,
    halted: Notify,
    go_on: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// What still happens to it.
    troubles: VecDeque<Trouble>,
    /// Its requests since it began, went on, or was over its last trouble.
    seen: u32,
    halt: Option<Halt>,
}

impl Gate {
    /// The gate of an operation that such a thing happens to. With `reads_first` its reads overtake the writes
    /// that it asks for at the same time.
    pub(crate) fn new(
        case: &Arc<Case>,
        name: String,
        reads_first: bool,
        troubles: Vec<Trouble>,
    ) -> Arc<Self> {
        let state = State {
            troubles: troubles.into(),
            ..State::default()
        };
        Arc::new(Self {
            name,
            begun: OnceLock::new(),
            case: Arc::downgrade(case),
            reads_first,
            turn: Turn::default(),
            state: Mutex::new(state),
            halted: Notify::new(),
            go_on: Notify::new(),
        })
    }

    /// A client through this gate.
    pub(crate) fn around(gate: &Arc<Self>, inner: SharedHttpClient) -> SharedHttpClient {
        let gate = Arc::clone(gate);
        SharedHttpClient::new(Through { gate, inner })
    }

    /// Waits until the process comes to a halt.
    pub(crate) async fn halt(&self) -> Halt {
        loop {
            if let Some(halt) = self.state().halt {
                return halt;
            }
            self.halted.notified().await;
        }
    }

    /// Lets a process go on that stands still.
    pub(crate) fn go_on(&self, troubles: Vec<Trouble>) {
        *self.state() = State {
            troubles: troubles.into(),
            ..State::default()
        };
        self.go_on.notify_one();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked")
    }

    fn verdict(&self, request: &Request) -> Verdict {
        let mut state = self.state();
        state.seen += 1;
        while let Some(trouble) = state.troubles.front().copied() {
            match trouble.meets(state.seen) {
                None => {
                    state.troubles.pop_front();
                    state.seen = 1;
                }
                Some(Verdict::Passes) => return Verdict::Passes,
                Some(Verdict::Conflicts) if !request.writes() => return Verdict::Passes,
                Some(verdict) => {
                    drop(state);
                    if let Some(case) = self.case.upgrade() {
                        case.ledger().trouble(trouble.what);
                    }
                    return verdict;
                }
            }
        }
        Verdict::Passes
    }

    fn come_to(&self, halt: Halt) {
        self.state().halt = Some(halt);
        self.halted.notify_one();
    }

    async fn pass(
        &self,
        inner: SharedHttpConnector,
        http: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let request = Request::of(&http);
        if self.reads_first && request.writes() {
            for _ in 0..ASKED {
                yield_now().await;
            }
        }
        let _turn = self.turn.lock().await;
        let mut verdict = self.verdict(&request);
        while verdict == Verdict::Waits {
            self.come_to(Halt::Stopped);
            self.go_on.notified().await;
            verdict = self.verdict(&request);
        }
        match verdict {
            Verdict::Passes | Verdict::Waits => self.make(&inner, http, request).await,
            Verdict::Fails => Err(failed()),
            Verdict::GetsLost => {
                self.make(&inner, http, request).await?;
                Err(failed())
            }
            Verdict::Conflicts => request.conflict().ok_or_else(failed),
            Verdict::DiesBefore => self.die().await,
            Verdict::DiesAfter => {
                self.make(&inner, http, request).await?;
                self.die().await
            }
        }
    }

    /// Makes the request, and looks what became of it.
    async fn make(
        &self,
        inner: &SharedHttpConnector,
        http: HttpRequest,
        request: Request,
    ) -> Result<HttpResponse, ConnectorError> {
        let response = inner.call(http).await?;
        let Some(case) = self
            .case
            .upgrade()
            .filter(|_| response.status().is_success())
        else {
            return Ok(response);
        };
        match request {
            Request::Write | Request::Transaction(_) => {
                let seen = case.look().await;
                case.ledger().see(self, seen);
            }
            Request::Send(job, delay) => {
                let ready = case.now() + delay;
                case.pool().send(*job, ready);
            }
            Request::Other => {}
        }
        Ok(response)
    }

    async fn die(&self) -> ! {
        self.come_to(Halt::Dead);
        std::future::pending().await
    }
}

fn failed() -> ConnectorError {
    ConnectorError::io("the connection broke".into())
}

#[derive(Debug)]
struct Through {
    gate: Arc<Gate>,
    inner: SharedHttpClient,
}

impl HttpClient for Through {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector {
            gate: Arc::clone(&self.gate),
            inner: self.inner.http_connector(settings, components),
        })
    }
}

#[derive(Debug)]
struct Connector {
    gate: Arc<Gate>,
    inner: SharedHttpConnector,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (gate, inner) = (Arc::clone(&self.gate), self.inner.clone());
        HttpConnectorFuture::new(async move { gate.pass(inner, request).await })
    }
}
