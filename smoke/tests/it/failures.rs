//! Connections that fail, and command lines that are invalid.

use tokio_tungstenite::tungstenite::http::StatusCode;

use crate::program::{Ran, TOKEN, smoke, smoke_with};
use crate::server::{Play, Server, answered};

const ONCE: [&str; 4] = ["--tries", "1", "--timeout", "20"];

async fn once(url: &str, token: &str) -> Ran {
    let arguments = [&ONCE[..], &[url]].concat();
    smoke_with(&arguments, &[("LONGWIRE_TOKEN", token)]).await
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_not_printed() {
    let server = Server::start(vec![answered("Hello.")], None).await;
    for token in ["another-token", ""] {
        let ran = once(&server.url(), token).await;
        let expected = Ran {
            status: Some(1),
            out: String::new(),
            err: "not yet right: the handshake was answered with 403 Forbidden; is LONGWIRE_TOKEN the right token?\n\
                  not yet right: no ack came\n"
                .to_owned(),
        };
        assert_eq!(ran, expected);
    }
}

#[tokio::test]
async fn a_later_try_may_succeed() {
    let unready = Play::Refuse(StatusCode::INTERNAL_SERVER_ERROR);
    let server = Server::start(vec![unready, answered("Hello.")], None).await;
    let ran = smoke(&["--pause", "0", &server.url()]).await;
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    assert!(ran.err.contains("500 Internal Server Error"), "{}", ran.err);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_server_of_another_protocol_is_refused() {
    let server = Server::start(vec![Play::NoSubprotocol], None).await;
    let ran = once(&server.url(), TOKEN).await;
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err.contains("does not speak longwire.v1"),
        "{}",
        ran.err
    );
}

#[tokio::test]
async fn a_host_without_an_address_is_not_named() {
    for url in [
        "wss://abc123.execute-api.invalid/v1",
        "wss://abc123 .invalid/v1",
    ] {
        let ran = once(url, TOKEN).await;
        assert_ne!(ran.status, Some(0));
        ran.hides("abc123");
        ran.hides(TOKEN);
    }
}

#[tokio::test]
async fn a_host_that_accepts_no_connection_is_not_named() {
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let ran = once(&format!("wss://localhost:{port}/v1"), TOKEN).await;
    let expected = Ran {
        status: Some(1),
        out: String::new(),
        err: "not yet right: the host accepts no connection: connection refused\nnot yet right: no ack came\n".to_owned(),
    };
    assert_eq!(ran, expected);
}

#[tokio::test]
async fn an_invalid_command_line_or_token_is_refused_without_quoting_it() {
    let secret = "wss://secret.example/v1";
    let lines: [&[&str]; 6] = [
        &[],
        &["https://secret.example/v1"],
        &["secret.example"],
        &[secret, secret],
        &[secret, "--tries", "none"],
        &[secret, "--secret.example"],
    ];
    for line in lines {
        let ran = smoke(line).await;
        assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""), "{line:?}");
        ran.hides("secret.example");
    }
    let ran = once(secret, "a\nsecret.example").await;
    assert_eq!(ran.status, Some(2));
    assert!(ran.err.contains("LONGWIRE_TOKEN"), "{}", ran.err);
    ran.hides("secret.example");
}

#[tokio::test]
async fn help_does_not_print_the_token() {
    let ran = smoke(&["--help"]).await;
    assert_eq!(ran.status, Some(0));
    assert!(ran.out.contains("LONGWIRE_TOKEN"), "{}", ran.out);
    ran.hides(TOKEN);
}
