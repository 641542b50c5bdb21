//! Settings of the model.

use std::time::Duration;

use serde_json::Value;

use crate::bedrock::family::Family;

/// Default of [`Settings::idle`]: a model that reasons sends nothing for minutes.
pub const IDLE: Duration = Duration::from_secs(180);

/// Settings of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Id of a model or of an inference profile, or the ARN of either.
    pub model_id: String,
    /// Model id, or the beginning of one, that names the family of this model (`MODEL_FAMILY`).
    pub family: Option<String>,
    /// Temperature, 0 to 1. Models refuse it together with reasoning.
    pub temperature: Option<f32>,
    /// Nucleus sampling, 0 to 1. Models refuse it together with reasoning.
    pub top_p: Option<f32>,
    /// Object of further fields for the model, such as `{"thinking":{"type":"adaptive"}}`
    /// (`additionalModelRequestFields`).
    pub fields: Option<Value>,
    /// Longest time without an event, before the reply and between two of its events. Nothing else limits a
    /// stream: the time limits of the SDK end when the reply begins, and its stalled-stream protection does not
    /// cover event streams.
    pub idle: Duration,
}

impl Settings {
    /// Settings with the defaults of the model.
    pub fn new(model_id: impl Into<String>) -> Self {
        Self {
            model_id: model_id.into(),
            family: None,
            temperature: None,
            top_p: None,
            fields: None,
            idle: IDLE,
        }
    }

    /// Row of the model.
    pub(super) fn family(&self) -> Family {
        Family::of(&self.model_id, self.family.as_deref())
    }
}
