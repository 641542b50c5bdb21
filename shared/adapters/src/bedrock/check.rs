//! Settings of the model, compared with its family before the first request.

use serde_json::Value;

use crate::bedrock::family::{Family, ForcedChoice, Sampling, Tools};
use crate::bedrock::fields::{MIN_BUDGET, thinks};
use crate::bedrock::settings::Settings;

/// Setting that the model refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {model} {problem}")]
pub struct BadSetting {
    /// Name of the setting.
    pub setting: &'static str,
    /// Id of the model.
    pub model: String,
    /// Refused value, and the remedy.
    pub problem: String,
}

/// Remark about a model that starts all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// Bedrock no longer offers the model.
    Retired,
    /// The model takes no tools.
    NoTools,
    /// The table has no row for the model.
    UnknownFamily,
}

type Checked = Result<(), (&'static str, String)>;

impl Settings {
    /// Checks the settings and the token limit of a reply.
    ///
    /// # Errors
    /// The first setting that the model refuses. A setting of a model without a row is not checked.
    pub fn check(&self, max_tokens: u32) -> Result<(), BadSetting> {
        let family = self.family();
        let fields = self.fields.as_ref().unwrap_or(&Value::Null);
        let checked = in_range("TEMPERATURE", self.temperature)
            .and_then(|()| in_range("TOP_P", self.top_p))
            .and_then(|()| sampling(self, &family))
            .and_then(|()| output(max_tokens, &family))
            .and_then(|()| thinking(fields, max_tokens, &family))
            .and_then(|()| effort(fields, &family))
            .and_then(|()| forced_choice(fields, &family));
        checked.map_err(|(setting, problem)| BadSetting {
            setting,
            model: self.model_id.clone(),
            problem,
        })
    }

    /// Remarks for the log at the start of a process.
    pub fn remarks(&self) -> Vec<Remark> {
        let family = self.family();
        [
            (family.retired.is_some(), Remark::Retired),
            (family.tools == Tools::Refused, Remark::NoTools),
            (!family.is_known(), Remark::UnknownFamily),
        ]
        .into_iter()
        .filter_map(|(holds, remark)| holds.then_some(remark))
        .collect()
    }
}

fn refuse(condition: bool, setting: &'static str, problem: impl Into<String>) -> Checked {
    match condition {
        true => Err((setting, problem.into())),
        false => Ok(()),
    }
}

fn in_range(setting: &'static str, value: Option<f32>) -> Checked {
    let outside = value.is_some_and(|value| !(0.0..=1.0).contains(&value));
    refuse(outside, setting, "takes a number from 0 to 1")
}

fn differs(value: f32, defaults: &[f32]) -> bool {
    defaults
        .iter()
        .all(|default| (value - default).abs() > f32::EPSILON)
}

fn sampling(settings: &Settings, family: &Family) -> Checked {
    // The defaults are accepted everywhere.
    let temperature = settings
        .temperature
        .is_some_and(|value| differs(value, &[1.0]));
    let top_p = settings
        .top_p
        .is_some_and(|value| differs(value, &[0.99, 1.0]));
    let fields = settings.fields.as_ref();
    let field = ["temperature", "top_p", "top_k"]
        .into_iter()
        .find(|name| fields.is_some_and(|fields| !fields[*name].is_null()));
    match family.sampling {
        Sampling::Both => Ok(()),
        Sampling::None => refuse(
            temperature,
            "TEMPERATURE",
            "takes no temperature; remove the setting",
        )
        .and_then(|()| refuse(top_p, "TOP_P", "takes no top-p; remove the setting"))
        .and_then(|()| match field {
            Some(name) => refuse(
                true,
                "MODEL_FIELDS",
                format!("takes no {name}; remove the field"),
            ),
            None => Ok(()),
        }),
        Sampling::One => {
            let both = "takes temperature or top-p, not both; remove TEMPERATURE or TOP_P";
            let while_thinking =
                "while it thinks; remove the setting or `thinking` in MODEL_FIELDS";
            refuse(temperature && top_p, "TOP_P", both)
                .and_then(|()| {
                    let refused = temperature && thinks(fields);
                    let problem = format!("takes no temperature {while_thinking}");
                    refuse(refused, "TEMPERATURE", problem)
                })
                .and_then(|()| {
                    let problem = format!("takes no top-p {while_thinking}");
                    refuse(top_p && thinks(fields), "TOP_P", problem)
                })
        }
    }
}

fn output(max_tokens: u32, family: &Family) -> Checked {
    match family.max_output {
        Some(most) if max_tokens > most => Err((
            "MAX_TOKENS",
            format!("writes at most {most} tokens; lower the setting"),
        )),
        _ => Ok(()),
    }
}

fn thinking(fields: &Value, max_tokens: u32, family: &Family) -> Checked {
    let thinking = &fields["thinking"];
    let types = family.reasoning.types;
    if thinking.is_null() || types.is_empty() {
        return Ok(());
    }
    let setting = "MODEL_FIELDS";
    let kind = thinking["type"].as_str().unwrap_or_default();
    let wrong_type = format!(
        "does not take thinking.type \"{kind}\"; use {}",
        types.join(" or ")
    );
    refuse(!types.contains(&kind), setting, wrong_type)?;
    let budget = &thinking["budget_tokens"];
    if kind == "enabled" {
        let fits = |budget: u64| (MIN_BUDGET.into()..max_tokens.into()).contains(&budget);
        let problem = format!(
            "takes thinking.budget_tokens from {MIN_BUDGET} to less than MAX_TOKENS ({max_tokens})"
        );
        return refuse(!budget.as_u64().is_some_and(fits), setting, problem);
    }
    let problem = format!("takes no thinking.budget_tokens with type \"{kind}\"; remove it");
    refuse(!budget.is_null(), setting, problem)?;
    let alone = thinking.as_object().is_some_and(|fields| fields.len() == 1);
    refuse(
        kind == "between_tools" && !alone,
        setting,
        "takes no field beside thinking.type \"between_tools\"; remove the others",
    )
}

/// Effort belongs in `output_config`, and is limited without full thinking (Bedrock user guide, "Adaptive thinking").
fn effort(fields: &Value, family: &Family) -> Checked {
    if family.reasoning.types.is_empty() {
        return Ok(());
    }
    let misplaced = !fields["effort"].is_null() || !fields["thinking"]["effort"].is_null();
    let problem = "takes effort in output_config.effort; move it there";
    refuse(misplaced, "MODEL_FIELDS", problem)?;
    let kind = fields["thinking"]["type"].as_str().unwrap_or_default();
    let limited = ["disabled", "between_tools"].contains(&kind);
    let highest = ["xhigh", "max"].map(Value::from);
    let problem =
        format!("takes output_config.effort up to \"high\" with thinking.type \"{kind}\"");
    refuse(
        limited && highest.contains(&fields["output_config"]["effort"]),
        "MODEL_FIELDS",
        problem,
    )
}

fn forced_choice(fields: &Value, family: &Family) -> Checked {
    let kind = fields["tool_choice"]["type"].as_str().unwrap_or_default();
    if !["any", "tool"].contains(&kind) {
        return Ok(());
    }
    let problem = match family.forced_choice {
        ForcedChoice::No => "takes no forced tool choice; remove tool_choice",
        ForcedChoice::WithoutThinking if thinks(Some(fields)) => {
            "takes no forced tool choice while it thinks; remove tool_choice or thinking"
        }
        ForcedChoice::WithoutBudget if fields["thinking"]["type"] == "enabled" => {
            "takes no forced tool choice with thinking.type \"enabled\"; remove tool_choice or thinking"
        }
        _ => return Ok(()),
    };
    refuse(true, "MODEL_FIELDS", problem)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SONNET_5_5: &str = "us.anthropic.claude-sonnet-5-5";
    const SONNET_4_5: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

    fn error(settings: &Settings) -> String {
        let checked = settings.check(4096);
        checked.map_or_else(|error| error.to_string(), |()| "taken".to_owned())
    }

    fn sampled(model_id: &str, temperature: Option<f32>, top_p: Option<f32>) -> String {
        error(&Settings {
            temperature,
            top_p,
            ..Settings::new(model_id)
        })
    }

    fn with_fields(model_id: &str, fields: Value) -> String {
        error(&Settings {
            fields: Some(fields),
            ..Settings::new(model_id)
        })
    }

    #[test]
    fn a_refused_sampling_parameter_is_named_with_the_model() {
        assert_eq!(
            sampled(SONNET_5_5, Some(0.5), None),
            "TEMPERATURE: us.anthropic.claude-sonnet-5-5 takes no temperature; remove the setting"
        );
        assert!(sampled(SONNET_5_5, None, Some(0.5)).starts_with("TOP_P: us.anthropic"));
        assert!(sampled(SONNET_4_5, Some(0.5), Some(0.5)).contains("not both"));
        assert_eq!(sampled(SONNET_4_5, Some(0.5), None), "taken");
        assert_eq!(
            sampled("amazon.nova-lite-v1:0", Some(0.5), Some(0.5)),
            "taken"
        );
        assert_eq!(sampled("something.new", Some(0.5), Some(0.5)), "taken");
        assert!(sampled("something.new", Some(1.5), None).starts_with("TEMPERATURE: "));
        assert!(sampled("something.new", None, Some(f32::NAN)).starts_with("TOP_P: "));
        let top_k = with_fields(SONNET_5_5, json!({"top_k": 5}));
        assert!(top_k.contains("takes no top_k"), "{top_k}");
        let settings = Settings {
            temperature: Some(0.5),
            fields: Some(json!({"thinking": {"type": "enabled", "budget_tokens": 1024}})),
            ..Settings::new(SONNET_4_5)
        };
        let error = error(&settings);
        assert!(error.starts_with("TEMPERATURE: ") && error.contains("while it thinks"));
    }

    #[test]
    fn thinking_that_the_model_refuses_is_named() {
        for (model_id, thinking, problem) in [
            (
                SONNET_5_5,
                json!({"type": "disabled"}),
                "use adaptive or between_tools",
            ),
            (
                SONNET_5_5,
                json!({"type": "enabled", "budget_tokens": 2048}),
                "use adaptive",
            ),
            (
                SONNET_5_5,
                json!({"type": "adaptive", "budget_tokens": 2048}),
                "no thinking.budget_tokens",
            ),
            (
                SONNET_5_5,
                json!({"type": "between_tools", "display": "summarized"}),
                "no field beside",
            ),
            (
                SONNET_5_5,
                json!({"type": "adaptive", "effort": "low"}),
                "output_config.effort",
            ),
            (SONNET_5_5, json!(true), "use adaptive"),
            (
                SONNET_4_5,
                json!({"type": "adaptive"}),
                "use enabled or disabled",
            ),
            (
                SONNET_4_5,
                json!({"type": "enabled"}),
                "from 1024 to less than MAX_TOKENS (4096)",
            ),
            (
                SONNET_4_5,
                json!({"type": "enabled", "budget_tokens": 1023}),
                "from 1024",
            ),
            (
                SONNET_4_5,
                json!({"type": "enabled", "budget_tokens": 4096}),
                "from 1024",
            ),
        ] {
            let error = with_fields(model_id, json!({"thinking": thinking}));
            assert!(
                error.starts_with("MODEL_FIELDS: ") && error.contains(problem),
                "{thinking}: {error}"
            );
        }
        for (model_id, thinking) in [
            (
                SONNET_5_5,
                json!({"type": "adaptive", "display": "summarized"}),
            ),
            (SONNET_5_5, json!({"type": "between_tools"})),
            (
                SONNET_4_5,
                json!({"type": "enabled", "budget_tokens": 1024}),
            ),
            ("anthropic.claude-sonnet-4-6", json!({"type": "disabled"})),
            ("amazon.nova-pro-v1:0", json!({"type": "enabled"})),
            ("something.new", json!({"type": "enabled"})),
        ] {
            assert_eq!(
                with_fields(model_id, json!({"thinking": thinking})),
                "taken"
            );
        }
    }

    #[test]
    fn effort_and_a_forced_tool_choice_that_the_model_refuses_are_named() {
        let sonnet_5 = "anthropic.claude-sonnet-5";
        for (model_id, fields) in [
            (sonnet_5, json!({"effort": "low"})),
            (
                sonnet_5,
                json!({"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}}),
            ),
            (
                SONNET_5_5,
                json!({"thinking": {"type": "between_tools"}, "output_config": {"effort": "xhigh"}}),
            ),
            (SONNET_5_5, json!({"tool_choice": {"type": "any"}})),
            (
                SONNET_4_5,
                json!({"tool_choice": {"type": "tool", "name": "t"}, "thinking": {"type": "enabled", "budget_tokens": 1024}}),
            ),
        ] {
            let error = with_fields(model_id, fields.clone());
            assert!(error.starts_with("MODEL_FIELDS: "), "{fields}: {error}");
        }
        for (model_id, fields) in [
            (sonnet_5, json!({"output_config": {"effort": "max"}})),
            (sonnet_5, json!({"tool_choice": {"type": "any"}})),
            (SONNET_5_5, json!({"tool_choice": {"type": "auto"}})),
        ] {
            assert_eq!(with_fields(model_id, fields), "taken");
        }
    }

    #[test]
    fn a_reply_that_is_longer_than_the_model_writes_is_refused() {
        let nova = Settings::new("amazon.nova-micro-v1:0");
        assert_eq!(nova.check(10_000), Ok(()));
        let error = nova.check(10_001).expect_err("too long").to_string();
        assert_eq!(
            error,
            "MAX_TOKENS: amazon.nova-micro-v1:0 writes at most 10000 tokens; lower the setting"
        );
    }

    #[test]
    fn a_model_that_is_retired_unknown_or_without_tools_is_remarked() {
        let remarks = |model_id: &str| Settings::new(model_id).remarks();
        assert_eq!(
            remarks("anthropic.claude-3-haiku-20240307-v1:0"),
            [Remark::Retired]
        );
        assert_eq!(remarks("us.deepseek.r1-v1:0"), [Remark::NoTools]);
        assert_eq!(remarks("something.new"), [Remark::UnknownFamily]);
        assert!(remarks(SONNET_5_5).is_empty());
    }
}
