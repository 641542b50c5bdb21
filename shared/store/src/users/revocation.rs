//! Revocation of a user's access, which `scripts/revoke` writes: a token cannot be called back, and a ticket may be unused.

use longwire_core::ids::UserId;
use serde::Deserialize;

use crate::error::StoreError;
use crate::item::read;
use crate::users::{Users, key};

/// Sort key of the revocation.
const REVOKED: &str = "REVOKED";

#[derive(Deserialize)]
struct Row {
    /// Time until which no credential of the user is accepted, in seconds since 1970.
    until: u64,
}

impl Users {
    /// Tells whether the access of a user is ended at `now`, in seconds since 1970.
    pub async fn is_revoked(&self, user: &UserId, now: u64) -> Result<bool, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(user.as_str(), REVOKED)))
            .consistent_read(true)
            .send()
            .await?;
        let row = output.item.map(read::<Row>).transpose()?;
        Ok(row.is_some_and(|row| now < row.until))
    }
}
