//! Body of a `ConverseStream` response.

use std::{io, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::{Instant, sleep};

use super::frames;
use crate::{
    records::streams::StreamRecorder,
    response::{
        action::{Action, ActionStream},
        event::Event,
    },
    scenario::entry::Entry,
};

/// Delay between half a frame and the connection reset. A reset discards what is not sent yet, so the half
/// frame must leave first.
const RESET_DELAY: Duration = Duration::from_millis(20);

/// A part of the body.
struct Chunk {
    bytes: Bytes,
    is_delta: bool,
}

type ChunkStream = BoxStream<'static, Result<Chunk, io::Error>>;

/// Returns the body that sends the actions and updates the record of the stream.
pub(crate) fn body(actions: ActionStream, recorder: StreamRecorder) -> Body {
    let started = Instant::now();
    let chunks = actions
        .flat_map(move |action| chunks(&action, started))
        .boxed();
    Body::from_stream(recorded(chunks, recorder))
}

fn chunks(action: &Action, started: Instant) -> ChunkStream {
    match action {
        Action::Send(event) => one_chunk(Chunk {
            bytes: frames::event(event, started.elapsed()),
            is_delta: matches!(event, Event::Delta { .. }),
        }),
        Action::Play(Entry::Pause(_)) => stream::empty().boxed(),
        Action::Play(entry) => one_chunk(Chunk {
            bytes: frames::entry(entry),
            is_delta: entry.is_delta(),
        }),
        Action::Raise(error) => one_chunk(Chunk {
            bytes: frames::exception(error),
            is_delta: false,
        }),
        Action::Stall => stream::pending().boxed(),
        Action::Cut => {
            let mut bytes = frames::event(&Event::BlockStop { index: 0 }, Duration::ZERO);
            bytes.truncate(bytes.len() / 2);
            let half_frame = Chunk {
                bytes,
                is_delta: false,
            };
            let reset = async {
                sleep(RESET_DELAY).await;
                Err(io::Error::from(io::ErrorKind::ConnectionReset))
            };
            one_chunk(half_frame).chain(stream::once(reset)).boxed()
        }
    }
}

fn one_chunk(chunk: Chunk) -> ChunkStream {
    stream::once(async move { Ok(chunk) }).boxed()
}

/// Forwards the chunks and updates the record. The recorder belongs to the stream, so it is dropped with the
/// body when the connection closes.
fn recorded(
    chunks: ChunkStream,
    recorder: StreamRecorder,
) -> BoxStream<'static, Result<Bytes, io::Error>> {
    stream::unfold(
        (chunks, recorder),
        |(mut chunks, mut recorder)| async move {
            match chunks.next().await {
                Some(Ok(chunk)) => {
                    if chunk.is_delta {
                        recorder.count_delta();
                    }
                    Some((Ok(chunk.bytes), (chunks, recorder)))
                }
                Some(Err(error)) => {
                    recorder.finish();
                    Some((Err(error), (chunks, recorder)))
                }
                None => {
                    recorder.finish();
                    None
                }
            }
        },
    )
    .boxed()
}
