//! OpenID Connect issuer: discovery, keys, tokens, rotation and faults.

use std::time::{Duration, Instant};

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header, errors::ErrorKind, jwk::JwkSet,
};
use serde_json::{Value, json};

use crate::harness::simulator::Simulator;

const AUDIENCE: &str = "longwire-local";

#[tokio::test]
async fn discovery_document_names_the_issuer_at_the_address_of_the_client() {
    let simulator = Simulator::start().await;
    let localhost = simulator.url.replace("127.0.0.1", "localhost");
    for url in [&simulator.url, &localhost] {
        let path = "/issuer/.well-known/openid-configuration";
        let response = simulator.http.get(format!("{url}{path}")).send().await;
        let document: Value = response.unwrap().json().await.unwrap();
        assert_eq!(
            document,
            json!({
                "issuer": format!("{url}/issuer"),
                "token_endpoint": format!("{url}/issuer/token"),
                "jwks_uri": format!("{url}/issuer/jwks.json"),
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
            })
        );
    }
}

#[tokio::test]
async fn token_of_each_algorithm_verifies_with_the_published_key() {
    let simulator = Simulator::start().await;
    for (name, algorithm) in [
        ("RS256", Algorithm::RS256),
        ("ES256", Algorithm::ES256),
        ("EdDSA", Algorithm::EdDSA),
    ] {
        let token = token(&simulator, &json!({ "sub": "alice", "alg": name })).await;
        let claims = verify(&simulator, &token).await.unwrap();
        assert_eq!(decode_header(&token).unwrap().alg, algorithm);
        assert_eq!(claims["sub"], "alice", "{name}");
    }
}

#[tokio::test]
async fn token_that_was_changed_does_not_verify() {
    let simulator = Simulator::start().await;
    let alice = token(&simulator, &json!({ "sub": "alice" })).await;
    let bob = token(&simulator, &json!({ "sub": "bob" })).await;
    let (signed, _) = alice.rsplit_once('.').unwrap();
    let (_, signature) = bob.rsplit_once('.').unwrap();
    let forged = verify(&simulator, &format!("{signed}.{signature}")).await;
    assert_eq!(forged.unwrap_err(), ErrorKind::InvalidSignature);
}

#[tokio::test]
async fn claims_have_defaults_and_absolute_times() {
    let simulator = Simulator::start().await;
    let claims = verified(&simulator, &json!({ "sub": "alice" })).await;
    let issued = claims["iat"].as_i64().unwrap();
    assert!(issued > 1_700_000_000);
    assert_eq!(
        claims,
        json!({
            "iss": format!("{}/issuer", simulator.url),
            "sub": "alice",
            "aud": AUDIENCE,
            "iat": issued,
            "exp": issued + 3_600,
        })
    );
}

#[tokio::test]
async fn request_sets_groups_and_times_and_replaces_or_removes_claims() {
    let simulator = Simulator::start().await;
    let request = json!({
        "sub": "alice", "groups": ["staff"], "expiresIn": 60, "notBefore": 1_700_000_000,
        "claims": { "email": "alice@example.com", "sub": "bob", "iss": null },
    });
    let claims = verified(&simulator, &request).await;
    let issued = claims["iat"].as_i64().unwrap();
    assert_eq!(
        claims,
        json!({
            "sub": "bob", "aud": AUDIENCE, "iat": issued, "exp": issued + 60, "nbf": 1_700_000_000,
            "groups": ["staff"], "email": "alice@example.com",
        })
    );
}

#[tokio::test]
async fn tokens_can_be_expired_early_or_for_another_audience() {
    let simulator = Simulator::start().await;
    for (request, expected) in [
        (
            json!({ "sub": "alice", "expiresIn": -120 }),
            ErrorKind::ExpiredSignature,
        ),
        (
            json!({ "sub": "alice", "notBefore": 4_000_000_000_u32 }),
            ErrorKind::ImmatureSignature,
        ),
        (
            json!({ "sub": "alice", "audience": "another" }),
            ErrorKind::InvalidAudience,
        ),
    ] {
        let token = token(&simulator, &request).await;
        let refused = verify(&simulator, &token).await.unwrap_err();
        assert_eq!(refused, expected, "{request}");
    }
}

#[tokio::test]
async fn response_has_the_type_and_the_lifetime_of_the_token() {
    let simulator = Simulator::start().await;
    let request = json!({ "sub": "alice", "expiresIn": 60 });
    let (_, body) = post(&simulator, "/issuer/token", &request).await;
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(60))
    );
}

#[tokio::test]
async fn former_keys_stay_published_until_they_are_withdrawn() {
    let simulator = Simulator::start().await;
    let first = token(&simulator, &json!({ "sub": "alice" })).await;
    rotate(&simulator, "").await;
    let second = token(&simulator, &json!({ "sub": "alice" })).await;
    assert_ne!(key_id(&first), key_id(&second));
    assert!(verify(&simulator, &first).await.is_ok());
    assert!(verify(&simulator, &second).await.is_ok());

    rotate(&simulator, r#"{"withdraw":true}"#).await;
    let published = keys(&simulator).await;
    assert_eq!(published.keys.len(), 3, "one key for each algorithm");
    assert!(published.find(&key_id(&first)).is_none());
    assert!(published.find(&key_id(&second)).is_none());
    let third = token(&simulator, &json!({ "sub": "alice" })).await;
    assert!(verify(&simulator, &third).await.is_ok());
}

#[tokio::test]
async fn fault_is_the_response_of_every_endpoint_until_it_is_ended() {
    let simulator = Simulator::start().await;
    let status = json!({ "status": 503 });
    assert_eq!(put_fault(&simulator, &status).await, 204);
    for path in [
        "/issuer/.well-known/openid-configuration",
        "/issuer/jwks.json",
    ] {
        let response = simulator
            .http
            .get(format!("{}{path}", simulator.url))
            .send();
        assert_eq!(response.await.unwrap().status(), 503, "{path}");
    }
    let request = json!({ "sub": "alice" });
    assert_eq!(post(&simulator, "/issuer/token", &request).await.0, 503);

    end_fault(&simulator).await;
    assert_eq!(post(&simulator, "/issuer/token", &request).await.0, 200);
}

#[tokio::test]
async fn stalled_issuer_responds_after_the_delay() {
    let simulator = Simulator::start().await;
    let stall = json!({ "stallMs": 200 });
    assert_eq!(put_fault(&simulator, &stall).await, 204);
    let started = Instant::now();
    let path = "/issuer/.well-known/openid-configuration";
    assert!(simulator.get(path).await["issuer"].is_string());
    assert!(started.elapsed() >= Duration::from_millis(200));
    let calls = simulator.get("/_sim/calls").await;
    assert_eq!(calls[0]["path"], path, "calls of the issuer are recorded");
}

#[tokio::test]
async fn invalid_requests_are_refused_with_their_reason() {
    let simulator = Simulator::start().await;
    for (request, reason) in [
        (json!({}), "missing field `sub`"),
        (json!({ "sub": 1 }), "sub: invalid type"),
        (
            json!({ "sub": "a", "alg": "HS256" }),
            "alg: unknown variant",
        ),
        (
            json!({ "sub": "a", "lifetime": 1 }),
            "unknown field `lifetime`",
        ),
    ] {
        let (status, body) = post(&simulator, "/issuer/token", &request).await;
        assert_eq!(status, 400, "{request}");
        let message = body["message"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
    }
    for fault in [
        json!({}),
        json!({ "status": 200 }),
        json!({ "stallMs": -1 }),
    ] {
        assert_eq!(put_fault(&simulator, &fault).await, 400, "{fault}");
    }
}

/// Returns a token of the issuer.
async fn token(simulator: &Simulator, request: &Value) -> String {
    let (status, body) = post(simulator, "/issuer/token", request).await;
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

/// Returns the claims of a token that must be valid, except for the issuer.
async fn verified(simulator: &Simulator, request: &Value) -> Value {
    let token = token(simulator, request).await;
    verify(simulator, &token).await.unwrap()
}

/// Verifies a token with the published key that it names.
async fn verify(simulator: &Simulator, token: &str) -> Result<Value, ErrorKind> {
    let header = decode_header(token).unwrap();
    let published = keys(simulator).await;
    let key = published.find(&header.kid.unwrap()).unwrap();
    assert_eq!(key.common.key_algorithm, Some(header.alg.into()));
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_nbf = true;
    validation.leeway = 0;
    decode(token, &DecodingKey::from_jwk(key).unwrap(), &validation)
        .map(|decoded| decoded.claims)
        .map_err(|error| error.into_kind())
}

async fn keys(simulator: &Simulator) -> JwkSet {
    serde_json::from_value(simulator.get("/issuer/jwks.json").await).unwrap()
}

fn key_id(token: &str) -> String {
    decode_header(token).unwrap().kid.unwrap()
}

/// Sends a body and returns the status and the body of the response; an empty one is null.
async fn post(simulator: &Simulator, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}{path}", simulator.url);
    let response = simulator.http.post(url).json(body).send().await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn rotate(simulator: &Simulator, body: &'static str) {
    let url = format!("{}/issuer/rotate", simulator.url);
    let response = simulator.http.post(url).body(body).send().await.unwrap();
    assert_eq!(response.status(), 204);
}

/// Starts a fault and returns the status of the response.
async fn put_fault(simulator: &Simulator, fault: &Value) -> u16 {
    let url = format!("{}/issuer/fault", simulator.url);
    let response = simulator.http.put(url).json(fault).send().await.unwrap();
    response.status().as_u16()
}

async fn end_fault(simulator: &Simulator) {
    let url = format!("{}/issuer/fault", simulator.url);
    let response = simulator.http.delete(url).send().await.unwrap();
    assert_eq!(response.status(), 204);
}
