//! Answers that are complete, and those that are not.

use serde_json::json;

use crate::program::{Ran, TOKEN, smoke};
use crate::server::{Play, Server, answered, complete, frames};

/// Runs the program once against a server with this behaviour.
async fn once(play: Play) -> (Server, Ran) {
    let server = Server::start(vec![play], None).await;
    let ran = smoke(&["--tries", "1", "--timeout", "30", &server.url()]).await;
    (server, ran)
}

fn failed(problems: &str) -> Ran {
    Ran {
        status: Some(1),
        out: String::new(),
        err: problems.to_owned(),
    }
}

#[tokio::test]
async fn prompt_and_answer_are_printed() {
    let (_server, ran) = once(answered("Hello.")).await;
    let expected = Ran {
        status: Some(0),
        out: "prompt: Say hello in one short sentence.\nanswer: Hello.\n".to_owned(),
        err: String::new(),
    };
    assert_eq!(ran, expected);
}

#[tokio::test]
async fn several_lines_of_a_frame_are_events_each() {
    let frame = frames(&complete("Hello.")).join("\n");
    let (_server, ran) = once(Play::Frames(vec![frame])).await;
    assert_eq!(ran.status, Some(0), "{}", ran.err);
}

#[tokio::test]
async fn an_answer_that_repeats_the_token_is_printed_without_it() {
    let (server, ran) = once(answered(&format!("It is\n::add-mask::{TOKEN}."))).await;
    assert_eq!(ran.status, Some(0));
    assert!(
        ran.out.ends_with("answer: It is ::add-mask::***.\n"),
        "{}",
        ran.out
    );
    ran.hides(&server.url());
}

#[tokio::test]
async fn a_failed_run_is_reported_without_token_and_url() {
    let message = format!("wss://127.0.0.1/v1 with {TOKEN}");
    let events = [
        json!({ "type": "RUN_STARTED" }),
        json!({ "type": "RUN_ERROR", "code": "internal", "message": message }),
    ];
    let (failing, ran) = once(Play::Frames(frames(&events))).await;
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err
            .starts_with("not yet right: the run failed: internal: "),
        "{}",
        ran.err
    );
    ran.hides(TOKEN);
    ran.hides("127.0.0.1");
    ran.hides(&failing.url());
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_not_complete() {
    let (_server, ran) = once(Play::Cut(frames(&complete("Hello.")[..2]))).await;
    let err = "not yet right: the connection was cut\nnot yet right: the run did not finish\n";
    assert_eq!(ran, failed(err));
}

#[tokio::test]
async fn a_missing_event_is_reported() {
    let mut frames = frames(&complete("Hello."));
    frames.remove(2);
    let (_server, ran) = once(Play::Frames(frames)).await;
    let err = "not yet right: an event is missing or duplicated\nnot yet right: there is no text\n";
    assert_eq!(ran, failed(err));
}

#[tokio::test]
async fn a_refused_prompt_is_reported() {
    let error = json!({ "type": "error", "code": "unavailable", "message": "Try again." });
    let (_server, ran) = once(Play::Frames(vec![error.to_string()])).await;
    assert_eq!(
        ran,
        failed("not yet right: refused: unavailable: Try again.\n")
    );
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for_longer_than_the_limit() {
    let server = Server::start(vec![Play::Frames(Vec::new())], None).await;
    let ran = smoke(&[
        "--tries",
        "2",
        "--pause",
        "0",
        "--timeout",
        "1",
        &server.url(),
    ])
    .await;
    let problems = "not yet right: there was no end within 1 s\nnot yet right: no ack came\n";
    assert_eq!(ran, failed(&problems.repeat(2)));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_server_that_sends_without_end_is_left() {
    let chunk = json!({ "type": "CUSTOM", "value": "x".repeat(20_000) }).to_string();
    let (_server, ran) = once(Play::Frames(vec![chunk; 100])).await;
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.err
            .starts_with("not yet right: the server sent too much\n"),
        "{}",
        ran.err
    );
}
