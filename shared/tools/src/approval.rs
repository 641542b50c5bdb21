//! Approval of calls by a person, as the tools declare it and the setting `APPROVALS` changes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonschema::{PatternOptions, Validator};
use longwire_core::approval::ApprovalNeeded;
use serde::Deserialize;
use serde_json::Value;

use crate::ALL;
use crate::once::NoSuchTool;

/// Approval that the calls of a tool need, as the tool's file declares it.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the tools of Longwire only read, so they need none"
    )
)]
pub(crate) enum Approval {
    /// None.
    Never,
    /// Each call needs one.
    Always,
    /// A call needs one if its arguments satisfy the condition.
    If(fn(&Value) -> bool),
}

/// Tools whose calls a deployment lets people approve, in place of what the tools declare.
#[derive(Debug, Clone, Default)]
pub struct ApprovalRules(BTreeMap<&'static str, Rule>);

/// Rule of a deployment for the calls of a tool.
#[derive(Debug, Clone)]
struct Rule {
    when: When,
    /// Group that a user needs for the decision.
    group: Option<String>,
}

#[derive(Debug, Clone)]
enum When {
    Never,
    Always,
    /// Calls whose arguments satisfy the JSON Schema. Its patterns have no look-around and no back-references.
    If(Arc<Validator>),
}

/// Rule as the setting has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Setting {
    Word(Word),
    Rule(RuleSetting),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Never,
    Always,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleSetting {
    #[serde(rename = "if")]
    condition: Option<Value>,
    group: Option<String>,
}

/// Error of the setting.
#[derive(Debug, thiserror::Error)]
pub enum BadApprovals {
    /// Text that is not a JSON object of rules.
    #[error(
        r#"must be a JSON object of tools with "never", "always" or {{"if": <JSON Schema>, "group": <name>}}: {0}"#
    )]
    Unreadable(#[from] serde_json::Error),
    /// Name that is not that of a tool.
    #[error(transparent)]
    NoSuchTool(#[from] NoSuchTool),
    /// Condition that is not a valid JSON Schema.
    #[error("has an invalid JSON Schema as the condition of {tool}: {error}")]
    BadSchema {
        /// Name of the tool.
        tool: &'static str,
        /// Error of the schema.
        error: String,
    },
}

impl TryFrom<String> for ApprovalRules {
    type Error = BadApprovals;

    /// Parses a JSON object. The tools need not be offered.
    fn try_from(json: String) -> Result<Self, BadApprovals> {
        let settings: BTreeMap<String, Setting> = serde_json::from_str(&json)?;
        let rule = |(name, setting): (String, Setting)| {
            let tool = ALL.iter().find(|tool| tool.name == name);
            let tool = tool.ok_or(NoSuchTool)?.name;
            Ok((tool, Rule::new(tool, setting)?))
        };
        let rules: Result<_, BadApprovals> = settings.into_iter().map(rule).collect();
        Ok(Self(rules?))
    }
}

impl Rule {
    fn new(tool: &'static str, setting: Setting) -> Result<Self, BadApprovals> {
        let (when, group) = match setting {
            Setting::Word(Word::Never) => (When::Never, None),
            Setting::Word(Word::Always) => (When::Always, None),
            Setting::Rule(RuleSetting { condition, group }) => {
                let when = match condition {
                    None => When::Always,
                    Some(schema) => {
                        // Patterns of linear time: one that gives up would count as not satisfied.
                        let options = jsonschema::options();
                        let options = options.with_pattern_options(PatternOptions::regex());
                        let condition = options.build(&schema);
                        let condition = condition.map_err(|error| BadApprovals::BadSchema {
                            tool,
                            error: error.to_string(),
                        })?;
                        When::If(Arc::new(condition))
                    }
                };
                (when, group)
            }
        };
        Ok(Self { when, group })
    }
}

impl ApprovalRules {
    /// Tells whether a call of the tool `name`, which itself declares `declared`, needs approval with these arguments.
    pub(crate) fn needed_for(&self, name: &str, declared: Approval, arguments: &Value) -> bool {
        match (self.0.get(name).map(|rule| &rule.when), declared) {
            (Some(When::Never), _) | (None, Approval::Never) => false,
            (Some(When::Always), _) | (None, Approval::Always) => true,
            (Some(When::If(condition)), _) => condition.is_valid(arguments),
            (None, Approval::If(condition)) => condition(arguments),
        }
    }

    /// Approval that the calls of the tool need, whatever their arguments; `None` when they need none.
    pub(crate) fn needed(&self, name: &str, declared: Approval) -> Option<ApprovalNeeded> {
        match (self.0.get(name).map(|rule| &rule.when), declared) {
            (Some(When::Never), _) | (None, Approval::Never) => None,
            (Some(When::Always), _) | (None, Approval::Always) => Some(ApprovalNeeded::Always),
            (Some(When::If(_)), _) | (None, Approval::If(_)) => Some(ApprovalNeeded::Rule),
        }
    }

    /// Group that a user needs to approve calls of the tool `name`, which itself declares `declared`.
    pub(crate) fn group<'g>(
        &'g self,
        name: &str,
        declared: Option<&'static str>,
    ) -> Option<&'g str> {
        match self.0.get(name) {
            Some(rule) => rule.group.as_deref(),
            None => declared,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(setting: &Value) -> Result<ApprovalRules, String> {
        ApprovalRules::try_from(setting.to_string()).map_err(|error| error.to_string())
    }

    fn needed(approvals: &ApprovalRules, declared: Approval, location: &str) -> bool {
        approvals.needed_for("get_weather", declared, &json!({ "location": location }))
    }

    #[test]
    fn a_setting_replaces_what_the_tool_declares() {
        let none = ApprovalRules::default();
        assert!(!needed(&none, Approval::Never, "Oslo"));
        assert!(needed(&none, Approval::Always, "Oslo"));
        let declared = Approval::If(|arguments| arguments["location"] == "Oslo");
        assert!(needed(&none, declared, "Oslo") && !needed(&none, declared, "Rome"));

        let never = parse(&json!({ "get_weather": "never" })).expect("rules");
        assert!(!needed(&never, Approval::Always, "Oslo"));
        let always = parse(&json!({ "get_weather": "always" })).expect("rules");
        assert!(needed(&always, Approval::Never, "Oslo"));
        assert_eq!(
            always.needed("get_weather", Approval::Never),
            Some(ApprovalNeeded::Always)
        );
        assert_eq!(always.needed("kb_lookup", Approval::Never), None);
    }

    #[test]
    fn a_condition_is_a_schema_of_the_arguments() {
        let schema =
            json!({ "properties": { "location": { "const": "Oslo" } }, "required": ["location"] });
        let rules = parse(&json!({ "get_weather": { "if": schema, "group": "ops" } }));
        let rules = rules.expect("rules");
        assert!(
            needed(&rules, Approval::Never, "Oslo") && !needed(&rules, Approval::Always, "Rome")
        );
        assert_eq!(
            rules.needed("get_weather", Approval::Never),
            Some(ApprovalNeeded::Rule)
        );
        assert_eq!(rules.group("get_weather", None), Some("ops"));
        assert_eq!(rules.group("kb_lookup", Some("staff")), Some("staff"));
    }

    #[test]
    fn a_rule_without_a_condition_applies_to_every_call() {
        let rules = parse(&json!({ "get_weather": { "group": "ops" } })).expect("rules");
        assert_eq!(
            rules.needed("get_weather", Approval::Never),
            Some(ApprovalNeeded::Always)
        );
    }

    #[test]
    fn other_settings_are_refused() {
        for (setting, message) in [
            (json!([]), "must be a JSON object"),
            (json!({ "get_weather": "maybe" }), "must be a JSON object"),
            (
                json!({ "get_weather": { "when": {} } }),
                "must be a JSON object",
            ),
            (
                json!({ "no_such_tool": "always" }),
                "must be names of tools",
            ),
            (
                json!({ "get_weather": { "if": { "type": "no_such_type" } } }),
                "has an invalid JSON Schema as the condition of get_weather: ",
            ),
            (
                json!({ "get_weather": { "if": { "properties": { "location": { "pattern": "(?=a)" } } } } }),
                "has an invalid JSON Schema as the condition of get_weather: ",
            ),
        ] {
            let error = parse(&setting).expect_err("an error");
            assert!(error.starts_with(message), "{error}");
        }
    }
}
