//! Closing of a connection, which the function `replay` does.

use longwire_core::ids::ConnectionId;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::connections::Connections;
use crate::connections::replays::ReplayRow;
use crate::error::StoreError;
use crate::item::n;
use crate::update::{Updated, update};

/// Seconds after which the job of a closing connection is sent again, because it may have been lost.
const CLOSE_AGAIN: u64 = 10;

/// Time after the expiry of its token at which a connection counts as gone, in seconds: nothing is posted to it any more.
/// Until then its requests are refused, and its client can be told why.
pub const EXPIRY_GRACE: u64 = 60;

/// Reason for which a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosingReason {
    /// The connection got too many `rate_limited` responses. Rows that name no reason have this one.
    #[default]
    RateLimited,
    /// The token of the connection has expired.
    TokenExpired,
    /// An operator ended the connections of the user.
    Revoked,
}

/// Tells whether a connection whose token expires at `token_exp` counts as gone at `now`, in seconds since 1970.
pub(crate) fn is_gone(token_exp: Option<u64>, now: u64) -> bool {
    token_exp.is_some_and(|exp| exp.saturating_add(EXPIRY_GRACE) <= now)
}

impl Connections {
    /// Marks the connection as one to be closed. Returns whether a connection job must be sent: for the first mark, and
    /// again after 10 s, because that job may have been lost. `now` is in seconds since 1970. The first reason stays. A
    /// connection whose token was renewed meanwhile is not marked as expired.
    pub async fn mark_closing(
        &self,
        id: &ConnectionId,
        reason: ClosingReason,
        now: u64,
    ) -> Result<bool, StoreError> {
        let expired = match reason {
            ClosingReason::TokenExpired => " AND tokenExp <= :now",
            ClosingReason::RateLimited | ClosingReason::Revoked => "",
        };
        let mark = self
            .row_request(id)
            .update_expression(
                "SET closing = :now, closingReason = if_not_exists(closingReason, :reason)",
            )
            .condition_expression(format!(
                "attribute_exists(#connection) \
                 AND (attribute_not_exists(closing) OR closing < :before){expired}",
            ))
            .expression_attribute_values(":now", n(now))
            .expression_attribute_values(":reason", to_attribute_value(reason)?)
            .expression_attribute_values(":before", n(now.saturating_sub(CLOSE_AGAIN)));
        let marked = update::<ReplayRow>(mark).await?;
        Ok(matches!(marked, Updated::Done(_)))
    }
}
