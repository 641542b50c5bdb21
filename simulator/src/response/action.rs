//! Actions of the model's end of a stream.

use std::time::Duration;

use futures::stream::BoxStream;

use super::event::Event;
use crate::error::AwsError;

/// One action.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Sends an event.
    Send(Event),
    /// Sends an exception event and ends the stream.
    Raise(AwsError),
    /// Sends nothing more and keeps the connection open.
    Stall,
    /// Sends half a frame and resets the connection.
    Cut,
}

/// An action with the time at which it is due.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedAction {
    /// Time since the arrival of the request.
    pub at: Duration,
    /// The action.
    pub action: Action,
}

/// Actions of one response, each yielded when it is due.
pub(crate) type ActionStream = BoxStream<'static, Action>;
