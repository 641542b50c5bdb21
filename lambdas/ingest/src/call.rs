//! Request of a known connection.

use longwire_core::ids::ThreadId;
use longwire_core::payment::Payer;
use longwire_core::shape::{Format, Lines, Shape};
use longwire_core::thread_key::ThreadKey;
use longwire_protocol::response;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::connections::Connection;
use longwire_store::threads::record::Subscriber;
use longwire_store::users::budget::Spending;
use serde::Serialize;

use crate::deps::Deps;

/// Time before the expiry of a token from which on responses say so, in seconds.
const EXPIRING: u64 = 60;

/// Request of a known connection that is within its rate limit. Actions take it with their own fields.
pub(crate) struct Call<'a> {
    /// Dependencies of the function.
    pub deps: &'a Deps,
    /// Id of the request, for the response.
    pub id: Option<String>,
    /// Connection that sent the request.
    pub connection: Connection,
    /// Spending of the user, if the request needs it and it could be read.
    pub spending: Option<Spending>,
    /// Format of the response and of the run's events.
    pub format: Format,
    /// Time at which API Gateway received the request, in milliseconds since 1970.
    pub millis: u64,
}

impl Call<'_> {
    /// Renders the response in the format of the call. It says when the token of the connection expires soon.
    pub(crate) fn render(&self, response: &impl Serialize) -> String {
        let soon = self.now() + EXPIRING;
        if self.connection.token_exp.is_some_and(|exp| exp <= soon) {
            response::render_expiring(response, self.format)
        } else {
            response::render(response, self.format)
        }
    }

    /// User who pays for what the request starts; `None` where users are not told apart.
    pub(crate) fn payer(&self) -> Option<Payer> {
        let connection = &self.connection;
        (!connection.user.is_shared()).then(|| Payer {
            user: connection.user.clone(),
            limits: self.deps.settings.limits.of(&connection.groups),
        })
    }

    /// Time at which API Gateway received the request, in seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.millis / 1000
    }

    /// Scheduler whose jobs name the connection.
    pub(crate) fn scheduler(&self) -> Scheduler {
        let connection = self.connection.connection.clone();
        self.deps.scheduler.caused_by(Some(connection))
    }

    /// Key of the thread that the request names, or of the connection's thread. The owner is always the connection's
    /// user.
    pub(crate) fn key(&self, named: Option<ThreadId>) -> ThreadKey {
        ThreadKey {
            owner: self.connection.user.owner(),
            thread_id: named.unwrap_or_else(|| self.connection.thread_id.clone()),
        }
    }

    /// The connection as a subscriber of the run that it starts.
    pub(crate) fn subscriber(&self) -> Subscriber {
        Subscriber {
            connection: self.connection.connection.clone(),
            shape: self.shape(),
        }
    }

    /// Format and framing of the run's events. A format other than the connection's own has one line per frame.
    pub(crate) fn shape(&self) -> Shape {
        let lines = if self.format == self.connection.format {
            self.connection.lines
        } else {
            Lines::One
        };
        Shape {
            format: self.format,
            lines,
        }
    }
}
