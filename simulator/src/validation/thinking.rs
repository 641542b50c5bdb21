//! Rules for parameters in combination with extended thinking ("claude-messages-extended-thinking",
//! "adaptive-thinking").

use serde_json::Value;

use super::result::{ValidationResult, reject};
use crate::conversation::{request::Request, target::Target};

/// Minimum thinking budget in tokens.
const MIN_BUDGET: i64 = 1_024;

/// Requires a budget within `maxTokens`, and with thinking no forced tool choice and no temperature. The rules
/// of a family say when it accepts a forced tool choice.
pub(crate) fn validate(request: &Request, target: Target<'_>) -> ValidationResult {
    let Some(thinking) = request.model_field("thinking") else {
        return Ok(());
    };
    if !request.enables_thinking() {
        return Ok(());
    }
    if target.family.is_none() && request.forced_choice().is_some() {
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
