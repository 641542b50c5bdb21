//! WebSocket server that plays a deployment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::program::TOKEN;

/// Behaviour of a connection whose prompt was received.
#[derive(Debug, Clone)]
pub(crate) enum Play {
    /// Sends frames and keeps the connection open until the client closes it.
    Frames(Vec<String>),
    /// Sends frames and cuts the connection.
    Cut(Vec<String>),
    /// Refuses the handshake.
    Refuse(StatusCode),
    /// Confirms no subprotocol.
    NoSubprotocol,
}

/// Frames of an accepted run with these events, numbered.
pub(crate) fn frames(events: &[Value]) -> Vec<String> {
    let ack = json!({ "type": "ack", "action": "prompt", "status": "queued", "runId": "r1" });
    let events = events.iter().cloned().zip(1..).map(|(mut event, seq)| {
        event["metadata"] = json!({ "lw.seq": seq });
        event
    });
    let lines = std::iter::once(ack).chain(events);
    lines.map(|line| line.to_string()).collect()
}

/// Events of a complete answer with this text.
pub(crate) fn complete(text: &str) -> Vec<Value> {
    vec![
        json!({ "type": "RUN_STARTED" }),
        json!({ "type": "TEXT_MESSAGE_CONTENT", "delta": text }),
        json!({ "type": "RUN_FINISHED", "outcome": { "type": "success" } }),
    ]
}

/// Frames of a complete answer.
pub(crate) fn answered(text: &str) -> Play {
    Play::Frames(frames(&complete(text)))
}

/// Running server, which ends with the test.
pub(crate) struct Server {
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Starts a server that handles each connection as the next play says, and the last play for all that follow.
    pub(crate) async fn start(plays: Vec<Play>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let at = counted.fetch_add(1, Ordering::SeqCst).min(plays.len() - 1);
                let (play, tls) = (plays[at].clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(tcp, play).await,
                        // A client that refuses the certificate has no connection.
                        Some(tls) => match tls.accept(tcp).await {
                            Ok(stream) => serve(stream, play).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { port, connections }
    }

    /// URL without TLS.
    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/v1", self.port)
    }

    /// Number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Handles a connection; `None` when it has failed.
async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, play: Play) -> Option<()> {
    let handshake = play.clone();
    #[expect(clippy::result_large_err, reason = "the type is the library's")]
    let check = move |request: &Request, response| shake_hands(request, response, &handshake);
    let mut socket = accept_hdr_async(stream, check).await.ok()?;
    let prompt: Value = serde_json::from_str(socket.next().await?.ok()?.to_text().ok()?).ok()?;
    assert_eq!(prompt["action"], "prompt");
    match play {
        Play::Frames(frames) => {
            send(&mut socket, frames).await?;
            while let Some(Ok(_)) = socket.next().await {}
        }
        Play::Cut(frames) => send(&mut socket, frames).await?,
        Play::Refuse(_) | Play::NoSubprotocol => {}
    }
    Some(())
}

#[expect(clippy::result_large_err, reason = "the type is the library's")]
fn shake_hands(
    request: &Request,
    mut response: Response,
    play: &Play,
) -> Result<Response, ErrorResponse> {
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let refusal = match play {
        Play::Refuse(status) => Some(*status),
        _ if header(AUTHORIZATION) != Some(&format!("Bearer {TOKEN}")) => {
            Some(StatusCode::FORBIDDEN)
        }
        _ if header(SEC_WEBSOCKET_PROTOCOL) != Some("longwire.v1") => Some(StatusCode::BAD_REQUEST),
        _ => None,
    };
    if let Some(status) = refusal {
        let mut refused = ErrorResponse::new(None);
        *refused.status_mut() = status;
        return Err(refused);
    }
    if !matches!(play, Play::NoSubprotocol) {
        let confirmed = "longwire.v1".parse().expect("a header");
        response
            .headers_mut()
            .insert(SEC_WEBSOCKET_PROTOCOL, confirmed);
    }
    Ok(response)
}

async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    frames: Vec<String>,
) -> Option<()> {
    for frame in frames {
        socket.send(Message::text(frame)).await.ok()?;
    }
    Some(())
}
