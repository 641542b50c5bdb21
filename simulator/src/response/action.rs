//! Actions of the model's end of a stream.

use std::time::Duration;

use futures::stream::BoxStream;

use super::event::Event;
use crate::{error::AwsError, scenario::entry::Entry};

/// One action.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Sends an event.
    Send(Event),
    /// Sends an entry of a scenario verbatim.
    Play(Entry),
    /// Sends an exception event and ends the stream.
    Raise(AwsError),
    /// Sends nothing more and keeps the connection open.
    Stall,
    /// Sends half a frame and resets the connection.
    Cut,
}

impl Action {
    /// Returns `true` if the action sends a delta.
    pub(crate) fn is_delta(&self) -> bool {
        match self {
            Self::Send(event) => matches!(event, Event::Delta { .. }),
            Self::Play(entry) => entry.is_delta(),
            Self::Raise(_) | Self::Stall | Self::Cut => false,
        }
    }

    /// Returns `true` if the action sends the end of the message or the metadata after it.
    pub(crate) fn ends_message(&self) -> bool {
        match self {
            Self::Send(event) => matches!(event, Event::MessageStop { .. } | Event::Metadata(_)),
            Self::Play(entry) => entry.is_event(&["messageStop", "metadata"]),
            Self::Raise(_) | Self::Stall | Self::Cut => false,
        }
    }
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
