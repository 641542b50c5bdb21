//! One message of a client.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use shared::aws::connections::Connection;
use shared::ids::{ConnectionId, RunId};
use shared::wire::client::fields::invalid;
use shared::wire::client::ping::Ping;
use shared::wire::client::{ClientMessage, Refusal, Request, parse};
use shared::wire::control::error::{Code, ErrorFrame};
use shared::wire::control::{Control, Pong};
use shared::wire::shape::Format;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Answer, faulty, unavailable};
use crate::deps::Deps;
use crate::{hello, history, prompt};

/// How long a message may take before its sender is told to come again.
const WHOLE: Duration = Duration::from_secs(3);

/// Answers one message.
pub(crate) async fn handle(deps: &Deps, event: &ApiGatewayWebsocketProxyRequest) -> Answer {
    let call = Call::new(deps, event);
    match read(event) {
        Ok(Request {
            id,
            message: ClientMessage::Ping(ping),
            ..
        }) => call.pong(id, ping),
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
    fn new(deps: &'a Deps, event: &ApiGatewayWebsocketProxyRequest) -> Self {
        let context = &event.request_context;
        Self {
            deps,
            id: ConnectionId::trusted(context.connection_id.clone().unwrap_or_default()),
            millis: context.request_time_epoch,
            deadline: Instant::now() + WHOLE,
        }
    }

    /// When the message came, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.millis / 1000).unwrap_or_default()
    }

    fn pong(&self, id: Option<String>, ping: Ping) -> Answer {
        let pong = Pong {
            id,
            t: ping.t,
            now: self.millis,
        };
        Answer::new(Format::Agui, &Control::Pong(pong))
    }

    /// A connection that has no row was closed, or is older than API Gateway lets one grow: who it was is
    /// not known any more, so nothing is done in its name.
    async fn connection(&self) -> Result<Connection, ErrorFrame> {
        let found = self.deps.connections.get(&self.id, self.now());
        match timeout_at(self.deadline, found).await {
            Ok(Ok(Some(connection))) => Ok(connection),
            Ok(Ok(None)) => Err(ErrorFrame::new(
                Code::Unauthorized,
                "This connection is not known any more. Connect again.",
            )),
            Ok(Err(fault)) => Err(faulty(&fault)),
            Err(_) => Err(unavailable()),
        }
    }

    /// Whatever happens, the sender learns the name under which a start can be repeated.
    async fn answer(&self, request: Request) -> Answer {
        let Request {
            id,
            format,
            mut message,
        } = request;
        let about = About::of(id.clone(), &mut message);
        let connection = match self.connection().await {
            Ok(connection) => connection,
            Err(error) => return about.error(format.unwrap_or_default(), error),
        };
        let format = format.unwrap_or(connection.format);
        let done = self.act(id, &connection, format, message);
        match timeout_at(self.deadline, done).await {
            Ok(Ok(control)) => Answer::new(format, &control),
            Ok(Err(error)) => about.error(format, error),
            Err(_) => about.error(format, unavailable()),
        }
    }

    async fn act(
        &self,
        id: Option<String>,
        connection: &Connection,
        format: Format,
        message: ClientMessage,
    ) -> Result<Control, ErrorFrame> {
        match message {
            ClientMessage::Hello(_) => Ok(hello::answer(id, connection)),
            ClientMessage::Prompt(prompt) => {
                prompt::answer(self, id, connection, format, prompt).await
            }
            ClientMessage::History(wish) => history::answer(self, id, connection, wish).await,
            ClientMessage::Ping(ping) => Ok(Control::Pong(Pong {
                id,
                t: ping.t,
                now: self.millis,
            })),
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
        Answer::new(format, &Control::Error(refusal.error))
    }
}

/// What a refusal tells about the message it answers.
struct About {
    id: Option<String>,
    run: Option<RunId>,
}

impl About {
    /// Names the run of a start that has no name yet.
    fn of(id: Option<String>, message: &mut ClientMessage) -> Self {
        let run = match message {
            ClientMessage::Prompt(prompt) => {
                Some(prompt.run_id.get_or_insert_with(RunId::random).clone())
            }
            _ => None,
        };
        Self { id, run }
    }

    fn error(self, format: Format, error: ErrorFrame) -> Answer {
        let error = ErrorFrame {
            id: self.id,
            run_id: self.run,
            ..error
        };
        Answer::new(format, &Control::Error(error))
    }
}
