//! Request whose connection is not known yet: identifies the connection and enforces its rate limit.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use longwire_core::ids::{ConnectionId, RunId, UserId};
use longwire_core::shape::Format;
use longwire_protocol::response;
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_store::connections::Connection;
use longwire_store::error::StoreError;
use longwire_store::users::budget::Spending;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use crate::answer::Answer;
use crate::call::Call;
use crate::closing;
use crate::deps::Deps;
use crate::failure::{Failure, rate_limited, unknown_connection};

/// Time limit of a request, all its calls included.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// Field of the authorizer's context that a connection with a token that expires has. The row says when: the token may have
/// been renewed.
const EXP: &str = "exp";

/// Request as API Gateway delivered it.
pub(crate) struct Received<'a> {
    deps: &'a Deps,
    connection_id: ConnectionId,
    /// Time at which API Gateway received the request, in milliseconds since 1970.
    millis: u64,
    /// Set for a connection that was opened with a token that expires.
    expires: bool,
    deadline: Instant,
    /// Id of the request.
    pub id: Option<String>,
    /// Format that the request asks for.
    pub format: Option<Format>,
    /// User of the context, if users are told apart.
    user: Option<UserId>,
    /// Set for a request that needs to know what the user has spent, which is read beside the row.
    pub reads_spending: bool,
    /// Run that the request starts, or sends a text to. Every error response names it, so that the client can repeat the request.
    pub run_id: Option<RunId>,
}

/// Request that is not admitted, with the format of its response.
struct Denied {
    format: Format,
    failure: Failure,
}

impl<'a> Received<'a> {
    /// Reads the context of the event; `None` when it names no connection, or has no valid time.
    pub(crate) fn new(deps: &'a Deps, event: &ApiGatewayWebsocketProxyRequest) -> Option<Self> {
        let context = &event.request_context;
        Some(Self {
            deps,
            connection_id: ConnectionId::trusted(context.connection_id.as_deref()?),
            millis: u64::try_from(context.request_time_epoch).ok()?,
            expires: context.authorizer.fields.contains_key(EXP),
            deadline: Instant::now() + TIME_LIMIT,
            id: None,
            format: None,
            user: user(event),
            reads_spending: false,
            run_id: None,
        })
    }

    /// Time at which API Gateway received the request, in milliseconds since 1970.
    pub(crate) fn received_at(&self) -> u64 {
        self.millis
    }

    /// Runs an action for a known connection within the time limit. The response says when the token expires soon.
    pub(crate) async fn answer<T, R: Serialize>(
        self,
        request: T,
        action: impl AsyncFnOnce(&Call<'_>, T) -> Result<R, Failure>,
    ) -> Answer {
        let render = |call: &Call<'_>, response: &R| call.render(response);
        self.answer_as(request, action, render).await
    }

    /// Runs an action that renews the token.
    pub(crate) async fn answer_renewed<T, R: Serialize>(
        self,
        request: T,
        action: impl AsyncFnOnce(&Call<'_>, T) -> Result<R, Failure>,
    ) -> Answer {
        let render = |call: &Call<'_>, response: &R| response::render(response, call.format);
        self.answer_as(request, action, render).await
    }

    async fn answer_as<T, R>(
        self,
        request: T,
        action: impl AsyncFnOnce(&Call<'_>, T) -> Result<R, Failure>,
        render: impl FnOnce(&Call<'_>, &R) -> String,
    ) -> Answer {
        let call = match self.admit().await {
            Ok(call) => call,
            Err(denied) => return self.fail(denied.format, denied.failure).await,
        };
        match timeout_at(self.deadline, action(&call, request)).await {
            Ok(Ok(response)) => Answer::new(render(&call, &response)),
            Ok(Err(failure)) => self.fail(call.format, failure).await,
            Err(_) => self.fail(call.format, Failure::TimedOut).await,
        }
    }

    /// Answers a request of a known connection with a frame that is the same in all formats.
    pub(crate) async fn answer_with(self, frame: &str) -> Answer {
        match self.admit().await {
            Ok(_) => Answer::new(frame.to_owned()),
            Err(denied) => self.fail(denied.format, denied.failure).await,
        }
    }

    /// Refuses a request that cannot be parsed, in its format or the connection's own. It counts as any other.
    pub(crate) async fn refuse(&self, error: ErrorResponse) -> Answer {
        match self.admit().await {
            Ok(call) => Answer::new(error.render(call.format)),
            Err(denied) if denied.concerns_the_connection() => {
                self.fail(denied.format, denied.failure).await
            }
            // The request is wrong whatever the tables say.
            Err(denied) => {
                denied.failure.log();
                Answer::new(error.render(denied.format))
            }
        }
    }

    /// Answers a request that needs no row with a frame, unless the connection can expire: only its row says whether it has.
    pub(crate) async fn answer_without_row(self, frame: &str) -> Answer {
        if self.expires {
            return self.answer_with(frame).await;
        }
        match self.count().await {
            Some(refused) => refused,
            None => Answer::new(frame.to_owned()),
        }
    }

    /// Counts a request that needs no row. Returns the response to a request beyond the limit. A table that fails
    /// does not refuse the request.
    async fn count(&self) -> Option<Answer> {
        match self.pause().await {
            Ok(pause) => {
                let failure = too_many(pause?);
                let format = match self.format {
                    Some(format) => format,
                    None => self.connection_format().await,
                };
                Some(self.fail(format, failure).await)
            }
            Err(failure) => {
                failure.log();
                None
            }
        }
    }

    /// Makes the response to a failure, and counts those that tell the connection to send less.
    async fn fail(&self, format: Format, failure: Failure) -> Answer {
        // The client gets its response whether or not this succeeds.
        match timeout_at(self.deadline, self.note_refusal(&failure)).await {
            Ok(Ok(())) | Err(_) => {}
            Ok(Err(failure)) => failure.log(),
        }
        let error = failure.into_response();
        let error = ErrorResponse {
            id: self.id.clone(),
            run_id: self.run_id.clone().or(error.run_id),
            ..error
        };
        Answer::new(error.render(format))
    }

    async fn note_refusal(&self, failure: &Failure) -> Result<(), Failure> {
        let (deps, id, millis) = (self.deps, &self.connection_id, self.millis);
        match failure {
            Failure::Refused(error) if error.code == Code::RateLimited => {
                closing::count_refusal(deps, id, millis).await
            }
            Failure::Closing(reason) => closing::close(deps, id, *reason, millis).await,
            Failure::Refused(_) | Failure::Store(_) | Failure::Queue(_) | Failure::TimedOut => {
                Ok(())
            }
        }
    }

    /// Identifies and rate-limits the connection. Both are requested at once; an unknown connection is the more
    /// important error.
    async fn admit(&self) -> Result<Call<'a>, Denied> {
        let (connection, pause, spending) =
            tokio::join!(self.connection(), self.pause(), self.spending());
        let denied = |format: Option<Format>, failure| Denied {
            format: self.format.or(format).unwrap_or_default(),
            failure,
        };
        let connection = connection.map_err(|failure| denied(None, failure))?;
        let own = Some(connection.format);
        if let Some(reason) = connection.closing_reason(self.millis / 1000) {
            return Err(denied(own, Failure::Closing(reason)));
        }
        match pause.map_err(|failure| denied(own, failure))? {
            Some(pause) => Err(denied(own, too_many(pause))),
            None => Ok(Call {
                spending,
                deps: self.deps,
                id: self.id.clone(),
                format: self.format.unwrap_or(connection.format),
                connection,
                millis: self.millis,
            }),
        }
    }

    /// Counts the request. Returns the time to wait when the connection has sent too many.
    async fn pause(&self) -> Result<Option<Duration>, Failure> {
        let (id, rate) = (&self.connection_id, self.deps.settings.rate);
        let counted = self.deps.connections.count_request(id, rate, self.millis);
        self.in_time(counted).await
    }

    /// Reads what the user has spent, for a request that needs it. The worker decides exactly, so a table that fails does
    /// not refuse a prompt.
    async fn spending(&self) -> Option<Spending> {
        let user = self.user.as_ref().filter(|_| self.reads_spending)?;
        let read = self.in_time(self.deps.users.spending(user)).await;
        let log = |failure: &Failure| {
            tracing::warn!(
                event = "spending_not_read",
                error = ?failure,
                "the limits of a user were not checked"
            );
        };
        read.inspect_err(log).ok()
    }

    /// Reads the row of the connection.
    async fn connection(&self) -> Result<Connection, Failure> {
        let now = self.millis / 1000;
        let row = self.deps.connections.get(&self.connection_id, now);
        let row = self.in_time(row).await?;
        row.ok_or_else(|| unknown_connection().into())
    }

    async fn connection_format(&self) -> Format {
        match self.connection().await {
            Ok(connection) => connection.format,
            Err(failure) => {
                failure.log();
                Format::default()
            }
        }
    }

    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, Failure> {
        match timeout_at(self.deadline, work).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(Failure::TimedOut),
        }
    }
}

impl Denied {
    /// Tells whether the connection may send no request at all now, whatever the request is.
    fn concerns_the_connection(&self) -> bool {
        match &self.failure {
            Failure::Closing(_) => true,
            Failure::Refused(error) => error.code == Code::RateLimited,
            Failure::Store(_) | Failure::Queue(_) | Failure::TimedOut => false,
        }
    }
}

/// User in the context of the authorizer, if users are told apart.
fn user(event: &ApiGatewayWebsocketProxyRequest) -> Option<UserId> {
    let user = event.request_context.authorizer.fields.get("user")?;
    let user = UserId::trusted(user.as_str()?);
    (!user.is_shared()).then_some(user)
}

fn too_many(pause: Duration) -> Failure {
    let message = "This connection sends too many messages. Wait a little.";
    rate_limited(message, pause).into()
}
