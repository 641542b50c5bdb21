//! HTTP server: ready line, routes, shutdown.

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
    converse::routes as bedrock,
    issuer::{fault, routes as issuer},
    knowledge::{self, index::Index},
    options::Options,
    records::{calls, routes as records},
    scenario::{routes as scenarios, store::ScenarioStore},
    state::Simulator,
    upstream::client::Client,
    weather::routes as weather,
};

/// Time that open streams have to finish after the shutdown signal.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// Maximum size of a request body, as on Bedrock ("API_runtime_Converse").
const MAX_BODY_BYTES: usize = 25_000_000;

/// Error that prevents the start of a simulator or ends it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener failed.
    #[error("the listener failed")]
    Listener(#[from] io::Error),
    /// The folder of documents cannot be read.
    #[error(transparent)]
    Knowledge(#[from] knowledge::documents::DocumentsError),
    /// The HTTP client of the upstream model cannot be built.
    #[error("the client of the upstream model cannot be built")]
    Upstream(#[from] reqwest::Error),
}

/// Prints the ready line with the URL of the simulator to standard output.
///
/// # Errors
/// Fails when standard output is closed.
pub fn print_ready_line(listener: &TcpListener) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut out = io::stdout();
    writeln!(out, "listening on http://{address}")?;
    out.flush()
}

/// Serves until `shutdown` completes; open streams then have one second to finish.
///
/// # Errors
/// Fails when the documents cannot be read or the listener fails.
pub async fn serve(
    listener: TcpListener,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let routes = router(state(options)?);
    // Each delta is a small write; Nagle's algorithm would delay it.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::warn!(%error, "setting TCP_NODELAY failed");
        }
    });
    let (shutdown_started, shutdown_signal) = oneshot::channel::<()>();
    let served = axum::serve(listener, routes).with_graceful_shutdown(async move {
        shutdown.await;
        drop(shutdown_started);
    });
    let timeout = async {
        // The sender is dropped without a value, so the error is the signal.
        shutdown_signal.await.unwrap_or_default();
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    tokio::select! {
        served = async { served.await } => Ok(served?),
        () = timeout => Ok(()),
    }
}

fn state(options: Options) -> Result<Simulator, ServeError> {
    let documents = match &options.knowledge {
        Some(folder) => knowledge::documents::read_folder(folder)?,
        None => knowledge::documents::built_in(),
    };
    Ok(Simulator {
        requests: Default::default(),
        streams: Default::default(),
        calls: Default::default(),
        scenarios: Arc::new(ScenarioStore::default()),
        issued: Arc::default(),
        knowledge: Arc::new(Index::build(&documents)),
        issuer_keys: Arc::default(),
        issuer_fault: Arc::default(),
        upstream: Client::from_options(options.upstream)?.map(Arc::new),
    })
}

fn router(simulator: Simulator) -> Router {
    Router::new()
        .route(
            "/model/{model}/converse-stream",
            post(bedrock::converse_stream),
        )
        .route("/model/{model}/converse", post(bedrock::converse))
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
        .route("/issuer/rotate", post(issuer::rotate))
        .route("/issuer/fault", put(fault::put).delete(fault::clear))
        .merge(other_services(&simulator))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(simulator)
}

/// Routes of the services besides Bedrock Runtime, with records of their calls.
fn other_services(simulator: &Simulator) -> Router<Simulator> {
    let issuer = Router::new()
        .route(
            "/issuer/.well-known/openid-configuration",
            get(issuer::configuration),
        )
        .route("/issuer/jwks.json", get(issuer::jwks))
        .route("/issuer/token", post(issuer::token))
        .layer(from_fn_with_state(simulator.clone(), fault::apply));
    Router::new()
        .route(
            "/knowledgebases/{id}/retrieve",
            post(knowledge::routes::retrieve),
        )
        .route("/weather/v1/search", get(weather::search))
        .route("/weather/v1/forecast", get(weather::forecast))
        .merge(issuer)
        .layer(from_fn_with_state(simulator.calls.clone(), calls::record))
}
