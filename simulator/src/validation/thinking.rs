//! Rules for parameters in combination with extended thinking ("claude-messages-extended-thinking",
//! "adaptive-thinking").

use serde_json::Value;

use super::result::{ValidationResult, reject};
use crate::conversation::request::{Request, ToolChoice};

/// Minimum thinking budget in tokens.
const MIN_BUDGET: i64 = 1_024;

pub(crate) fn validate(request: &Request) -> ValidationResult {
    let fields = request.additional_model_request_fields.as_ref();
    let Some(thinking) = fields.and_then(|fields| fields.get("thinking")) else {
        return Ok(());
    };
    let enabled = thinking
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind != "disabled");
    if !enabled {
        return Ok(());
    }
    let choice = request
        .tool_config
        .as_ref()
        .and_then(|config| config.tool_choice.as_ref());
    if matches!(choice, Some(ToolChoice::Any(_) | ToolChoice::Tool { .. })) {
        return reject("Thinking may not be enabled when tool_choice forces tool use.");
    }
    let parameters = request.inference_config.clone().unwrap_or_default();
    if parameters
        .temperature
        .is_some_and(|temperature| temperature < 1.0)
    {
        return reject("`temperature` may only be set to 1 when thinking is enabled.");
    }
    match thinking.get("budget_tokens").and_then(Value::as_i64) {
        Some(budget) if budget < MIN_BUDGET => reject(format!(
            "thinking.budget_tokens: Input should be greater than or equal to {MIN_BUDGET}"
        )),
        Some(budget)
            if parameters
                .max_tokens
                .is_some_and(|max_tokens| max_tokens <= budget) =>
        {
            reject("`max_tokens` must be greater than `thinking.budget_tokens`.")
        }
        _ => Ok(()),
    }
}
