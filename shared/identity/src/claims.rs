//! Claims of a token.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::settings::Settings;

/// Value of `token_use` of Cognito's access tokens, which have a `client_id` in place of an audience (Amazon Cognito,
/// "Understanding the access token").
const ACCESS: &str = "access";

/// Claims that this crate reads itself; the library has compared issuer, expiry and `nbf`.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    pub(crate) sub: String,
    /// A number of seconds, which may have a fraction (RFC 7519, section 2).
    exp: f64,
    #[serde(default)]
    aud: Option<Audience>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    token_use: Option<String>,
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Claims {
    /// Tells whether the token is for this application: its audience, or, for an access token without one, the client to
    /// which it was issued. An id token of Cognito is meant for the client, not for an API, and is not accepted.
    pub(crate) fn is_for(&self, settings: &Settings) -> bool {
        let wanted = &settings.audience;
        if self
            .token_use
            .as_deref()
            .is_some_and(|usage| usage != ACCESS)
        {
            return false;
        }
        match &self.aud {
            Some(Audience::One(audience)) => audience == wanted,
            Some(Audience::Many(audiences)) => audiences.contains(wanted),
            None => self.token_use.is_some() && self.client_id.as_ref() == Some(wanted),
        }
    }

    /// Expiry, in seconds since 1970.
    pub(crate) fn expires_at(&self) -> u64 {
        // Negative numbers become 0, and too large ones the largest.
        self.exp as u64
    }

    /// Names in the claim that names groups: a list of texts, or one text.
    pub(crate) fn groups<'c>(&'c self, settings: &Settings) -> impl Iterator<Item = &'c str> {
        let values = match self.others.get(&settings.groups_claim) {
            Some(Value::Array(values)) => values.as_slice(),
            Some(value @ Value::String(_)) => std::slice::from_ref(value),
            _ => &[],
        };
        values.iter().filter_map(Value::as_str)
    }
}
