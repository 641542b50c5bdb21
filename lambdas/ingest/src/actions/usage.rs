//! `usage`: reads what the user has used, and what counts against the user's limits.

use longwire_core::clock::rfc3339;
use longwire_protocol::request::usage::{DayUsage, Usage, UsageResponse, UsedLimit};
use longwire_protocol::response::error::{Code, ErrorResponse};
use longwire_store::users::budget::Used;
use longwire_store::users::usage::{self, UsageByDay};

use crate::call::Call;
use crate::failure::{Failure, unavailable};

/// Returns the usage of the last days by day and model, and the limits of the user.
pub(crate) async fn answer(call: &Call<'_>, request: Usage) -> Result<UsageResponse, Failure> {
    let payer = call.payer().ok_or_else(shared)?;
    let spending = call.spending.as_ref().ok_or_else(unavailable)?;
    let usage = call
        .deps
        .users
        .usage(&payer.user, request.days, call.now())
        .await?;
    let limits = spending.used(&payer.limits, call.now());
    Ok(UsageResponse {
        id: call.id.clone(),
        days: days(usage),
        limits: limits.into_iter().map(limit).collect(),
    })
}

fn days(usage: UsageByDay) -> Vec<DayUsage> {
    let day = |((date, model), usage): (_, usage::DayUsage)| DayUsage {
        date,
        model,
        runs: usage.runs,
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        cost_micros: usage.cost_micros,
    };
    usage.into_iter().map(day).collect()
}

fn limit(used: Used) -> UsedLimit {
    UsedLimit {
        name: used.limit.name(),
        used: used.used,
        limit: used.most,
        renews_at: rfc3339(used.renews_at),
    }
}

fn shared() -> ErrorResponse {
    let message = "All clients of this server are one user, whose usage is not kept.";
    ErrorResponse::new(Code::Forbidden, message)
}
