//! HTTP servers of the fakes.

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context as _, Result};
use axum::Router;
use axum_server::accept::NoDelayAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Host name of all fakes.
pub(crate) const HOST: &str = "localhost";

/// HTTP version that the TLS server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Http {
    /// HTTP/1.1.
    H1,
    /// HTTP/2.
    H2,
}

/// Certificate of the TLS server, made for this process.
pub(crate) struct Certificate {
    key: CertifiedKey<rcgen::KeyPair>,
}

impl Certificate {
    /// Makes a certificate for [`HOST`].
    pub(crate) fn generate() -> Result<Self> {
        let key = generate_simple_self_signed([HOST.to_owned()]).context("making a certificate")?;
        Ok(Self { key })
    }

    /// Certificate that clients have to trust, as PEM.
    pub(crate) fn pem(&self) -> String {
        self.key.cert.pem()
    }

    fn config(&self, http: Http) -> Result<ServerConfig> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let key = PrivatePkcs8KeyDer::from(self.key.signing_key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![self.key.cert.der().clone()], PrivateKeyDer::Pkcs8(key))?;
        config.alpn_protocols = match http {
            Http::H1 => vec![b"http/1.1".to_vec()],
            Http::H2 => vec![b"h2".to_vec()],
        };
        Ok(config)
    }
}

/// Serves without TLS on a free port.
pub(crate) fn serve(routes: Router) -> Result<SocketAddr> {
    let (listener, address) = bind()?;
    let server = axum_server::from_tcp(listener)?.acceptor(NoDelayAcceptor::new());
    tokio::spawn(server.serve(routes.into_make_service()));
    Ok(address)
}

/// Serves with TLS on a free port.
pub(crate) fn serve_tls(
    routes: Router,
    certificate: &Certificate,
    http: Http,
) -> Result<SocketAddr> {
    let (listener, address) = bind()?;
    let config = RustlsConfig::from_config(certificate.config(http)?.into());
    let acceptor = RustlsAcceptor::new(config).acceptor(NoDelayAcceptor::new());
    let server = axum_server::from_tcp(listener)?.acceptor(acceptor);
    tokio::spawn(server.serve(routes.into_make_service()));
    Ok(address)
}

/// Binds a free port.
pub(crate) fn bind() -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind("127.0.0.1:0").context("binding a port")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
