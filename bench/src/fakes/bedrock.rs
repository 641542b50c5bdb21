//! Bedrock: answers `ConverseStream` with event-stream frames at the times of an arrival trace.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::stream;
use serde_json::Value;

use crate::clock;
use crate::fakes::frames;
use crate::fakes::observed::Recorder;
use crate::trace::{Reply, TOOL, token};

/// Fake of Bedrock.
#[derive(Debug, Clone)]
pub(crate) struct Bedrock {
    recorder: Recorder,
    replies: Arc<Mutex<VecDeque<Reply>>>,
}

/// Frame with its time after the request.
struct Timed {
    at: Duration,
    bytes: Bytes,
    /// The frame is a delta of the text.
    text: bool,
}

/// Stream of one reply. Dropping it records its end.
struct Streaming {
    recorder: Recorder,
    requested: Instant,
    frames: std::vec::IntoIter<Timed>,
}

impl Bedrock {
    /// Makes a model that has no replies yet and refuses requests.
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self {
            recorder,
            replies: Arc::default(),
        }
    }

    /// Sets the replies of the next run, one for each model call.
    pub(crate) fn set_replies(&self, replies: &[Reply]) {
        *self.lock() = replies.iter().cloned().collect();
    }

    /// Routes of the service.
    pub(crate) fn routes(self) -> Router {
        Router::new()
            .route("/model/{id}/converse-stream", post(converse_stream))
            .with_state(self)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Reply>> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn converse_stream(State(model): State<Bedrock>, body: Bytes) -> Response {
    let requested = Instant::now();
    if !has_content(&body) {
        return refused("The content of the message is empty.");
    }
    let Some(reply) = model.lock().pop_front() else {
        return refused("The bench expects no model call.");
    };
    model
        .recorder
        .record(|observed| observed.model_requests.push(requested));
    let streaming = Streaming {
        recorder: model.recorder,
        requested,
        frames: timed(&reply).into_iter(),
    };
    let body = stream::unfold(streaming, |mut streaming| async {
        let bytes = streaming.next().await?;
        Some((Ok::<_, std::convert::Infallible>(bytes), streaming))
    });
    let headers = [("content-type", "application/vnd.amazon.eventstream")];
    (headers, Body::from_stream(body)).into_response()
}

/// Tells whether the first message has content. The request with which a client is connected has none.
fn has_content(body: &[u8]) -> bool {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let content = &request["messages"][0]["content"];
    content.as_array().is_some_and(|parts| !parts.is_empty())
}

fn refused(message: &str) -> Response {
    let headers = [("x-amzn-errortype", "ValidationException")];
    let body = serde_json::json!({ "message": message }).to_string();
    (StatusCode::BAD_REQUEST, headers, body).into_response()
}

impl Streaming {
    async fn next(&mut self) -> Option<Bytes> {
        let frame = self.frames.next()?;
        clock::at(self.requested + frame.at).await;
        if frame.text {
            let now = Instant::now();
            self.recorder.record(|observed| {
                observed.deltas.push(now);
                observed.late.push(now - (self.requested + frame.at));
            });
        }
        Some(frame.bytes)
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        self.recorder
            .record(|observed| observed.model_ended = Some(Instant::now()));
    }
}

/// Frames of a reply. The frames that follow the last delta arrive with it, as they do from Bedrock.
fn timed(reply: &Reply) -> Vec<Timed> {
    let at = |at, bytes| Timed {
        at,
        bytes,
        text: false,
    };
    let mut all = vec![at(reply.first, frames::message_start())];
    for block in 0..reply.tools {
        let id = format!("tooluse_{block}");
        let input = format!("{{\"location\":\"Town {block}\"}}");
        all.push(at(reply.first, frames::tool_start(block, &id, TOOL)));
        all.push(at(reply.first, frames::tool_input(block, &input)));
        all.push(at(reply.first, frames::block_stop(block)));
    }
    let texts = reply.deltas.iter().enumerate().map(|(index, after)| Timed {
        at: reply.first + *after,
        bytes: frames::text(0, &token(index)),
        text: true,
    });
    all.extend(texts);
    let last = all.last().map_or(reply.first, |frame| frame.at);
    if !reply.deltas.is_empty() {
        all.push(at(last, frames::block_stop(0)));
    }
    let reason = if reply.tools > 0 {
        "tool_use"
    } else {
        "end_turn"
    };
    all.push(at(last, frames::message_stop(reason)));
    all.push(at(last, frames::metadata(reply.deltas.len())));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_reply_arrives_with_its_last_delta() {
        let first = Duration::from_millis(300);
        let frames = timed(&Reply::steady(first, 100.0, 2));
        let at: Vec<u128> = frames.iter().map(|frame| frame.at.as_millis()).collect();
        assert_eq!(at, [300, 300, 310, 310, 310, 310]);
        let texts = frames.iter().filter(|frame| frame.text).count();
        assert_eq!(texts, 2);
    }

    #[test]
    fn the_request_that_opens_a_connection_has_no_content() {
        assert!(!has_content(
            br#"{"messages":[{"role":"user","content":[]}]}"#
        ));
        assert!(has_content(
            br#"{"messages":[{"role":"user","content":[{"text":"Hey!"}]}]}"#
        ));
    }
}
