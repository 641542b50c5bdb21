//! Limits of what a user may spend.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::rfc3339;

/// Threads with an unfinished run that a user may have, unless the policy says otherwise.
const THREADS: u32 = 3;

/// Limits of one user; `None` is no limit. Days and months are those of UTC.
///
/// Rows and jobs contain them. A limit that a newer version has added is ignored there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserLimits {
    /// Threads with an unfinished run, 1 to 100. Runs that wait behind another one do not count. A [`LimitPolicy`] that sets
    /// none gives 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Prompts of a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts_per_day: Option<u64>,
    /// Tokens of a day, of input and output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_day: Option<u64>,
    /// Tokens of a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_month: Option<u64>,
    /// Money of a month, in millionths of a US dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micros_per_month: Option<u64>,
}

/// Limits of a deployment's users. The setting is JSON, in which a name that is not known is refused: a limit with a misspelt
/// name would limit nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitPolicy {
    /// Limits of a user without a group that has others.
    #[serde(default)]
    default: UserLimits,
    /// Limits of groups, which replace the default ones.
    #[serde(default)]
    groups: BTreeMap<String, UserLimits>,
}

/// Error of a setting that is no [`LimitPolicy`].
#[derive(Debug, thiserror::Error)]
pub enum BadLimits {
    /// Text that is not JSON, or a field of another type.
    #[error("must be limits as JSON: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Field without a meaning.
    #[error("must be limits as JSON: `{0}` is not known")]
    Unknown(String),
    /// Limit without a meaning: 0, or more threads than one request can read.
    #[error(
        "must be limits as JSON: `{0}` is out of range: `threads` must be 1 to 100, every other limit at least 1"
    )]
    OutOfRange(&'static str),
}

impl TryFrom<String> for LimitPolicy {
    type Error = BadLimits;

    fn try_from(json: String) -> Result<Self, BadLimits> {
        let mut unknown = None;
        let mut json = serde_json::Deserializer::from_str(&json);
        let policy: Self =
            serde_ignored::deserialize(&mut json, |path| unknown = Some(path.to_string()))?;
        json.end()?;
        if let Some(path) = unknown {
            return Err(BadLimits::Unknown(path));
        }
        policy
            .out_of_range()
            .map_or(Ok(()), |limit| Err(BadLimits::OutOfRange(limit)))?;
        Ok(policy)
    }
}

impl LimitPolicy {
    /// Limits of a user of these groups. Of several groups with the same limit the highest counts.
    pub fn of(&self, groups: &[String]) -> UserLimits {
        let own = groups.iter().filter_map(|name| self.groups.get(name));
        let own: Vec<&UserLimits> = own.collect();
        UserLimits {
            threads: self
                .highest(&own, |limits| limits.threads)
                .or(Some(THREADS)),
            prompts_per_day: self.highest(&own, |limits| limits.prompts_per_day),
            tokens_per_day: self.highest(&own, |limits| limits.tokens_per_day),
            tokens_per_month: self.highest(&own, |limits| limits.tokens_per_month),
            micros_per_month: self.highest(&own, |limits| limits.micros_per_month),
        }
    }

    fn highest<T: Ord>(
        &self,
        own: &[&UserLimits],
        limit: impl Fn(&UserLimits) -> Option<T>,
    ) -> Option<T> {
        let highest = own.iter().filter_map(|limits| limit(limits)).max();
        highest.or_else(|| limit(&self.default))
    }

    fn out_of_range(&self) -> Option<&'static str> {
        let mut all = self.groups.values().chain([&self.default]);
        all.find_map(UserLimits::out_of_range)
    }
}

impl UserLimits {
    fn out_of_range(&self) -> Option<&'static str> {
        if self
            .threads
            .is_some_and(|threads| !(1..=100).contains(&threads))
        {
            return Some("threads");
        }
        let named = Limit::ALL
            .into_iter()
            .find(|limit| self.get(*limit) == Some(0));
        named.map(Limit::name)
    }

    /// Value of a limit of what may be spent.
    pub fn get(&self, limit: Limit) -> Option<u64> {
        match limit {
            Limit::PromptsPerDay => self.prompts_per_day,
            Limit::TokensPerDay => self.tokens_per_day,
            Limit::TokensPerMonth => self.tokens_per_month,
            Limit::MoneyPerMonth => self.micros_per_month,
        }
    }

    /// Tells whether anything that a run spends is limited.
    pub fn limit_spending(&self) -> bool {
        Limit::ALL
            .into_iter()
            .any(|limit| self.get(limit).is_some())
    }
}

/// Limit of what a user may spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Prompts of a day.
    PromptsPerDay,
    /// Tokens of a day.
    TokensPerDay,
    /// Tokens of a month.
    TokensPerMonth,
    /// Money of a month.
    MoneyPerMonth,
}

impl Limit {
    /// All of them, in the order in which they are checked.
    pub const ALL: [Self; 4] = [
        Self::PromptsPerDay,
        Self::TokensPerDay,
        Self::TokensPerMonth,
        Self::MoneyPerMonth,
    ];

    /// Name in settings and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::PromptsPerDay => "promptsPerDay",
            Self::TokensPerDay => "tokensPerDay",
            Self::TokensPerMonth => "tokensPerMonth",
            Self::MoneyPerMonth => "microsPerMonth",
        }
    }
}

/// Limit that does not allow an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// The limit.
    pub limit: Limit,
    /// Time from which on it does not count what was spent until now, in seconds since 1970.
    pub renews_at: u64,
}

impl Exhausted {
    /// Text for people: which of a user's limits it is, and when it renews.
    pub fn text(&self, limits: &UserLimits) -> String {
        let value = limits.get(self.limit).unwrap_or_default();
        let limit = match self.limit {
            Limit::PromptsPerDay => format!("{value} prompts a day"),
            Limit::TokensPerDay => format!("{value} tokens a day"),
            Limit::TokensPerMonth => format!("{value} tokens a month"),
            Limit::MoneyPerMonth => format!("{} a month", dollars(value)),
        };
        format!(
            "The limit of {limit} is reached. It renews at {}.",
            rfc3339(self.renews_at)
        )
    }
}

fn dollars(micros: u64) -> String {
    format!("${}.{:02}", micros / 1_000_000, micros % 1_000_000 / 10_000)
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn policy() -> LimitPolicy {
        let policy = json!({
            "default": { "threads": 3, "tokensPerDay": 1_000 },
            "groups": {
                "staff": { "tokensPerDay": 5_000 },
                "guest": { "threads": 1, "tokensPerDay": 100 }
            }
        });
        from_value(policy).expect("a policy")
    }

    fn of(groups: &[&str]) -> UserLimits {
        let groups: Vec<String> = groups.iter().map(|&group| group.to_owned()).collect();
        policy().of(&groups)
    }

    #[test]
    fn a_group_replaces_the_limits_that_it_names() {
        let staff = of(&["staff", "unknown"]);
        assert_eq!(
            (staff.threads, staff.tokens_per_day),
            (Some(3), Some(5_000))
        );
        let guest = of(&["guest"]);
        assert_eq!((guest.threads, guest.tokens_per_day), (Some(1), Some(100)));
        assert_eq!(of(&[]).tokens_per_day, Some(1_000));
    }

    #[test]
    fn a_user_of_a_policy_without_limits_may_have_three_threads() {
        let limits = LimitPolicy::default().of(&[]);
        assert_eq!(limits.threads, Some(3));
        assert!(!limits.limit_spending());
    }

    #[test]
    fn an_error_of_the_setting_says_what_is_wrong() {
        for (json, expected) in [
            (
                r#"{"default":{"tokensPerDays":1}}"#,
                "`default.tokensPerDays` is not known",
            ),
            (
                r#"{"groups":{"staff":{"tokens":1}}}"#,
                "`groups.staff.tokens` is not known",
            ),
            (r#"{"group":{}}"#, "`group` is not known"),
            (
                r#"{"default":{"threads":101}}"#,
                "`threads` is out of range: `threads` must be 1 to 100, every other limit at least 1",
            ),
            (
                r#"{"groups":{"guest":{"microsPerMonth":0}}}"#,
                "`microsPerMonth` is out of range: `threads` must be 1 to 100, every other limit at least 1",
            ),
            (r#"{} {}"#, "trailing characters at line 1 column 4"),
        ] {
            let error = LimitPolicy::try_from(json.to_owned()).expect_err(json);
            let expected = format!("must be limits as JSON: {expected}");
            assert_eq!(error.to_string(), expected, "{json}");
        }
        let legal = r#"{"groups":{"staff":{"threads":100,"promptsPerDay":1}}}"#;
        assert!(LimitPolicy::try_from(legal.to_owned()).is_ok());
    }

    #[test]
    fn of_several_groups_the_highest_limit_counts() {
        assert_eq!(of(&["guest", "staff"]).tokens_per_day, Some(5_000));
    }

    #[test]
    fn a_limit_of_a_newer_version_is_ignored() {
        let stored = json!({ "threads": 1, "imagesPerDay": 2 });
        let limits: UserLimits = from_value(stored).expect("limits");
        assert_eq!(limits.threads, Some(1));
    }

    #[test]
    fn a_text_names_the_limit_and_the_time_at_which_it_renews() {
        let limits = UserLimits {
            micros_per_month: Some(12_500_000),
            ..UserLimits::default()
        };
        let exhausted = Exhausted {
            limit: Limit::MoneyPerMonth,
            renews_at: 1_796_083_200,
        };
        let text = "The limit of $12.50 a month is reached. It renews at 2026-12-01T00:00:00Z.";
        assert_eq!(exhausted.text(&limits), text);
    }
}
