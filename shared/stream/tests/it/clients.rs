//! Clients' side of the posts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use longwire_core::ids::ConnectionId;
use longwire_stream::post::{Post, PostError};
use tokio::time::{Instant, sleep};

use crate::stage::id;

/// Duration and result of a post.
pub(crate) type PostOutcome = (Duration, Result<(), PostError>);

/// Attempt to post a frame.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) to: ConnectionId,
    pub(crate) started: Instant,
    /// Neither answered nor dropped.
    in_flight: bool,
    /// Time and result of the answer.
    pub(crate) answered: Option<(Instant, Result<(), PostError>)>,
    pub(crate) text: String,
}

/// Attempts to post to any client, in the order in which they started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clients(Arc<Mutex<Vec<Attempt>>>);

impl Clients {
    /// Makes the post whose duration and result `outcome` decides. It gets the number of the attempt, counted from 0
    /// per connection.
    pub(crate) fn post(
        &self,
        outcome: impl Fn(&ConnectionId, usize) -> PostOutcome + Send + Sync + 'static,
    ) -> Post {
        let clients = self.clone();
        Arc::new(move |to, text| {
            let (index, nth) = clients.start(&to, text);
            let (takes, result) = outcome(&to, nth);
            let attempt = InFlight(clients.clone(), index);
            async move {
                sleep(takes).await;
                attempt.change(|a| a.answered = Some((Instant::now(), result.clone())));
                result
            }
            .boxed()
        })
    }

    fn start(&self, to: &ConnectionId, text: String) -> (usize, usize) {
        let mut attempts = self.0.lock().unwrap();
        let to_this = || attempts.iter().filter(|attempt| attempt.to == *to);
        assert!(
            !to_this().any(|a| a.in_flight),
            "two posts to {to} at a time"
        );
        let nth = to_this().count();
        attempts.push(Attempt {
            to: to.clone(),
            started: Instant::now(),
            in_flight: true,
            answered: None,
            text,
        });
        (attempts.len() - 1, nth)
    }

    pub(crate) fn attempts(&self) -> Vec<Attempt> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn attempts_to(&self, name: &str) -> Vec<Attempt> {
        let all = self.attempts().into_iter();
        all.filter(|attempt| attempt.to == id(name)).collect()
    }

    /// Frames that a client has taken.
    pub(crate) fn frames(&self, name: &str) -> Vec<String> {
        let attempts = self.attempts_to(name).into_iter();
        let taken = attempts.filter(|a| matches!(a.answered, Some((_, Ok(())))));
        taken.map(|attempt| attempt.text).collect()
    }

    /// Lines of the frames that a client has taken: events and responses.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        let frames = self.frames(name);
        let lines = frames.iter().flat_map(|frame| frame.split('\n'));
        lines.map(str::to_owned).collect()
    }
}

/// Attempt until it is answered or dropped.
struct InFlight(Clients, usize);

impl InFlight {
    fn change(&self, change: impl FnOnce(&mut Attempt)) {
        change(&mut self.0.0.lock().unwrap()[self.1]);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.change(|attempt| attempt.in_flight = false);
    }
}
