//! Whose turn it is.

use super::verdict::{Verdict, refuse};
use crate::converse::request::{Request, Role};

/// The operator's messages stand between turns and change nobody's turn.
pub(crate) fn check(request: &Request) -> Verdict {
    let mut roles = request
        .messages
        .iter()
        .map(|message| message.role)
        .filter(|role| *role != Role::System);
    match roles.next() {
        None => {
            return refuse(
                "The conversation must have at least one message: messages must not be empty.",
            );
        }
        Some(Role::User) => {}
        Some(_) => {
            return refuse(
                "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
            );
        }
    }
    let mut before = Role::User;
    for role in roles {
        if role == before {
            return refuse(
                "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.",
            );
        }
        before = role;
    }
    if before == Role::Assistant {
        return refuse(
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        );
    }
    Ok(())
}
