//! Rules for the order of roles.

use super::result::{ValidationResult, reject};
use crate::conversation::request::{Request, Role};

/// Requires alternating user and assistant messages that start and end with a user message. System messages
/// stand between turns and are ignored.
pub(crate) fn validate(request: &Request) -> ValidationResult {
    let mut roles = request
        .messages
        .iter()
        .map(|message| message.role)
        .filter(|role| *role != Role::System);
    match roles.next() {
        None => {
            return reject(
                "The conversation must have at least one message: messages must not be empty.",
            );
        }
        Some(Role::User) => {}
        Some(_) => {
            return reject(
                "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
            );
        }
    }
    let mut previous = Role::User;
    for role in roles {
        if role == previous {
            return reject(
                "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.",
            );
        }
        previous = role;
    }
    if previous == Role::Assistant {
        return reject(
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        );
    }
    Ok(())
}
