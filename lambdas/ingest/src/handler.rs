//! One message of a client.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::shape::Format;
use longwire_protocol::request::fields::invalid;
use longwire_protocol::request::ping::Ping;
use longwire_protocol::request::{ClientMessage, Refusal, Request, parse};
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_protocol::response::{Pong, Response};
use longwire_store::connections::Connection;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Answer, faulty, internal, unavailable};
use crate::deps::Deps;
use crate::{cancel, hello, history, prompt, resume};

/// How long a message may take before its sender is told to come again.
const WHOLE: Duration = Duration::from_secs(3);

/// Answers one message.
pub(crate) async fn handle(deps: &Deps, event: &ApiGatewayWebsocketProxyRequest) -> Answer {
    let Some(call) = Call::new(deps, event) else {
        tracing::error!("an event names no connection");
        return Answer::new(Format::Agui, &Response::Error(internal()));
    };
    match read(event) {
        Ok(request) => call.answer(request).await,
        Err(refusal) => call.refuse(refusal).await,
    }
}

fn read(event: &ApiGatewayWebsocketProxyRequest) -> Result<Request, Refusal> {
    if event.is_base64_encoded {
        let error = invalid("The message must be a text frame, not a binary one.");
        return Err(Refusal {
            error,
            format: None,
        });
    }
    parse(event.body.as_deref().unwrap_or_default())
}

/// One message on its way to its answer.
pub(crate) struct Call<'a> {
    /// What it is answered with.
    pub deps: &'a Deps,
    id: ConnectionId,
    millis: i64,
    deadline: Instant,
}

impl<'a> Call<'a> {
    fn new(deps: &'a Deps, event: &ApiGatewayWebsocketProxyRequest) -> Option<Self> {
        let context = &event.request_context;
        Some(Self {
            deps,
            id: ConnectionId::trusted(context.connection_id.as_deref()?),
            millis: context.request_time_epoch,
            deadline: Instant::now() + WHOLE,
        })
    }

    /// When the message came, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.millis / 1000).unwrap_or_default()
    }

    /// The same in milliseconds.
    pub(crate) fn millis(&self) -> u64 {
        u64::try_from(self.millis).unwrap_or_default()
    }

    fn pong(&self, id: Option<String>, ping: Ping) -> Answer {
        let pong = Pong {
            id,
            t: ping.t,
            now: self.millis,
        };
        Answer::new(Format::Agui, &Response::Pong(pong))
    }

    /// Who sends the message, if that one may. A connection that has no row was closed, or is older than API
    /// Gateway lets one grow: who it was is not known any more, so nothing is done in its name.
    async fn sender(&self) -> Result<Connection, ErrorResponse> {
        let counted =
            self.deps
                .connections
                .count_request(&self.id, self.deps.settings.rate, self.millis());
        let counted = timeout_at(self.deadline, counted);
        match tokio::join!(self.connection(), counted) {
            (Err(error), _) => Err(error),
            (Ok(_), Ok(Ok(Some(pause)))) => Err(too_many(pause)),
            (Ok(connection), Ok(Ok(None))) => Ok(connection),
            (Ok(_), Ok(Err(fault))) => Err(faulty(&fault)),
            (Ok(_), Err(_)) => Err(unavailable()),
        }
    }

    async fn connection(&self) -> Result<Connection, ErrorResponse> {
        let found = self.deps.connections.get(&self.id, self.now());
        match timeout_at(self.deadline, found).await {
            Ok(Ok(Some(connection))) => Ok(connection),
            Ok(Ok(None)) => Err(ErrorResponse::new(
                Code::Unauthorized,
                "This connection is not known any more. Connect again.",
            )),
            Ok(Err(fault)) => Err(faulty(&fault)),
            Err(_) => Err(unavailable()),
        }
    }

    async fn answer(&self, request: Request) -> Answer {
        let Request {
            id,
            format,
            message,
        } = request;
        match message {
            ClientMessage::Ping(ping) => self.pong(id, ping),
            ClientMessage::Hello(_) => {
                let about = About::message(id.clone());
                let act = async |row: &Connection, _| {
                    Ok(hello::answer(id, row, self.deps.settings.replay))
                };
                self.act(about, format, act).await
            }
            ClientMessage::Prompt(mut prompt) => {
                let run = prompt.run_id.get_or_insert_with(RunId::random).clone();
                let about = About::start(id.clone(), run);
                let act = async |row: &Connection, format| {
                    prompt::answer(self, id, row, format, prompt).await
                };
                self.act(about, format, act).await
            }
            ClientMessage::Cancel(wish) => {
                let about = About::message(id.clone());
                let act = async |row: &Connection, _| cancel::answer(self, id, row, wish).await;
                self.act(about, format, act).await
            }
            ClientMessage::Resume(wish) => {
                let about = About::message(id.clone());
                let act = async |row: &Connection, format| {
                    resume::answer(self, id, row, format, wish).await
                };
                self.act(about, format, act).await
            }
            ClientMessage::History(wish) => {
                let about = About::message(id.clone());
                let act = async |row: &Connection, _| history::answer(self, id, row, wish).await;
                self.act(about, format, act).await
            }
        }
    }

    /// Does what a known connection asks for, within the time a message has.
    async fn act(
        &self,
        about: About,
        wanted: Option<Format>,
        act: impl AsyncFnOnce(&Connection, Format) -> Result<Response, ErrorResponse>,
    ) -> Answer {
        let connection = match self.sender().await {
            Ok(connection) => connection,
            Err(error) => return about.error(wanted.unwrap_or_default(), error),
        };
        let format = wanted.unwrap_or(connection.format);
        match timeout_at(self.deadline, act(&connection, format)).await {
            Ok(Ok(control)) => Answer::new(format, &control),
            Ok(Err(error)) => about.error(format, error),
            Err(_) => about.error(format, unavailable()),
        }
    }

    /// The connection's row only says in which shape the refusal is wanted.
    async fn refuse(&self, refusal: Refusal) -> Answer {
        let format = match refusal.format {
            Some(format) => format,
            None => self
                .connection()
                .await
                .map(|row| row.format)
                .unwrap_or_default(),
        };
        Answer::new(format, &Response::Error(refusal.error))
    }
}

fn too_many(pause: Duration) -> ErrorResponse {
    ErrorResponse {
        retry_after_ms: pause.as_millis().try_into().ok(),
        ..ErrorResponse::new(
            Code::RateLimited,
            "This connection sends too many messages. Wait a little.",
        )
    }
}

/// What a refusal tells about the message it answers.
struct About {
    id: Option<String>,
    run: Option<RunId>,
}

impl About {
    fn message(id: Option<String>) -> Self {
        Self { id, run: None }
    }

    /// Whatever happens, the sender learns the name under which a start can be repeated.
    fn start(id: Option<String>, run: RunId) -> Self {
        Self { id, run: Some(run) }
    }

    fn error(self, format: Format, error: ErrorResponse) -> Answer {
        let error = ErrorResponse {
            id: self.id,
            run_id: self.run.or(error.run_id),
            ..error
        };
        Answer::new(format, &Response::Error(error))
    }
}
