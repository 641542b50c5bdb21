//! TLS with a certificate that the machine trusts, and with one that it does not.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::program::{Ran, TOKEN, smoke_with};
use crate::server::{Server, answered};

/// Starts a server whose certificate is for this name, and writes the certificate to a file.
async fn server(name: &str) -> (Server, PathBuf) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().expect("a key");
    let cert = params.self_signed(&key).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("the key is that of the certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::start(vec![answered("Hello.")], Some(acceptor)).await;
    let file =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.{}.pem", server.port));
    fs::write(&file, cert.pem()).expect("a file");
    (server, file)
}

/// Runs the program on a machine that trusts the certificates of this file.
async fn trusting(file: &str, port: u16) -> Ran {
    let url = format!("wss://localhost:{port}/v1");
    let variables = [
        ("LONGWIRE_TOKEN", TOKEN),
        ("SSL_CERT_FILE", file),
        ("SSL_CERT_DIR", ""),
    ];
    smoke_with(&["--tries", "1", "--timeout", "30", &url], &variables).await
}

#[tokio::test]
async fn a_certificate_that_the_machine_trusts_is_accepted() {
    let (server, file) = server("localhost").await;
    let ran = trusting(&file.to_string_lossy(), server.port).await;
    assert_eq!(ran.status, Some(0), "{}", ran.err);
}

#[tokio::test]
async fn the_refusal_of_a_certificate_names_no_host() {
    let (_trusted, other) = server("localhost").await;
    let (elsewhere, its) = server("elsewhere.example").await;
    let missing = other.with_extension("missing");
    let cases = [
        (&other, "this machine does not know its issuer"),
        (&its, "it is for another name"),
        (&missing, "install the package ca-certificates"),
    ];
    for (file, reason) in cases {
        let ran = trusting(&file.to_string_lossy(), elsewhere.port).await;
        assert_eq!(ran.status, Some(1));
        assert!(ran.err.contains(reason), "{}", ran.err);
        ran.hides("localhost");
        ran.hides("elsewhere.example");
    }
}
