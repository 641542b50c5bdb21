//! Check of an answer (docs/protocol.md, "Order and delivery").

use serde::Deserialize;

/// Most bytes of an answer to the prompt, with all events.
const MAX_BYTES: usize = 1024 * 1024;

/// Answer of a server so far.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    bytes: usize,
    refusal: Option<String>,
    accepted: bool,
    events: Vec<Event>,
}

/// Line of the protocol, with the fields that are checked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    r#type: Option<String>,
    specversion: Option<String>,
    status: Option<String>,
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
    delta: Option<String>,
    outcome: Option<Outcome>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    r#type: String,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    #[serde(rename = "lw.seq")]
    seq: Option<u64>,
}

/// Event of the run.
#[derive(Debug)]
struct Event {
    kind: Kind,
    seq: Option<u64>,
}

#[derive(Debug)]
enum Kind {
    Started,
    Text(String),
    Finished(Option<String>),
    Failed(String),
    Other,
}

impl Answer {
    /// Takes a message of the server: lines of JSON. A line that is not a line of the protocol is left out.
    pub(crate) fn take(&mut self, message: &str) {
        self.bytes = self.bytes.saturating_add(message.len());
        if self.is_too_large() {
            return;
        }
        let lines = message.lines();
        for line in lines.filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
            self.take_line(line);
        }
    }

    fn take_line(&mut self, line: Line) {
        let text = |text: Option<String>| text.unwrap_or_default();
        match line.r#type.as_deref() {
            // An event of another service.
            _ if line.specversion.is_some() => {}
            Some("error" | "bye") => {
                let refusal = format!("refused: {}: {}", text(line.code), text(line.message));
                self.refusal.get_or_insert(refusal);
            }
            Some("ack") => self.accepted |= line.status.as_deref() == Some("queued"),
            Some(kind) if kind.starts_with(|first: char| first.is_ascii_uppercase()) => {
                let kind = match kind {
                    "RUN_STARTED" => Kind::Started,
                    "TEXT_MESSAGE_CONTENT" => Kind::Text(text(line.delta)),
                    "RUN_FINISHED" => Kind::Finished(line.outcome.map(|outcome| outcome.r#type)),
                    "RUN_ERROR" => {
                        Kind::Failed(format!("{}: {}", text(line.code), text(line.message)))
                    }
                    _ => Kind::Other,
                };
                let seq = line.metadata.seq;
                self.events.push(Event { kind, seq });
            }
            // API Gateway itself, for example when it throttles a request.
            None if line.request_id.is_some() => {
                let refusal = format!("API Gateway answered: {}", text(line.message));
                self.refusal.get_or_insert(refusal);
            }
            _ => {}
        }
    }

    /// Tells whether no more of the answer is to come. The end of a run may overtake the `ack`.
    pub(crate) fn is_over(&self) -> bool {
        let ended = |event: &Event| matches!(event.kind, Kind::Finished(_) | Kind::Failed(_));
        self.refusal.is_some() || (self.accepted && self.events.iter().any(ended))
    }

    /// Tells whether the server has sent more than an answer to the prompt has.
    pub(crate) fn is_too_large(&self) -> bool {
        self.bytes > MAX_BYTES
    }

    /// Text of the answer.
    pub(crate) fn text(&self) -> String {
        let texts = self.events.iter().map(|event| match &event.kind {
            Kind::Text(text) => text.as_str(),
            _ => "",
        });
        texts.collect()
    }

    /// Problems of the answer, as sentences; none when it is complete.
    pub(crate) fn problems(&self) -> Vec<String> {
        if let Some(refusal) = &self.refusal {
            return vec![refusal.clone()];
        }
        if !self.accepted {
            return vec!["no ack came".to_owned()];
        }
        let last = self.events.last().map(|event| &event.kind);
        if let Some(Kind::Failed(error)) = last {
            return vec![format!("the run failed: {error}")];
        }
        let first = self.events.first().map(|event| &event.kind);
        let numbers = self.events.iter().map(|event| event.seq);
        let finished = match last {
            Some(Kind::Finished(outcome)) => outcome.as_deref() == Some("success"),
            _ => false,
        };
        let checks = [
            (
                matches!(first, Some(Kind::Started)),
                "the run did not start",
            ),
            (
                numbers.eq((1..=self.events.len() as u64).map(Some)),
                "an event is missing or duplicated",
            ),
            (!self.text().trim().is_empty(), "there is no text"),
            (finished, "the run did not finish"),
        ];
        let failed = checks.into_iter().filter(|(passed, _)| !passed);
        failed.map(|(_, problem)| problem.to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn complete() -> Vec<Value> {
        vec![
            json!({ "type": "RUN_STARTED" }),
            json!({ "type": "TEXT_MESSAGE_CONTENT", "delta": "Hel" }),
            json!({ "type": "TEXT_MESSAGE_CONTENT", "delta": "lo." }),
            json!({ "type": "RUN_FINISHED", "outcome": { "type": "success" } }),
        ]
    }

    /// Lines of an accepted run with these events, numbered.
    fn lines(events: Vec<Value>) -> Vec<String> {
        let ack = json!({ "type": "ack", "status": "queued", "runId": "r1" });
        let events = events.into_iter().zip(1..).map(|(mut event, seq)| {
            event["metadata"] = json!({ "lw.seq": seq });
            event
        });
        let lines = std::iter::once(ack).chain(events);
        lines.map(|line| line.to_string()).collect()
    }

    fn answer(lines: &[String]) -> Answer {
        let mut answer = Answer::default();
        answer.take(&lines.join("\n"));
        answer
    }

    #[test]
    fn a_complete_answer_has_no_problems() {
        let answer = answer(&lines(complete()));
        assert_eq!(answer.problems(), [""; 0]);
        assert_eq!(answer.text(), "Hello.");
        assert!(answer.is_over());
    }

    #[test]
    fn an_end_that_overtakes_the_ack_is_not_the_last_line() {
        let lines = lines(complete());
        let mut answer = answer(&lines[1..]);
        assert!(!answer.is_over());
        answer.take(&lines[0]);
        assert!(answer.is_over());
        assert_eq!(answer.problems(), [""; 0]);
    }

    #[test]
    fn an_incomplete_answer_did_not_finish() {
        let answer = answer(&lines(complete()[..3].to_vec()));
        assert!(!answer.is_over());
        assert_eq!(answer.problems(), ["the run did not finish"]);
    }

    #[test]
    fn a_cancelled_run_did_not_finish() {
        let mut events = complete();
        events[3]["outcome"]["type"] = json!("cancelled");
        assert_eq!(
            answer(&lines(events)).problems(),
            ["the run did not finish"]
        );
    }

    #[test]
    fn an_answer_without_an_ack_has_a_problem() {
        assert_eq!(answer(&lines(complete())[1..]).problems(), ["no ack came"]);
        assert_eq!(answer(&[]).problems(), ["no ack came"]);
    }

    #[test]
    fn an_answer_with_a_missing_or_duplicated_event_has_a_problem() {
        let problem = ["an event is missing or duplicated"];
        let mut missing = lines(complete());
        missing.remove(2);
        assert_eq!(answer(&missing).problems(), problem);
        let mut duplicated = lines(complete());
        duplicated.insert(2, duplicated[2].clone());
        assert_eq!(answer(&duplicated).problems(), problem);
    }

    #[test]
    fn an_answer_without_text_has_a_problem() {
        let events = vec![complete()[0].clone(), complete()[3].clone()];
        assert_eq!(answer(&lines(events)).problems(), ["there is no text"]);
    }

    #[test]
    fn a_failed_run_is_reported_with_its_error() {
        let failed =
            json!({ "type": "RUN_ERROR", "code": "model_access_denied", "message": "No." });
        let answer = answer(&lines(vec![complete()[0].clone(), failed]));
        assert!(answer.is_over());
        assert_eq!(
            answer.problems(),
            ["the run failed: model_access_denied: No."]
        );
    }

    #[test]
    fn refusals_are_reported_with_their_error() {
        let refused =
            json!({ "type": "error", "code": "too_large", "message": "It is too large." });
        let refused = answer(&[refused.to_string()]);
        assert!(refused.is_over());
        assert_eq!(refused.problems(), ["refused: too_large: It is too large."]);
        let gateway =
            json!({ "message": "Internal server error", "connectionId": "c", "requestId": "r" });
        let gateway = answer(&[gateway.to_string()]);
        assert!(gateway.is_over());
        assert_eq!(
            gateway.problems(),
            ["API Gateway answered: Internal server error"]
        );
    }

    #[test]
    fn an_event_of_another_service_is_not_part_of_the_run() {
        let event =
            json!({ "specversion": "1.0", "id": "1", "type": "ORDER", "source": "/orders" });
        let mut lines = lines(complete());
        lines.insert(2, event.to_string());
        assert_eq!(answer(&lines).problems(), [""; 0]);
    }
}
