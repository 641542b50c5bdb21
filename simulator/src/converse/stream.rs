//! An answer as the body of a stream.

use std::{io, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::{Instant, sleep};

use super::frames;
use crate::{
    journal::streams::Watch,
    play::cue::{Act, Acts, Event},
};

/// Half a frame must have left before the connection breaks, or the break would swallow it.
const BEFORE_A_CUT: Duration = Duration::from_millis(20);

type Chunks = BoxStream<'static, Result<Bytes, io::Error>>;

/// The body that sends the acts and notes in `watch` what became of it.
pub(crate) fn body(acts: Acts, watch: Watch) -> Body {
    let started = Instant::now();
    let chunks = acts.flat_map(move |act| chunks(&act, started)).boxed();
    Body::from_stream(watched(chunks, watch))
}

/// One act as what goes over the line; the bool of the notes says whether it is a delta.
fn chunks(act: &Act, started: Instant) -> BoxStream<'static, Result<(Bytes, bool), io::Error>> {
    match act {
        Act::Send(event) => {
            let delta = matches!(event, Event::Delta { .. });
            let frame = frames::event(event, started.elapsed());
            stream::once(async move { Ok((frame, delta)) }).boxed()
        }
        Act::Raise(error) => {
            let frame = frames::exception(error);
            stream::once(async move { Ok((frame, false)) }).boxed()
        }
        Act::Stall => stream::pending().boxed(),
        Act::Cut => {
            let mut half = frames::event(&Event::BlockStop { index: 0 }, Duration::ZERO);
            half.truncate(half.len() / 2);
            let broken = async {
                sleep(BEFORE_A_CUT).await;
                Err(io::Error::from(io::ErrorKind::ConnectionReset))
            };
            stream::once(async move { Ok((half, false)) })
                .chain(stream::once(broken))
                .boxed()
        }
    }
}

/// Passes everything on and follows it. When the server drops this, the watch says `dropped`.
fn watched(chunks: BoxStream<'static, Result<(Bytes, bool), io::Error>>, watch: Watch) -> Chunks {
    stream::unfold((chunks, watch), |(mut chunks, mut watch)| async move {
        let next = chunks.next().await;
        match next {
            Some(Ok((frame, delta))) => {
                if delta {
                    watch.delta();
                }
                Some((Ok(frame), (chunks, watch)))
            }
            Some(Err(error)) => {
                watch.finish();
                Some((Err(error), (chunks, watch)))
            }
            None => {
                watch.finish();
                None
            }
        }
    })
    .boxed()
}
