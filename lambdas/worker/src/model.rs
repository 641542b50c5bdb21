//! Settings of the model, read from the environment and compared with the model.

use anyhow::{Context, Result, anyhow};
use longwire_adapters::bedrock::check::Remark;
use longwire_adapters::bedrock::settings::{IDLE, Settings};
use longwire_lambda::env::{optional, seconds};
use serde_json::Value;

/// Reads the environment. An error names the variable that is invalid. A setting that the model refuses is logged: each
/// run then fails with the code `model_misconfigured`, which a client can tell, and no job piles up.
pub(crate) fn from_env(model_id: &str, max_tokens: u32) -> Result<Settings> {
    let settings = Settings {
        model_id: model_id.to_owned(),
        family: optional("MODEL_FAMILY")?,
        temperature: number("TEMPERATURE")?,
        top_p: number("TOP_P")?,
        fields: fields(optional("MODEL_FIELDS")?)?,
        idle: seconds("MODEL_IDLE_SECONDS", IDLE)?,
    };
    if let Err(error) = settings.check(max_tokens) {
        tracing::error!(
            event = "setting_refused",
            %error,
            "the model does not take a setting, so every run will fail"
        );
    }
    for remark in settings.remarks() {
        log(remark, model_id);
    }
    Ok(settings)
}

fn log(remark: Remark, model: &str) {
    match remark {
        Remark::Retired => {
            tracing::warn!(
                event = "model_retired",
                model,
                "Bedrock no longer offers the model, so calls of it may fail"
            );
        }
        Remark::NoTools => {
            tracing::warn!(
                event = "tools_not_offered",
                model,
                "the model takes no tools, so the tools of the deployment are not offered to it"
            );
        }
        Remark::UnknownFamily => {
            tracing::warn!(
                event = "model_family_unknown",
                model,
                "the family of the model is not known, so it gets the plainest requests; MODEL_FAMILY names it"
            );
        }
    }
}

fn fields(text: Option<String>) -> Result<Option<Value>> {
    let parse = |text: String| serde_json::from_str(&text).ok().filter(Value::is_object);
    let parse = |text| parse(text).context("MODEL_FIELDS must be a JSON object");
    text.map(parse).transpose()
}

fn number(name: &str) -> Result<Option<f32>> {
    let parse = |text: String| text.parse().map_err(|_| anyhow!("{name} must be a number"));
    optional(name)?.map(parse).transpose()
}
