//! Claims of a token, from the request for it.

use serde::Deserialize;
use serde_json::{Map, Number, Value, json};

use super::signing_key::Algorithm;
use crate::clock::epoch_ms;

/// Body of `POST /issuer/token`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TokenRequest {
    sub: String,
    groups: Option<Vec<String>>,
    #[serde(default = "default_audience")]
    audience: String,
    /// Seconds from now to the expiry; negative for an expired token.
    #[serde(default = "default_lifetime")]
    pub(crate) expires_in: i64,
    /// Beginning of the validity in seconds since 1970, as `nbf` has it.
    not_before: Option<Number>,
    #[serde(default)]
    pub(crate) alg: Algorithm,
    /// Claims that replace others of their name; `null` removes one.
    #[serde(default)]
    claims: Map<String, Value>,
}

fn default_audience() -> String {
    "longwire-local".to_owned()
}

/// An hour, as issuers commonly have.
fn default_lifetime() -> i64 {
    3_600
}

impl TokenRequest {
    /// Returns the claims of the token ("RFC 7519", section 4.1).
    pub(crate) fn claims(&self, issuer: &str) -> Value {
        let now = i64::try_from(epoch_ms() / 1_000).unwrap_or(i64::MAX);
        let mut claims = json!({
            "iss": issuer,
            "sub": self.sub,
            "aud": self.audience,
            "iat": now,
            "exp": now.saturating_add(self.expires_in),
            "nbf": self.not_before,
            "groups": self.groups,
        });
        if let Value::Object(claims) = &mut claims {
            claims.extend(self.claims.clone());
            claims.retain(|_, value| !value.is_null());
        }
        claims
    }
}
