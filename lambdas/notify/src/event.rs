//! Event about an ended run: a CloudEvent 1.0 in structured JSON (docs/notify.md).

use longwire_core::clock::rfc3339;
use longwire_core::ids::{CallId, InterruptId};
use longwire_core::message::Usage;
use longwire_core::pending::Pending;
use longwire_core::run::{CancelReason, RunErrorCode, RunStatus};
use longwire_store::threads::ended_run::EndedRun;
use serde::Serialize;

/// Source of the entries on the bus, and the beginning of the source of the events.
pub(crate) const SOURCE: &str = "longwire.runs";

/// Longest text of an answer in an event, in bytes of its JSON. Ten events with such texts fit into one request of
/// PutEvents, which has less than 1 MB (Amazon EventBridge API reference, "PutEvents").
const MAX_CONTENT: usize = 65_536;

/// Event about an ended run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) struct RunEvent<'r> {
    specversion: &'static str,
    /// Id: the same however often the event is put, and another one for each run of the deployment.
    id: String,
    source: String,
    /// Type, by the status of the run, and by what the run needs of its client.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    subject: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    datacontenttype: &'static str,
    lwuser: &'r str,
    lwthread: &'r str,
    /// Number of events that led to the run: none to one that a user started, and one to one of a service. An event with one
    /// starts no further run.
    lwhop: u32,
    data: Data<'r>,
}

/// Facts about the run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'r> {
    thread_id: &'r str,
    run_id: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'r str>,
    user: &'r str,
    status: RunStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<CancelReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<RunErrorCode>,
    /// Calls that the client makes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pending_tool_call_ids: Vec<CallId>,
    /// Interrupts of the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    interrupts: Vec<Interrupt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Tokens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'r str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    content_truncated: bool,
}

/// Interrupt without the schema of the answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Interrupt {
    id: InterruptId,
    tool_call_id: CallId,
    message: String,
    expires_at: String,
}

/// Tokens of the run, counted as in RUN_FINISHED.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tokens {
    input_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_input_tokens: Option<u64>,
    output_tokens: u64,
    total_tokens: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    estimated: bool,
}

impl<'r> RunEvent<'r> {
    /// Makes the event of a deployment about a run, with the text of its answer if there is one to send.
    pub(crate) fn new(deployment: &str, run: &'r EndedRun, answer: Option<&'r str>) -> Self {
        let EndedRun { key, row, .. } = run;
        let (thread, run_id) = (key.thread_id.as_str(), run.run_id.as_str());
        let content = answer.map(cut);
        let pending = run.pending();
        let kind = kind(run.status, pending.is_some());
        Self {
            specversion: "1.0",
            id: id(run, kind),
            source: format!("{SOURCE}/{deployment}"),
            kind,
            subject: run_id,
            time: row.ended_at.map(rfc3339),
            datacontenttype: "application/json",
            lwuser: run.user.as_str(),
            lwthread: thread,
            lwhop: u32::from(!row.origin.is_user()),
            data: Data {
                thread_id: thread,
                run_id,
                message_id: row.message_id.as_ref().map(|id| id.as_str()),
                user: run.user.as_str(),
                status: run.status,
                reason: row.reason.filter(|reason| *reason != CancelReason::Unknown),
                code: row.code,
                pending_tool_call_ids: pending.map(Pending::client_calls).unwrap_or_default(),
                interrupts: pending.map(interrupts).unwrap_or_default(),
                usage: Tokens::of(row.usage),
                started_at: row.started_at.map(rfc3339),
                ended_at: row.ended_at.map(rfc3339),
                content,
                content_truncated: content.map(str::len) != answer.map(str::len),
            },
        }
    }
}

/// Interrupts of a wait, in the order of the calls.
fn interrupts(pending: &Pending) -> Vec<Interrupt> {
    let interrupt = |tool_call_id: CallId| {
        let approvals = pending.approvals.as_ref()?;
        Some(Interrupt {
            id: InterruptId::of(&tool_call_id),
            message: approvals.question(&tool_call_id)?,
            tool_call_id,
            expires_at: rfc3339(pending.until),
        })
    };
    let calls = pending.call_ids().into_iter();
    calls.filter_map(interrupt).collect()
}

/// Id of the event. Clients choose the ids of runs, so they are unique in their thread only, and only as long as it lives.
fn id(run: &EndedRun, kind: &str) -> String {
    let EndedRun {
        key, run_id, row, ..
    } = run;
    let seconds = row.started_at.unwrap_or_default();
    let recorded_at = row.recorded_at.unwrap_or(seconds.saturating_mul(1000));
    let word = kind.rsplit('.').next().unwrap_or(kind);
    format!("{}/{run_id}/{recorded_at}/{word}", key.partition())
}

fn kind(status: RunStatus, needs_input: bool) -> &'static str {
    match status {
        RunStatus::Failed => "longwire.run.failed",
        RunStatus::Cancelled => "longwire.run.cancelled",
        RunStatus::Finished | RunStatus::Queued | RunStatus::Running if needs_input => {
            "longwire.run.needs_input"
        }
        RunStatus::Finished | RunStatus::Queued | RunStatus::Running => "longwire.run.finished",
    }
}

impl Tokens {
    /// Tokens of a run; `None` for one that did not reach the model.
    fn of(usage: Usage) -> Option<Self> {
        let input_tokens = usage.all_input_tokens();
        let some = |count: u64| (count > 0).then_some(count);
        (usage != Usage::default()).then(|| Self {
            input_tokens,
            cached_input_tokens: some(usage.cache_read_input_tokens),
            cache_write_input_tokens: some(usage.cache_write_input_tokens),
            output_tokens: usage.output_tokens,
            total_tokens: input_tokens + usage.output_tokens,
            estimated: usage.estimated,
        })
    }
}

/// Longest beginning of a text whose JSON has at most [`MAX_CONTENT`] bytes.
fn cut(text: &str) -> &str {
    let mut bytes = 0;
    let end = text.char_indices().find(|(_, c)| {
        bytes += json_bytes(*c);
        bytes > MAX_CONTENT
    });
    end.map_or(text, |(end, _)| &text[..end])
}

/// Bytes of a character in a text of JSON (RFC 8259, section 7).
fn json_bytes(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..'\u{20}' => 6,
        _ => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_by_the_bytes_of_its_json() {
        let size = |text: &str| json!(text).to_string().len() - 2;
        for part in [
            "x",
            "ä",
            "🙂",
            "\"",
            "\n",
            "\u{1}",
            "\u{8}\u{c}\r\t\\/",
            "\u{7f}",
        ] {
            let text = part.repeat(MAX_CONTENT);
            let cut = cut(&text);
            assert!(text.starts_with(cut));
            assert!(size(cut) <= MAX_CONTENT, "{part:?}");
            assert!(size(cut) > MAX_CONTENT - 8, "{part:?}");
        }
        let fits = "x".repeat(MAX_CONTENT);
        assert_eq!(cut(&fits), fits);
        assert_eq!(cut(""), "");
    }
}
