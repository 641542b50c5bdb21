//! The Bedrock adapter, against event-stream bytes of a local server.

mod errors;
mod refusals;
mod replies;
mod requests;
mod server;
mod unstreamed;
mod usage;

use futures::StreamExt;
use longwire_agent::model::{
    Delta, Model, ModelError, ModelErrorKind, Part, Request, StopReason, Turn,
};
use longwire_core::ids::{RunId, ThreadId};
use longwire_core::message::Role;

use crate::bedrock::server::{Chunk, Server, event};

/// Smallest request.
fn request() -> Request {
    Request {
        system: String::new(),
        turns: vec![Turn {
            role: Role::User,
            parts: vec![Part::Text("Hey!".to_owned())],
        }],
        tools: Vec::new(),
        max_tokens: 100,
        reasoning: false,
        run_id: RunId::trusted("r_1"),
        thread_id: ThreadId::trusted("t_1"),
    }
}

/// Sends the smallest request to a server that returns these chunks. Returns the deltas, and the error at the end.
async fn reply(chunks: Vec<Chunk>) -> (Vec<Delta>, Option<ModelError>) {
    let server = Server::sending(chunks).await;
    let stream = server.bedrock().stream(request()).await.expect("a reply");
    let mut items: Vec<_> = stream.collect().await;
    let error = match items.pop() {
        Some(Err(error)) => Some(error),
        last => {
            items.extend(last);
            None
        }
    };
    let deltas = items
        .into_iter()
        .map(|item| item.expect("an error comes last"));
    (deltas.collect(), error)
}

/// Sends the smallest request to a server that refuses it. Returns the kind of the error.
async fn refusal(server: &Server) -> ModelErrorKind {
    match server.bedrock().stream(request()).await {
        Err(error) => error.kind,
        Ok(_) => panic!("the request was not refused"),
    }
}

fn text(block: u32, text: &str) -> Delta {
    Delta::Text {
        block,
        text: text.to_owned(),
    }
}

/// Events of a reply with one text: `messageStart` and `contentBlockDelta`.
fn text_events(text: &str) -> Vec<Chunk> {
    vec![
        event("messageStart", r#"{"role":"assistant"}"#),
        event(
            "contentBlockDelta",
            &format!(r#"{{"contentBlockIndex":0,"delta":{{"text":"{text}"}}}}"#),
        ),
    ]
}

fn message_stop(reason: &str) -> Chunk {
    event("messageStop", &format!(r#"{{"stopReason":"{reason}"}}"#))
}

fn end_turn() -> Delta {
    Delta::Stop(StopReason::EndTurn)
}
