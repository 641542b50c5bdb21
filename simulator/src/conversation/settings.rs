//! Settings of a request: reasoning and tool choice.

use serde_json::Value;

use super::request::{Request, ToolChoice};

impl Request {
    /// Returns a member of `additionalModelRequestFields`.
    #[must_use]
    pub fn model_field(&self, name: &str) -> Option<&Value> {
        self.additional_model_request_fields.as_ref()?.get(name)
    }

    /// Returns the text of a member of `thinking`, such as `type`.
    #[must_use]
    pub fn thinking(&self, name: &str) -> Option<&str> {
        self.model_field("thinking")?.get(name)?.as_str()
    }

    /// Returns `true` if `thinking.type` has a value other than `disabled`.
    #[must_use]
    pub fn enables_thinking(&self) -> bool {
        self.thinking("type").is_some_and(|kind| kind != "disabled")
    }

    /// Returns the effort: the typed field, or the member of `output_config`.
    #[must_use]
    pub fn effort(&self) -> Option<&str> {
        let typed = self.body.pointer("/outputConfig/effort");
        let field = || self.model_field("output_config")?.get("effort");
        typed.or_else(field)?.as_str()
    }

    /// Returns `true` if the request enables this beta feature.
    #[must_use]
    pub fn has_beta(&self, name: &str) -> bool {
        let betas = self.model_field("anthropic_beta").and_then(Value::as_array);
        betas.is_some_and(|betas| betas.iter().any(|beta| beta == name))
    }

    /// Returns a tool choice other than `auto`.
    #[must_use]
    pub fn forced_choice(&self) -> Option<&ToolChoice> {
        let choice = self.tool_config.as_ref()?.tool_choice.as_ref();
        choice.filter(|choice| !matches!(choice, ToolChoice::Auto(_)))
    }
}
