//! `/issuer`: discovery document, keys, tokens ("OpenID Connect Discovery 1.0"; "RFC 7517"), and their rotation.

use axum::{Json, extract::State, http::StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{address::IssuerUrl, claims::TokenRequest, signing_key::Algorithm};
use crate::{
    bad_request::{BadRequest, parse},
    state::Simulator,
};

/// Body of `POST /issuer/rotate`; may be empty.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Rotation {
    withdraw: bool,
}

/// Returns the discovery document. `authorization_endpoint`, which the standard requires, is absent: nobody signs in
/// here.
pub(crate) async fn configuration(IssuerUrl(issuer): IssuerUrl) -> Json<Value> {
    Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks.json"),
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": Algorithm::ALL,
    }))
}

/// Returns the published keys as a JSON Web Key Set.
pub(crate) async fn jwks(State(simulator): State<Simulator>) -> Json<Value> {
    let published = simulator.issuer_keys.published().await;
    let keys: Vec<Value> = published
        .iter()
        .flat_map(|set| Algorithm::ALL.map(|algorithm| set.key(algorithm).jwk()))
        .collect();
    Json(json!({ "keys": keys }))
}

/// Signs a token with the claims of the request.
pub(crate) async fn token(
    State(simulator): State<Simulator>,
    IssuerUrl(issuer): IssuerUrl,
    body: Bytes,
) -> Result<Json<Value>, BadRequest> {
    let request: TokenRequest = parse(&body)?;
    let keys = simulator.issuer_keys.current().await;
    Ok(Json(json!({
        "access_token": keys.key(request.alg).token(&request.claims(&issuer)),
        "token_type": "Bearer",
        "expires_in": request.expires_in,
    })))
}

/// Replaces the keys.
pub(crate) async fn rotate(
    State(simulator): State<Simulator>,
    body: Bytes,
) -> Result<StatusCode, BadRequest> {
    let rotation = if body.is_empty() {
        Rotation::default()
    } else {
        parse(&body)?
    };
    simulator.issuer_keys.rotate(rotation.withdraw).await;
    Ok(StatusCode::NO_CONTENT)
}
