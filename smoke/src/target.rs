//! Deployment that is asked: its URL and its token.

use std::ffi::OsString;

use secrecy::{ExposeSecret as _, SecretString};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::header::{
    AUTHORIZATION, HeaderValue, SEC_WEBSOCKET_PROTOCOL,
};

/// Version of the protocol (docs/protocol.md).
const SUBPROTOCOL: &str = "longwire.v1";

/// Refusal of a URL or a token. It contains neither.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadTarget {
    /// Text that is not the URL of a WebSocket.
    #[error(
        "the URL of the WebSocket begins with wss:// or ws://: scripts/smoke \"$(terraform output -raw websocket_url)\""
    )]
    Url,
    /// Token that does not fit into a header.
    #[error("LONGWIRE_TOKEN is not a token: it has a line break or a character outside of ASCII")]
    Token,
}

/// URL and token of a deployment.
pub(crate) struct Target {
    url: String,
    host: String,
    port: u16,
    tls: bool,
    token: Option<SecretString>,
}

impl Target {
    /// Checks a URL and a token.
    pub(crate) fn new(url: &str, token: Option<OsString>) -> Result<Self, BadTarget> {
        let request = url.into_client_request().map_err(|_| BadTarget::Url)?;
        let uri = request.uri();
        let tls = match uri.scheme_str() {
            Some("wss") => true,
            Some("ws") => false,
            _ => return Err(BadTarget::Url),
        };
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or(BadTarget::Url)?.to_owned();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let token = token.map(|token| token.into_string().map_err(|_| BadTarget::Token));
        let target = Self {
            url: url.to_owned(),
            host,
            port,
            tls,
            token: token.transpose()?.map(SecretString::from),
        };
        target.request().map(|_| target)
    }

    /// Host name or address, without the brackets of IPv6.
    pub(crate) fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// TCP port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Tells whether the connection is encrypted.
    pub(crate) fn tls(&self) -> bool {
        self.tls
    }

    /// Request of the handshake.
    pub(crate) fn request(&self) -> Result<Request, BadTarget> {
        let request = self.url.as_str().into_client_request();
        let mut request = request.map_err(|_| BadTarget::Url)?;
        let headers = request.headers_mut();
        headers.insert(
            SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(SUBPROTOCOL),
        );
        if let Some(token) = &self.token {
            let bearer = format!("Bearer {}", token.expose_secret());
            let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| BadTarget::Token)?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        Ok(request)
    }

    /// Texts that must not be printed, the longest first: token, URL, host.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let token = self.token.as_ref().map(|token| token.expose_secret());
        let texts = [token, Some(self.url.as_str()), Some(self.host())];
        let mut texts: Vec<&str> = texts.into_iter().flatten().collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        texts.into_iter().map(SecretString::from).collect()
    }
}
