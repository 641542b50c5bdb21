//! Which step of which scenario answers a request.

use super::{
    definition::{Scenario, Step},
    part::Part,
    store::Store,
};
use crate::{converse::request::Request, error::AwsError};

/// The step to play, with its fault if it strikes; `None` for a prompt that names no scenario.
///
/// # Errors
/// `ValidationException` for a name that does not exist; the refusal that the step's fault is.
pub(crate) fn step(store: &Store, request: &Request) -> Result<Option<Step>, AwsError> {
    let Some(name) = name(request.prompt()) else {
        return Ok(None);
    };
    let Some(scenario) = store.get(name) else {
        let known: Vec<String> = store.all().into_keys().collect();
        return Err(AwsError::validation(format!(
            "There is no scenario `{name}`; there are: {}.",
            known.join(", ")
        )));
    };
    let mut step = choose(scenario, request.step(), name);
    if step
        .fault
        .as_ref()
        .is_some_and(|fault| !store.strikes(name, fault, &identity(request)))
    {
        step.fault = None;
    }
    match step.fault.as_ref().and_then(super::fault::Fault::refusal) {
        Some(refusal) => Err(refusal),
        None => Ok(Some(step)),
    }
}

/// What follows `sim:` at a prompt's start, up to the first character that no name has.
fn name(prompt: &str) -> Option<&str> {
    let rest = prompt.strip_prefix("sim:")?;
    let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// Letters, digits, `-` and `_`.
pub(crate) fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

fn choose(mut scenario: Scenario, step: usize, name: &str) -> Step {
    let last = scenario.steps.len().saturating_sub(1);
    if step <= last {
        scenario.steps.swap_remove(step)
    } else if scenario.repeat {
        scenario.steps.swap_remove(last)
    } else {
        Step::saying(vec![Part::Text(format!(
            "The scenario {name} has come to its end."
        ))])
    }
}

/// Two requests are the same to a fault that counts when their labels and messages are.
fn identity(request: &Request) -> String {
    format!("{:?} {:?}", request.request_metadata, request.messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_where_the_words_begin() {
        assert_eq!(name("sim:two-tools please"), Some("two-tools"));
        assert_eq!(name("sim:a_1"), Some("a_1"));
        assert_eq!(name("please sim:text"), None);
        assert_eq!(name("sim: text"), Some(""));
    }
}
