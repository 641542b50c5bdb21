//! The system prompt of a run.

use longwire_core::run_input::Context;

/// System prompt of the deployment, followed by the client's context.
pub fn system_prompt(configured: &str, context: &[Context]) -> String {
    let mut system = configured.to_owned();
    if !context.is_empty() {
        system.push_str("\n\nWhat the client says about the user's situation:");
    }
    for fact in context {
        system.push_str(&format!("\n- {}: {}", fact.description, fact.value));
    }
    system
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_of_the_client_follows_the_system_prompt() {
        let locale = Context {
            description: "locale".to_owned(),
            value: "de-DE".to_owned(),
        };
        assert!(system_prompt("Be good.", &[locale]).ends_with("\n- locale: de-DE"));
        assert_eq!(system_prompt("Be good.", &[]), "Be good.");
    }
}
