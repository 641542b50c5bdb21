//! Renewal of a connection's token.

use longwire_core::identity::Identity;
use longwire_core::ids::ConnectionId;
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::connections::Connections;
use crate::connections::replays::ReplayRow;
use crate::error::StoreError;
use crate::item::{n, s};
use crate::update::{Updated, update};

impl Connections {
    /// Replaces the groups and the expiry of a connection by those of `identity`, a token of the same user. Returns `false`,
    /// and changes nothing, when the connection has no row any more, is another user's, is to be closed, or when its token
    /// has expired at `now`, in seconds since 1970.
    pub async fn renew(
        &self,
        id: &ConnectionId,
        identity: &Identity,
        now: u64,
    ) -> Result<bool, StoreError> {
        let renew = self
            .row_request(id)
            .update_expression("SET tokenExp = :exp, groups = :groups")
            .condition_expression(
                "attribute_exists(#connection) AND #user = :user AND tokenExp > :now \
                 AND attribute_not_exists(closing)",
            )
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":exp", to_attribute_value(identity.expires_at)?)
            .expression_attribute_values(":groups", to_attribute_value(&identity.groups)?)
            .expression_attribute_values(":user", s(identity.user.as_str()))
            .expression_attribute_values(":now", n(now));
        let renewed = update::<ReplayRow>(renew).await?;
        Ok(matches!(renewed, Updated::Done(_)))
    }
}
