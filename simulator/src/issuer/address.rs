//! URL of the issuer, as its client addresses it.

use axum::{
    extract::FromRequestParts,
    http::{header::HOST, request::Parts, uri::Authority},
};

use crate::bad_request::BadRequest;

/// URL of the issuer at the host that the request names. A client compares it with the URL that it was configured
/// with, so it must be the client's own name for this machine.
pub(crate) struct IssuerUrl(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for IssuerUrl {
    type Rejection = BadRequest;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, BadRequest> {
        let header = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        // HTTP/2 has the host in the URI.
        let host = header.or_else(|| parts.uri.authority().map(Authority::as_str));
        host.map(|host| Self(format!("http://{host}/issuer")))
            .ok_or_else(|| BadRequest("the request names no host".to_owned()))
    }
}
