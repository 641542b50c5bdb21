//! Connection to a deployment.

use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::failure::Failure;
use crate::target::Target;

/// Most bytes of a message; API Gateway sends 128 KB at most.
const MAX_MESSAGE: usize = 256 * 1024;

/// Byte stream, encrypted or not.
pub(crate) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// Open WebSocket.
pub(crate) type Socket = WebSocketStream<Box<dyn Bytes>>;

/// Opens a WebSocket. The caller limits the time.
pub(crate) async fn open(target: &Target) -> Result<Socket, Failure> {
    let request = target.request().map_err(|_| Failure::Handshake)?;
    let tcp = connect(target).await?;
    let bytes: Box<dyn Bytes> = match target.tls() {
        true => Box::new(encrypt(target, tcp).await?),
        false => Box::new(tcp),
    };
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let opened = client_async_with_config(request, bytes, Some(limits)).await;
    let (socket, _) = opened.map_err(|error| Failure::of_handshake(&error))?;
    Ok(socket)
}

async fn connect(target: &Target) -> Result<TcpStream, Failure> {
    let addresses = lookup_host((target.host(), target.port())).await;
    let mut last = None;
    for address in addresses.map_err(|_| Failure::Name)? {
        match TcpStream::connect(address).await {
            Ok(tcp) => return Ok(tcp),
            Err(error) => last = Some(error.kind()),
        }
    }
    Err(last.map_or(Failure::Name, Failure::Tcp))
}

async fn encrypt(
    target: &Target,
    tcp: TcpStream,
) -> Result<impl AsyncRead + AsyncWrite + Send + Unpin + use<>, Failure> {
    let name = ServerName::try_from(target.host().to_owned()).map_err(|_| Failure::Tls)?;
    let mut roots = RootCertStore::empty();
    // Certificates that cannot be read are left out; the others may suffice.
    let (added, _) =
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if added == 0 {
        return Err(Failure::NoRoots);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| Failure::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let encrypted = TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await;
    encrypted.map_err(|error: io::Error| Failure::of_tls(&error))
}
