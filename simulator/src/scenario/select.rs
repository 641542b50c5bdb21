//! Selection of the step that a request plays.

use super::{
    block::Block,
    definition::{Scenario, Step},
    fault::Fault,
    store::ScenarioStore,
};
use crate::{conversation::request::Request, error::AwsError};

/// Selects the step, without its fault if that does not apply; `None` for a prompt that names no scenario.
///
/// # Errors
/// `ValidationException` for an unknown scenario or a request longer than its `context_bytes`; the error response
/// of a fault before the stream.
pub(crate) fn step(store: &ScenarioStore, request: &Request) -> Result<Option<Step>, AwsError> {
    let Some(name) = scenario_name(request.prompt()) else {
        return Ok(None);
    };
    let Some(scenario) = store.get(name) else {
        let names: Vec<String> = store.all().into_keys().collect();
        return Err(AwsError::validation(format!(
            "There is no scenario `{name}`; there are: {}.",
            names.join(", ")
        )));
    };
    if scenario
        .context_bytes
        .is_some_and(|limit| request.prompt_bytes() > limit)
    {
        return Err(AwsError::context_too_long());
    }
    let mut step = step_at(scenario, request.step_index(), name);
    if step
        .fault
        .as_ref()
        .is_some_and(|fault| !store.fault_applies(name, fault, &identity(request)))
    {
        step.fault = None;
    }
    match step.fault.as_ref().and_then(Fault::error_response) {
        Some(error) => Err(error),
        None => Ok(Some(step)),
    }
}

/// Returns the scenario name of a prompt that begins with `sim:`.
fn scenario_name(prompt: &str) -> Option<&str> {
    let rest = prompt.strip_prefix("sim:")?;
    let end = rest
        .find(|c: char| !is_name_character(c))
        .unwrap_or(rest.len());
    Some(&rest[..end])
}

/// Returns `true` for the characters of a scenario name: ASCII letters, digits, `-` and `_`.
pub(crate) fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

fn step_at(mut scenario: Scenario, index: usize, name: &str) -> Step {
    let last = scenario.steps.len().saturating_sub(1);
    if index <= last {
        scenario.steps.swap_remove(index)
    } else if scenario.repeat {
        scenario.steps.swap_remove(last)
    } else {
        Step::with_blocks(vec![Block::Text(format!(
            "The scenario {name} has come to its end."
        ))])
    }
}

/// Returns the key by which `times` counts equal requests: labels and messages.
fn identity(request: &Request) -> String {
    format!("{:?} {:?}", request.request_metadata, request.messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenario_name_ends_at_the_first_other_character() {
        assert_eq!(scenario_name("sim:two-tools please"), Some("two-tools"));
        assert_eq!(scenario_name("sim:a_1"), Some("a_1"));
        assert_eq!(scenario_name("please sim:text"), None);
        assert_eq!(scenario_name("sim: text"), Some(""));
    }
}
