//! Settings of reasoning ("claude-messages-adaptive-thinking", "claude-messages-extended-thinking").

use super::cache::extraneous;
use crate::{
    conversation::request::Request,
    families::family::Family,
    validation::result::{ValidationResult, reject},
};

/// Members of `additionalModelRequestFields` that set reasoning in some family.
const FIELDS: [&str; 5] = [
    "anthropic_beta",
    "output_config",
    "reasoningConfig",
    "reasoning_effort",
    "thinking",
];

/// Beta feature that permits `thinking.block_binding`.
const BINDING_BETA: &str = "thinking-binding-controls-2026-08-01";

pub(super) fn validate(request: &Request, family: &Family) -> ValidationResult {
    let unknown = FIELDS.into_iter().find(|name| {
        request.model_field(name).is_some() && !family.reasoning_fields.contains(name)
    });
    if let Some(name) = unknown {
        return reject(if family.reasoning_in_history {
            format!("{name}: Extra inputs are not permitted")
        } else {
            extraneous("", name)
        });
    }
    let Some(thinking) = request.model_field("thinking") else {
        return Ok(());
    };
    let Some(kind) = request.thinking("type") else {
        return reject("thinking.type: Field required");
    };
    if !family.thinking_types.contains(&kind) {
        return reject(format!(
            "\"thinking.type.{kind}\" is not supported for this model"
        ));
    }
    if kind == "enabled" && thinking.get("budget_tokens").is_none() {
        return reject("thinking.enabled.budget_tokens: Field required");
    }
    if let Some(member) = extra_member(request, kind) {
        return reject(format!(
            "thinking.{kind}.{member}: Extra inputs are not permitted"
        ));
    }
    let lowered = matches!(kind, "disabled" | "between_tools");
    if lowered
        && request
            .effort()
            .is_some_and(|effort| matches!(effort, "xhigh" | "max"))
    {
        return reject(format!(
            "output_config.effort: at most \"high\" is supported with thinking.type \"{kind}\""
        ));
    }
    Ok(())
}

/// Returns the first member of `thinking` that its type does not have.
fn extra_member<'a>(request: &'a Request, kind: &str) -> Option<&'a str> {
    let members = request.model_field("thinking")?.as_object()?;
    members
        .keys()
        .map(String::as_str)
        .find(|member| match *member {
            "type" => false,
            "budget_tokens" => kind != "enabled",
            "display" => !matches!(kind, "adaptive" | "enabled"),
            "block_binding" => kind != "adaptive" || !request.has_beta(BINDING_BETA),
            _ => true,
        })
}
