//! `usage`: reads what the user has used, and what counts against the user's limits.

use serde::Serialize;

use crate::request::fields::Fields;
use crate::response::error::{ErrorResponse, invalid};

/// Most days of a response.
const MAX_DAYS: u64 = 31;

/// Number of days when the request does not say.
const DEFAULT_DAYS: u64 = 30;

/// Request for the usage of the last days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Number of days, 1–31, today included.
    pub days: u16,
}

impl Usage {
    /// Parses the fields of the request.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, ErrorResponse> {
        let days = fields.get("days")?.unwrap_or(DEFAULT_DAYS);
        let valid = (1..=MAX_DAYS).contains(&days);
        let days = u16::try_from(days).ok().filter(|_| valid);
        let days = days.ok_or_else(|| invalid(format!("`days` must be 1 to {MAX_DAYS}.")))?;
        Ok(Self { days })
    }
}

/// Response to `usage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "usage", rename_all = "camelCase")]
pub struct UsageResponse {
    /// Id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Usage by day and model, the first day first. Days without a run are absent.
    pub days: Vec<DayUsage>,
    /// Limits of what the user may spend.
    pub limits: Vec<UsedLimit>,
}

/// Usage of a day (UTC), of one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DayUsage {
    /// Day, such as `2026-11-26`.
    pub date: String,
    /// Model.
    pub model: String,
    /// Number of runs.
    pub runs: u64,
    /// Input tokens, with those of the prompt cache.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Cost in millionths of a US dollar; absent unless every run had a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<u64>,
}

/// Limit, and what counts against it: what is spent, and what running runs have reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UsedLimit {
    /// Name, as in the limits of `ready`.
    pub name: &'static str,
    /// Amount that counts against it.
    pub used: u64,
    /// Largest amount.
    pub limit: u64,
    /// Time at which the amount is 0 again, in RFC 3339.
    pub renews_at: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::json;

    #[test]
    fn fields_are_in_the_order_of_the_protocol() {
        let response = UsageResponse {
            id: Some("7".to_owned()),
            days: vec![DayUsage {
                date: "2026-11-26".to_owned(),
                model: "m".to_owned(),
                runs: 2,
                input_tokens: 10,
                output_tokens: 3,
                cost_micros: None,
            }],
            limits: vec![UsedLimit {
                name: "tokensPerDay",
                used: 13,
                limit: 100,
                renews_at: "2025-11-20T23:31:17Z".to_owned(),
            }],
        };
        assert_eq!(
            json(&response),
            r#"{"type":"usage","id":"7","days":[{"date":"2026-11-26","model":"m","runs":2,"inputTokens":10,"outputTokens":3}],"limits":[{"name":"tokensPerDay","used":13,"limit":100,"renewsAt":"2025-11-20T23:31:17Z"}]}"#
        );
    }
}
