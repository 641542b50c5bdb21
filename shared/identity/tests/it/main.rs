//! Tokens with real signatures of an issuer on this machine.

mod issuer;

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use longwire_identity::verifier::TokenError;
use serde_json::{Value, json};

use crate::issuer::{Issuer, Key, now};

const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// Outcome of verifying a token of the user `u_7` with these claims replaced.
async fn verified(replaced: Value) -> Result<(String, Vec<String>), TokenError> {
    let key = Key::new("k", Algorithm::EdDSA);
    let issuer = Issuer::with(&[&key]).await;
    let token = key.sign(&issuer.claims(&replaced));
    let identity = issuer.verifier().verify(&token).await?;
    Ok((identity.user.as_str().to_owned(), identity.groups))
}

async fn refused(replaced: Value) -> TokenError {
    verified(replaced).await.expect_err("the token is refused")
}

#[tokio::test]
async fn a_signature_of_each_algorithm_is_verified() {
    let keys = ALGORITHMS.map(|algorithm| Key::new("k", algorithm));
    for key in &keys {
        let issuer = Issuer::with(&[key]).await;
        let token = key.sign(&issuer.claims(&json!({})));
        let identity = issuer.verifier().verify(&token).await.expect("an identity");
        assert_eq!(identity.user.as_str(), "u_7", "{:?}", key.algorithm);
    }
}

#[tokio::test]
async fn a_key_without_an_algorithm_takes_that_of_its_type() {
    for algorithm in ALGORITHMS {
        let key = Key::new("k", algorithm);
        let issuer = Issuer::with(&[]).await;
        let mut public = key.public();
        public.as_object_mut().expect("an object").remove("alg");
        issuer.publish(json!([public]));
        let token = key.sign(&issuer.claims(&json!({})));
        assert!(
            issuer.verifier().verify(&token).await.is_ok(),
            "{algorithm:?}"
        );
    }
}

#[tokio::test]
async fn the_key_decides_the_algorithm() {
    let key = Key::new("k", Algorithm::RS256);
    let issuer = Issuer::with(&[&key]).await;
    let claims = issuer.claims(&json!({}));
    let with = |algorithm| Header {
        kid: Some("k".to_owned()),
        ..Header::new(algorithm)
    };
    // The public key as the secret of HS256.
    let public = key.public()["n"].as_str().expect("text").to_owned();
    let secret = EncodingKey::from_secret(public.as_bytes());
    let confused = encode(&with(Algorithm::HS256), &claims, &secret).expect("a token");
    let stronger = key.sign_with(&with(Algorithm::RS512), &claims);
    for token in [confused, stronger] {
        let refused = issuer.verifier().verify(&token).await;
        assert_eq!(refused, Err(TokenError::Signature));
    }
}

#[tokio::test]
async fn a_secret_among_the_keys_verifies_nothing() {
    let issuer = Issuer::with(&[&Key::new("other", Algorithm::EdDSA)]).await;
    let secret = EncodingKey::from_secret(b"secret");
    let oct = json!({ "kty": "oct", "kid": "s", "alg": "HS256", "k": "c2VjcmV0" });
    issuer.publish(json!([oct, Key::new("other", Algorithm::EdDSA).public()]));
    let header = Header {
        kid: Some("s".to_owned()),
        ..Header::new(Algorithm::HS256)
    };
    let token = encode(&header, &issuer.claims(&json!({})), &secret).expect("a token");
    let refused = issuer.verifier().verify(&token).await;
    assert_eq!(refused, Err(TokenError::UnknownKey));
}

#[tokio::test]
async fn a_key_that_contradicts_its_type_is_left_out() {
    let key = Key::new("k", Algorithm::RS256);
    let issuer = Issuer::with(&[]).await;
    let mut public = key.public();
    public["alg"] = json!("PS256");
    issuer.publish(json!([
        public,
        Key::new("other", Algorithm::EdDSA).public()
    ]));
    let token = key.sign(&issuer.claims(&json!({})));
    let refused = issuer.verifier().verify(&token).await;
    assert_eq!(refused, Err(TokenError::UnknownKey));
}

#[tokio::test]
async fn a_header_with_a_key_of_its_own_is_refused() {
    let key = Key::new("k", Algorithm::EdDSA);
    let issuer = Issuer::with(&[&key]).await;
    let jwk = serde_json::from_value(key.public()).expect("a key");
    let url = || Some("https://attacker.example.com".to_owned());
    let headers = [
        Header {
            jku: url(),
            ..key.header()
        },
        Header {
            x5u: url(),
            ..key.header()
        },
        Header {
            jwk: Some(jwk),
            ..key.header()
        },
        Header {
            crit: Some(vec!["b64".to_owned()]),
            ..key.header()
        },
    ];
    for header in headers {
        let token = key.sign_with(&header, &issuer.claims(&json!({})));
        let refused = issuer.verifier().verify(&token).await;
        assert_eq!(refused, Err(TokenError::Header), "{header:?}");
    }
}

#[tokio::test]
async fn times_have_a_minute_of_leeway() {
    assert!(
        verified(json!({ "exp": now() - 50, "nbf": now() + 50 }))
            .await
            .is_ok()
    );
    assert_eq!(
        refused(json!({ "exp": now() - 70 })).await,
        TokenError::Expired
    );
    assert_eq!(
        refused(json!({ "nbf": now() + 70 })).await,
        TokenError::Early
    );
    assert_eq!(refused(json!({ "exp": null })).await, TokenError::Claims);
}

#[tokio::test]
async fn a_token_is_of_this_issuer_for_this_application() {
    let other = json!({ "iss": "https://login.example.com" });
    assert_eq!(refused(other).await, TokenError::Issuer);
    for audience in [json!("other"), json!(["other"]), json!([]), Value::Null] {
        let refused = refused(json!({ "aud": audience })).await;
        assert_eq!(refused, TokenError::Audience, "{audience}");
    }
    assert!(verified(json!({ "aud": ["other", "app"] })).await.is_ok());
}

#[tokio::test]
async fn an_access_token_of_cognito_is_for_its_client() {
    let cognito = |usage: &str, client: &str| {
        json!({
            "aud": null, "token_use": usage, "client_id": client, "username": "ann",
            "groups": ["b", "a", "b"]
        })
    };
    let (user, groups) = verified(cognito("access", "app"))
        .await
        .expect("an identity");
    assert_eq!(
        (user.as_str(), groups),
        ("u_7", vec!["a".to_owned(), "b".to_owned()])
    );
    assert_eq!(
        refused(cognito("access", "other")).await,
        TokenError::Audience
    );
    assert_eq!(refused(cognito("id", "app")).await, TokenError::Audience);
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let issuer = Issuer::with(&[&Key::new("k", Algorithm::EdDSA)]).await;
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1XzcifQ.";
    for text in ["", "x", "a.b", "a.b.c", none, &"x".repeat(20_000)] {
        let refused = issuer.verifier().verify(text).await;
        assert_eq!(refused, Err(TokenError::Malformed), "{:.20}", text);
    }
}

#[tokio::test]
async fn unknown_keys_read_the_keys_once_a_minute_at_most() {
    let (old, new) = (
        Key::new("old", Algorithm::EdDSA),
        Key::new("new", Algorithm::EdDSA),
    );
    let issuer = Issuer::with(&[&old]).await;
    let verifier = issuer.verifier();
    let token = |key: &Key| key.sign(&issuer.claims(&json!({})));
    assert!(verifier.verify(&token(&old)).await.is_ok());
    issuer.publish(json!([new.public()]));
    for _ in 0..5 {
        assert_eq!(
            verifier.verify(&token(&new)).await,
            Err(TokenError::UnknownKey)
        );
    }
    assert_eq!(issuer.reads(), 1);
}

#[tokio::test]
async fn the_discovery_document_must_name_the_issuer() {
    let key = Key::new("k", Algorithm::EdDSA);
    let issuer = Issuer::with(&[&key]).await;
    issuer.rename("https://login.example.com");
    let token = key.sign(&issuer.claims(&json!({})));
    let refused = issuer.verifier().verify(&token).await;
    assert_eq!((refused, issuer.reads()), (Err(TokenError::Unavailable), 0));
}

#[tokio::test]
async fn a_document_that_is_too_long_or_has_too_many_keys_is_refused() {
    let key = Key::new("k", Algorithm::EdDSA);
    let issuer = Issuer::with(&[&key]).await;
    let token = key.sign(&issuer.claims(&json!({})));
    let filler = json!({ "kty": "oct", "k": "x".repeat(128 * 1024) });
    let many = vec![key.public(); 33];
    for keys in [json!([key.public(), filler]), json!(many), json!("keys")] {
        issuer.publish(keys);
        let refused = issuer.verifier().verify(&token).await;
        assert_eq!(refused, Err(TokenError::Unavailable));
    }
    issuer.publish(json!(many[..32]));
    assert!(issuer.verifier().verify(&token).await.is_ok());
}

#[tokio::test]
async fn keys_are_read_neither_over_a_redirect_nor_without_tls() {
    let key = Key::new("k", Algorithm::EdDSA);
    let issuer = Issuer::with(&[&key]).await;
    let token = key.sign(&issuer.claims(&json!({})));
    let elsewhere = [
        format!("{}/redirect", issuer.url()),
        "http://192.0.2.1/keys".to_owned(),
        "ftp://127.0.0.1/keys".to_owned(),
        "keys".to_owned(),
    ];
    for address in elsewhere {
        issuer.move_keys(&address);
        let refused = issuer.verifier().verify(&token).await;
        assert_eq!(
            (refused, issuer.reads()),
            (Err(TokenError::Unavailable), 0),
            "{address}"
        );
    }
}

/// Lets time pass for the code under test. Requests need the real time.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn old_keys_are_used_while_the_issuer_is_down_and_new_ones_are_read_within_a_minute() {
    let (old, new) = (
        Key::new("old", Algorithm::EdDSA),
        Key::new("new", Algorithm::EdDSA),
    );
    let issuer = Issuer::with(&[&old]).await;
    let verifier = issuer.verifier();
    let token = |key: &Key| key.sign(&issuer.claims(&json!({ "exp": u32::MAX })));
    assert!(verifier.verify(&token(&old)).await.is_ok());
    issuer.set_down(true);
    pass(Duration::from_secs(10 * 60)).await;
    assert!(
        verifier.verify(&token(&old)).await.is_ok(),
        "the issuer is down"
    );
    issuer.set_down(false);
    issuer.publish(json!([old.public(), new.public()]));
    assert_eq!(
        verifier.verify(&token(&new)).await,
        Err(TokenError::UnknownKey)
    );
    pass(Duration::from_secs(60)).await;
    assert!(verifier.verify(&token(&new)).await.is_ok());
}

#[tokio::test]
async fn a_key_that_was_withdrawn_is_not_accepted_after_ten_minutes() {
    let (old, new) = (
        Key::new("old", Algorithm::EdDSA),
        Key::new("new", Algorithm::EdDSA),
    );
    let issuer = Issuer::with(&[&old]).await;
    let verifier = issuer.verifier();
    let token = old.sign(&issuer.claims(&json!({ "exp": u32::MAX })));
    assert!(verifier.verify(&token).await.is_ok());
    issuer.publish(json!([new.public()]));
    pass(Duration::from_secs(5 * 60)).await;
    assert!(verifier.verify(&token).await.is_ok());
    pass(Duration::from_secs(5 * 60)).await;
    assert_eq!(verifier.verify(&token).await, Err(TokenError::UnknownKey));
}
