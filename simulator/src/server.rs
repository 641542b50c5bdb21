//! The server: its routes, its ready line, its end.

use std::{future::Future, io, io::Write, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    routing::{get, post, put},
    serve::ListenerExt,
};
use serde_json::json;
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    converse::routes as converse,
    journal::calls,
    knowledge::{self, index::Index},
    options::Options,
    records,
    scenario::{routes as scenarios, store::Store},
    state::Simulator,
    upstream::client::Client,
    weather::routes as weather,
};

/// How long open streams may go on after the server was asked to end.
const GRACE: Duration = Duration::from_secs(1);

/// The largest body taken. Bedrock itself refuses bodies over 25 MB ("API_runtime_Converse").
const BODY_BYTES: usize = 25_000_000;

/// Why a simulator could not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener failed.
    #[error("the listener failed")]
    Listener(#[from] io::Error),
    /// The folder of documents cannot be read.
    #[error(transparent)]
    Knowledge(#[from] knowledge::documents::Unreadable),
    /// The HTTP client for the real model cannot be built.
    #[error("the client of the upstream model cannot be built")]
    Upstream(#[from] reqwest::Error),
}

/// Prints the one line that tells others that, and where, the simulator answers.
///
/// # Errors
/// When standard output is closed.
pub fn announce(listener: &TcpListener) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut out = io::stdout();
    writeln!(out, "listening on http://{address}")?;
    out.flush()
}

/// Serves until `stop` completes; open streams get a second more.
///
/// # Errors
/// When the documents cannot be read or the listener fails.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let routes = routes(simulator(options)?);
    // Each delta is a small write of its own; Nagle's algorithm would hold it back.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::warn!(%error, "a connection keeps Nagle's algorithm");
        }
    });
    let (stopping, asked) = oneshot::channel::<()>();
    let served = axum::serve(listener, routes).with_graceful_shutdown(async move {
        stop.await;
        drop(stopping);
    });
    let overdue = async {
        // The sender is dropped, never used: the error is the signal.
        asked.await.unwrap_or_default();
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = async { served.await } => Ok(served?),
        () = overdue => Ok(()),
    }
}

fn simulator(options: Options) -> Result<Simulator, ServeError> {
    let documents = match &options.knowledge {
        Some(folder) => knowledge::documents::read(folder)?,
        None => knowledge::documents::shipped(),
    };
    Ok(Simulator {
        requests: Default::default(),
        streams: Default::default(),
        calls: Default::default(),
        scenarios: Arc::new(Store::default()),
        issued: Arc::default(),
        knowledge: Arc::new(Index::build(&documents)),
        upstream: Client::from_options(options.upstream)?.map(Arc::new),
    })
}

fn routes(simulator: Simulator) -> Router {
    let services = Router::new()
        .route(
            "/knowledgebases/{id}/retrieve",
            post(knowledge::routes::retrieve),
        )
        .route("/weather/v1/search", get(weather::search))
        .route("/weather/v1/forecast", get(weather::forecast))
        .layer(from_fn_with_state(simulator.calls.clone(), calls::note));
    Router::new()
        .route("/model/{model}/converse-stream", post(converse::stream))
        .route("/model/{model}/converse", post(converse::whole))
        .route(
            "/_sim/health",
            get(async || Json(json!({ "status": "ok" }))),
        )
        .route(
            "/_sim/requests",
            get(records::requests).delete(records::clear_requests),
        )
        .route(
            "/_sim/streams",
            get(records::streams).delete(records::clear_streams),
        )
        .route(
            "/_sim/calls",
            get(records::calls).delete(records::clear_calls),
        )
        .route("/_sim/scenarios", get(scenarios::list))
        .route(
            "/_sim/scenarios/{name}",
            put(scenarios::put)
                .get(scenarios::show)
                .delete(scenarios::remove),
        )
        .merge(services)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(simulator)
}
