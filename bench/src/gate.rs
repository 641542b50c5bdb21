//! Conditions on a run before its figures count: the text is complete and in order, and the run ends once.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::cell::Cell;
use crate::fakes::observed::{Observed, Post};
use crate::sender::Dialect;
use crate::trace::{TOKEN_BYTES, token};

/// Posts that one connection received.
#[derive(Debug)]
pub(crate) struct Received {
    /// For each delta the answer to the post that completed it.
    pub(crate) answered: Vec<Instant>,
    /// Arrival of the post that contains the first delta.
    pub(crate) first_arrived: Option<Instant>,
    /// Answer to the post that contains the terminal event; `None` for a sender without one.
    pub(crate) finished: Option<Instant>,
}

/// Text and terminal events of one post.
struct Content {
    text: String,
    ends: usize,
    /// Results of tools that found the weather.
    results: usize,
}

/// Reads what each connection of a run received. Fails when a connection lacks text, got it in another order, or got not
/// exactly one terminal event.
pub(crate) fn received(
    cell: &Cell,
    dialect: Dialect,
    observed: &Observed,
) -> Result<Vec<Received>> {
    let posts = |number: usize| {
        let suffix = format!("-{number}");
        let taken = observed.posts.iter().filter(|post| post.status == 200);
        taken.filter(move |post| post.connection.ends_with(&suffix))
    };
    ensure!(
        cell.cut_short() || observed.deltas.len() == cell.deltas(),
        "the model wrote {} of {} deltas",
        observed.deltas.len(),
        cell.deltas()
    );
    let connections = 0..cell.subscribers;
    connections
        .map(|number| of_connection(cell, dialect, posts(number)))
        .collect()
}

fn of_connection<'a>(
    cell: &Cell,
    dialect: Dialect,
    posts: impl Iterator<Item = &'a Post>,
) -> Result<Received> {
    let mut received = Received {
        answered: Vec::new(),
        first_arrived: None,
        finished: None,
    };
    let (mut text, mut ends, mut results) = (String::new(), 0, 0);
    for post in posts {
        let Some(answered) = post.answered else {
            continue;
        };
        let content = content(dialect, &post.body)?;
        text.push_str(&content.text);
        results += content.results;
        if !text.is_empty() {
            received.first_arrived.get_or_insert(post.arrived);
        }
        received.answered.resize(text.len() / TOKEN_BYTES, answered);
        if content.ends > 0 {
            ends += content.ends;
            received.finished = Some(answered);
        }
    }
    let expected: String = (0..cell.deltas()).map(token).collect();
    if cell.cut_short() {
        ensure!(expected.starts_with(&text), "the text is not in order");
        return Ok(received);
    }
    ensure!(text == expected, "{}", difference(&expected, &text));
    let calls: usize = cell.replies.iter().map(|reply| reply.tools).sum();
    ensure!(results == calls, "{results} of {calls} tools succeeded");
    match dialect {
        Dialect::AgUi if ends != 1 => bail!("the run ended {ends} times"),
        Dialect::AgUi | Dialect::Any => Ok(received),
    }
}

/// Takes the frames of events out of the posts of a run, so that its figures count its own. Fails unless each of these events
/// arrived once, at this connection, whole and in a frame of its own.
pub(crate) fn take_pushes(
    observed: &mut Observed,
    sent: &[Value],
    connection: &str,
) -> Result<Vec<Post>> {
    let (mut pushes, mut others) = (Vec::new(), Vec::new());
    for post in std::mem::take(&mut observed.posts) {
        let list = if is_push(&post.body)? {
            &mut pushes
        } else {
            &mut others
        };
        list.push(post);
    }
    observed.posts = others;
    let id = |event: &Value| event["id"].as_str().unwrap_or_default().to_owned();
    let mut missing: BTreeMap<_, _> = sent.iter().map(|event| (id(event), event)).collect();
    for push in &pushes {
        ensure!(
            push.status == 200 && push.answered.is_some(),
            "an event was not taken"
        );
        ensure!(
            push.connection == connection,
            "an event went to {}",
            push.connection
        );
        let frame: Value = serde_json::from_slice(&push.body)?;
        let event = missing.remove(&id(&frame));
        let event =
            event.with_context(|| format!("an event came twice, or was not sent: {frame}"))?;
        let whole = serde_json::json!({ "type": "push", "id": event["id"], "event": event });
        ensure!(frame == whole, "an event is not as it was sent: {frame}");
    }
    ensure!(missing.is_empty(), "{} events did not come", missing.len());
    Ok(pushes)
}

/// Tells whether a frame has an event of a service, which must be its only line.
fn is_push(body: &[u8]) -> Result<bool> {
    let lines = body.split(|byte| *byte == b'\n');
    let lines: Vec<Value> = lines
        .map(serde_json::from_slice)
        .collect::<Result<_, _>>()?;
    let has = lines.iter().any(|line| line["type"] == "push");
    ensure!(
        !has || lines.len() == 1,
        "an event is in a frame of the run"
    );
    Ok(has)
}

fn difference(expected: &str, text: &str) -> String {
    let same = expected
        .bytes()
        .zip(text.bytes())
        .take_while(|(a, b)| a == b);
    let at = same.count();
    format!(
        "the text has {} of {} bytes and differs at byte {at}",
        text.len(),
        expected.len()
    )
}

fn content(dialect: Dialect, body: &[u8]) -> Result<Content> {
    match dialect {
        Dialect::AgUi => agui(body),
        Dialect::Any => Ok(Content {
            text: tokens(body),
            ends: 0,
            results: 0,
        }),
    }
}

fn agui(body: &[u8]) -> Result<Content> {
    let mut content = Content {
        text: String::new(),
        ends: 0,
        results: 0,
    };
    for line in body.split(|byte| *byte == b'\n') {
        let event: Value = serde_json::from_slice(line)?;
        match event["type"].as_str() {
            Some("TEXT_MESSAGE_CONTENT") => {
                content.text += event["delta"].as_str().unwrap_or_default();
            }
            Some("TOOL_CALL_RESULT") => {
                let found = event["content"].as_str().unwrap_or_default();
                content.results += usize::from(found.starts_with("It is "));
            }
            Some("RUN_FINISHED") => content.ends += 1,
            Some("RUN_ERROR") => bail!("the run failed: {event}"),
            _ => {}
        }
    }
    Ok(content)
}

/// All tokens of the bench's text in a post, whatever surrounds them.
fn tokens(body: &[u8]) -> String {
    let mut found = String::new();
    let mut rest = body;
    while let Some((window, after)) = rest.split_at_checked(TOKEN_BYTES) {
        let is_token = window[0] == b't'
            && window[1..TOKEN_BYTES - 1].iter().all(u8::is_ascii_digit)
            && window[TOKEN_BYTES - 1] == b' ';
        if is_token {
            found.extend(window.iter().map(|byte| char::from(*byte)));
            rest = after;
        } else {
            rest = &rest[1..];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_in_any_envelope() {
        let body = br#"{"type":"text","message":"t00001 t00002 "}"#;
        assert_eq!(tokens(body), "t00001 t00002 ");
        assert_eq!(tokens(b"t0000 t000012 text "), "");
    }

    #[test]
    fn text_and_end_of_agui_events_are_read_from_their_lines() {
        let body = b"{\"type\":\"TEXT_MESSAGE_CONTENT\",\"delta\":\"t00000 \"}\n{\"type\":\"RUN_FINISHED\"}";
        let content = agui(body).expect("two events");
        assert_eq!((content.text.as_str(), content.ends), ("t00000 ", 1));
    }

    const EVENT: &str = r#"{"id":"e1","source":"/bench"}"#;

    fn post(connection: &str, body: String) -> Post {
        Post {
            connection: connection.to_owned(),
            arrived: Instant::now(),
            answered: Some(Instant::now()),
            status: 200,
            body: body.into(),
        }
    }

    fn pushed() -> String {
        format!(r#"{{"type":"push","id":"e1","event":{EVENT}}}"#)
    }

    fn taken(posts: Vec<Post>) -> Result<(usize, usize)> {
        let mut observed = Observed {
            posts,
            ..Observed::default()
        };
        let sent = serde_json::from_str(EVENT).expect("an event");
        let pushes = take_pushes(&mut observed, &[sent], "c-0")?;
        Ok((pushes.len(), observed.posts.len()))
    }

    #[test]
    fn frames_of_events_are_taken_out_of_those_of_the_run() {
        let of_run = post("c-0", r#"{"type":"RUN_FINISHED"}"#.to_owned());
        let taken = taken(vec![of_run, post("c-0", pushed())]).expect("an event");
        assert_eq!(taken, (1, 1));
    }

    #[test]
    fn each_event_must_come_once_and_whole_to_its_connection() {
        let mut refused = post("c-0", pushed());
        refused.status = 429;
        let bad = [
            vec![],
            vec![post("c-0", pushed()), post("c-0", pushed())],
            vec![post("c-1", pushed())],
            vec![post("c-0", pushed().replace("/bench", "/x"))],
            vec![refused],
        ];
        for posts in bad {
            assert!(taken(posts).is_err());
        }
    }

    #[test]
    fn an_event_within_a_frame_of_the_run_is_refused() {
        let body = format!("{{\"type\":\"RUN_FINISHED\"}}\n{}", pushed());
        let error = taken(vec![post("c-0", body)]).expect_err("a mixed frame");
        assert_eq!(error.to_string(), "an event is in a frame of the run");
    }
}
