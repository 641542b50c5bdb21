//! What thinking does not go with ("claude-messages-extended-thinking", "adaptive-thinking").

use serde_json::Value;

use super::verdict::{Verdict, refuse};
use crate::converse::request::{Request, ToolChoice};

/// The smallest budget of the models that take one.
const LEAST_BUDGET: i64 = 1_024;

pub(crate) fn check(request: &Request) -> Verdict {
    let fields = request.additional_model_request_fields.as_ref();
    let Some(thinking) = fields.and_then(|fields| fields.get("thinking")) else {
        return Ok(());
    };
    let on = thinking
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind != "disabled");
    if !on {
        return Ok(());
    }
    let choice = request
        .tool_config
        .as_ref()
        .and_then(|config| config.tool_choice.as_ref());
    if matches!(choice, Some(ToolChoice::Any(_) | ToolChoice::Tool { .. })) {
        return refuse("Thinking may not be enabled when tool_choice forces tool use.".to_owned());
    }
    let limits = request.inference_config.clone().unwrap_or_default();
    if limits
        .temperature
        .is_some_and(|temperature| temperature < 1.0)
    {
        return refuse("`temperature` may only be set to 1 when thinking is enabled.".to_owned());
    }
    match thinking.get("budget_tokens").and_then(Value::as_i64) {
        Some(budget) if budget < LEAST_BUDGET => refuse(format!(
            "thinking.budget_tokens: Input should be greater than or equal to {LEAST_BUDGET}"
        )),
        Some(budget) if limits.max_tokens.is_some_and(|most| most <= budget) => {
            refuse("`max_tokens` must be greater than `thinking.budget_tokens`.".to_owned())
        }
        _ => Ok(()),
    }
}
