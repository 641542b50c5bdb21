//! Failures of a connection, in words of our own: the errors of the libraries name the host, and may quote headers.

use std::io;

use rustls::CertificateError;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::StatusCode;

/// Failure of a try before the server has answered completely.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Host name without an address.
    #[error("the host name was not resolved")]
    Name,
    /// Host that accepts no TCP connection.
    #[error("the host accepts no connection: {0}")]
    Tcp(io::ErrorKind),
    /// Machine without certificates of authorities.
    #[error("this machine has no certificates of authorities; install the package ca-certificates")]
    NoRoots,
    /// Certificate that is not accepted.
    #[error("the server's certificate is not accepted: {0}")]
    Certificate(&'static str),
    /// TLS that fails otherwise.
    #[error("TLS failed")]
    Tls,
    /// Refused handshake.
    #[error("the handshake was answered with {status}{}", hint(*status))]
    Refused {
        /// Status of the response.
        status: StatusCode,
    },
    /// Server that does not confirm the subprotocol.
    #[error("the server does not speak longwire.v1")]
    Subprotocol,
    /// Response that is not one of a WebSocket.
    #[error("the handshake failed: the answer is not one of a WebSocket")]
    Handshake,
    /// Connection that ended early.
    #[error("the connection was cut")]
    Cut,
    /// Connection that the server closed early.
    #[error("the server closed the connection")]
    Closed,
    /// More text than an answer to the prompt has.
    #[error("the server sent too much")]
    TooMuch,
    /// No end within the time limit.
    #[error("there was no end within {0} s")]
    Late(u64),
}

fn hint(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "; is LONGWIRE_TOKEN the right token?",
        _ => "",
    }
}

impl Failure {
    /// Failure of a TLS handshake.
    pub(crate) fn of_tls(error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        match inner {
            Some(rustls::Error::InvalidCertificate(reason)) => {
                Self::Certificate(certificate(reason))
            }
            _ => Self::Tls,
        }
    }

    /// Failure of a WebSocket's handshake.
    pub(crate) fn of_handshake(error: &Error) -> Self {
        match error {
            Error::Http(response) => Self::Refused {
                status: response.status(),
            },
            Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(_)) => Self::Subprotocol,
            Error::Io(_) | Error::ConnectionClosed | Error::AlreadyClosed => Self::Cut,
            _ => Self::Handshake,
        }
    }

    /// Failure of an open WebSocket.
    pub(crate) fn of_stream(error: &Error) -> Self {
        match error {
            Error::Capacity(_) => Self::TooMuch,
            _ => Self::Cut,
        }
    }
}

fn certificate(reason: &CertificateError) -> &'static str {
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::UnknownIssuer => "this machine does not know its issuer",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name"
        }
        _ => "it is invalid",
    }
}
