//! Request whose connection is not known yet: identifies the connection and enforces its rate limit.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use longwire_core::ids::{ConnectionId, RunId};
use longwire_core::shape::Format;
use longwire_protocol::response;
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_store::connections::Connection;
use longwire_store::error::StoreError;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use crate::answer::Answer;
use crate::call::Call;
use crate::deps::Deps;
use crate::failure::Failure;

/// Time limit of a request, all its calls included.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// Request as API Gateway delivered it.
pub(crate) struct Received<'a> {
    deps: &'a Deps,
    connection_id: ConnectionId,
    /// Time at which API Gateway received the request, in milliseconds since 1970.
    pub millis: i64,
    deadline: Instant,
    /// Id of the request.
    pub id: Option<String>,
    /// Format that the request asks for.
    pub format: Option<Format>,
    /// Run that the request starts. Every error response names it, so that the client can repeat the request.
    pub run_id: Option<RunId>,
}

impl<'a> Received<'a> {
    /// Reads the context of the event; `None` when it names no connection.
    pub(crate) fn new(deps: &'a Deps, event: &ApiGatewayWebsocketProxyRequest) -> Option<Self> {
        let context = &event.request_context;
        Some(Self {
            deps,
            connection_id: ConnectionId::trusted(context.connection_id.as_deref()?),
            millis: context.request_time_epoch,
            deadline: Instant::now() + TIME_LIMIT,
            id: None,
            format: None,
            run_id: None,
        })
    }

    /// Runs an action for a known connection within the time limit.
    pub(crate) async fn answer<T, R: Serialize>(
        self,
        request: T,
        action: impl AsyncFnOnce(&Call<'_>, T) -> Result<R, Failure>,
    ) -> Answer {
        let call = match self.admit().await {
            Ok(call) => call,
            Err(failure) => return self.fail(self.format.unwrap_or_default(), failure),
        };
        match timeout_at(self.deadline, action(&call, request)).await {
            Ok(Ok(response)) => Answer::new(response::render(&response, call.format)),
            Ok(Err(failure)) => self.fail(call.format, failure),
            Err(_) => self.fail(call.format, Failure::TimedOut),
        }
    }

    /// Answers a request of a known connection with a frame that is the same in all formats.
    pub(crate) async fn answer_with(self, frame: &str) -> Answer {
        match self.admit().await {
            Ok(_) => Answer::new(frame.to_owned()),
            Err(failure) => self.fail(self.format.unwrap_or_default(), failure),
        }
    }

    /// Refuses a request that cannot be parsed, in its format or the connection's own.
    pub(crate) async fn refuse(&self, error: &ErrorResponse) -> Answer {
        let format = match self.format {
            Some(format) => format,
            None => self.connection_format().await,
        };
        Answer::new(error.render(format))
    }

    fn fail(&self, format: Format, failure: Failure) -> Answer {
        let error = failure.into_response();
        let error = ErrorResponse {
            id: self.id.clone(),
            run_id: self.run_id.clone().or(error.run_id),
            ..error
        };
        Answer::new(error.render(format))
    }

    /// Identifies and rate-limits the connection. Both are requested at once; an unknown connection is the more
    /// important error.
    async fn admit(&self) -> Result<Call<'a>, Failure> {
        let rate = self.deps.settings.rate;
        let millis = u64::try_from(self.millis).unwrap_or_default();
        let count = self
            .deps
            .connections
            .count_request(&self.connection_id, rate, millis);
        let (connection, pause) = tokio::join!(self.connection(), self.in_time(count));
        let connection = connection?;
        match pause? {
            Some(pause) => Err(too_many(pause)),
            None => Ok(Call {
                deps: self.deps,
                id: self.id.clone(),
                format: self.format.unwrap_or(connection.format),
                connection,
                millis,
            }),
        }
    }

    /// Reads the row of the connection. A connection without a row was closed, or is older than API Gateway allows;
    /// its user is not known any more.
    async fn connection(&self) -> Result<Connection, Failure> {
        let now = u64::try_from(self.millis / 1000).unwrap_or_default();
        let row = self.deps.connections.get(&self.connection_id, now);
        let row = self.in_time(row).await?;
        row.ok_or_else(|| {
            let message = "This connection is not known any more. Connect again.";
            Failure::Refused(ErrorResponse::new(Code::Unauthorized, message))
        })
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

fn too_many(pause: Duration) -> Failure {
    let message = "This connection sends too many messages. Wait a little.";
    Failure::Refused(ErrorResponse {
        retry_after_ms: pause.as_millis().try_into().ok(),
        ..ErrorResponse::new(Code::RateLimited, message)
    })
}
