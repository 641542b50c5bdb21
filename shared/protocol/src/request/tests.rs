//! Requests of each action, and the refusals of invalid ones.

mod envelope;
mod other_actions;
mod prompt;

use serde_json::{Value, json};

use super::*;

/// Parses the request of an action.
fn request(body: &str) -> Request {
    parse(body).expect(body).request
}

/// Parses a request that is refused.
fn refusal(body: &str) -> ErrorResponse {
    parse(body).expect_err(body).error
}

/// Prompt with one more field.
fn with(field: &str, value: Value) -> String {
    let mut prompt = json!({"action": "prompt", "prompt": "Hey!"});
    prompt[field] = value;
    prompt.to_string()
}

/// Checks that each request is accepted.
fn assert_accepted(bodies: &[String]) {
    for body in bodies {
        assert!(parse(body).is_ok(), "{body:.80}");
    }
}

/// Checks the code of each refusal and a part of its message.
fn assert_refused(table: &[(String, Code, &str)]) {
    for (body, code, part) in table {
        let error = refusal(body);
        assert_eq!(error.code, *code, "{body:.120}: {}", error.message);
        assert!(
            error.message.contains(part),
            "{body:.120}: {}",
            error.message
        );
        assert!(error.message.len() < 250, "{body:.120}: {}", error.message);
    }
}
