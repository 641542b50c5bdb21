//! One-time tickets, with which a client connects that cannot send a token.
//!
//! The table contains the hash of a ticket, so that nobody who can read the table can connect with what it contains.

use aws_sdk_dynamodb::types::ReturnValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use longwire_core::identity::Identity;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;
use sha2::{Digest as _, Sha256};

use crate::error::StoreError;
use crate::item::{n, read};
use crate::users::{Users, key};

/// Time for which a ticket is valid, in seconds.
pub const TICKET_SECONDS: u64 = 60;

/// Time after its expiry at which DynamoDB may delete a row, in seconds.
const KEEP: u64 = 3600;

/// Sort key of a ticket.
const TICKET: &str = "TICKET";

/// Random bytes of a ticket.
const BYTES: usize = 16;

/// Characters of a ticket: its bytes in base64url without padding.
const CHARS: usize = 22;

/// Ticket that was made, for its user alone.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// Ticket as the client passes it.
    pub secret: SecretString,
    /// Expiry in seconds since 1970.
    pub expires_at: u64,
}

/// Row of a ticket. Times are seconds since 1970.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    user: String,
    item: String,
    /// Identity of the connection that the ticket opens.
    identity: Identity,
    expires_at: u64,
    ttl: u64,
}

impl Users {
    /// Makes a ticket for this identity. It is valid for 60 s from `now`, in seconds since 1970, but not longer than the
    /// identity.
    pub async fn make_ticket(&self, identity: Identity, now: u64) -> Result<Ticket, StoreError> {
        let secret = URL_SAFE_NO_PAD.encode(rand::random::<[u8; BYTES]>());
        let latest = now + TICKET_SECONDS;
        let expires_at = identity.expires_at.map_or(latest, |exp| exp.min(latest));
        let row = Row {
            user: partition(&secret),
            item: TICKET.to_owned(),
            identity,
            expires_at,
            ttl: expires_at + KEEP,
        };
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(row)?))
            .send()
            .await?;
        Ok(Ticket {
            secret: secret.into(),
            expires_at,
        })
    }

    /// Deletes a ticket, and returns its identity; `None` when there is no such ticket, or it has expired at `now`, in
    /// seconds since 1970.
    ///
    /// Of two requests with the same ticket one gets the identity. When a response is lost and the SDK sends the request
    /// again, none does: the client needs another ticket.
    pub async fn redeem_ticket(
        &self,
        ticket: &SecretString,
        now: u64,
    ) -> Result<Option<Identity>, StoreError> {
        let ticket = ticket.expose_secret();
        if ticket.len() != CHARS {
            return Ok(None);
        }
        let deleted = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(partition(ticket), TICKET)))
            .condition_expression("expiresAt > :now")
            .expression_attribute_values(":now", n(now))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(StoreError::from);
        match deleted {
            Ok(output) => {
                let row = output.attributes.map(read::<Row>).transpose()?;
                Ok(row.map(|row| row.identity))
            }
            Err(StoreError::ConditionFailed) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a ticket under a condition that fails, so that the client is connected. A failure is ignored.
    pub async fn warm_up_make(&self) {
        let _ = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(key(partition("-"), TICKET)))
            .condition_expression("attribute_exists(expiresAt)")
            .send()
            .await;
    }

    /// Deletes a ticket that does not exist, so that the client is connected. A failure is ignored.
    pub async fn warm_up_redeem(&self) {
        let absent = SecretString::from("-".repeat(CHARS));
        let _ = self.redeem_ticket(&absent, 0).await;
    }
}

/// Partition of a ticket: its SHA-256.
fn partition(ticket: &str) -> String {
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(ticket));
    format!("ticket#{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_has_22_characters_and_its_partition_does_not_contain_it() {
        let ticket = URL_SAFE_NO_PAD.encode([7; BYTES]);
        assert_eq!(ticket.len(), CHARS);
        let hash = "ticket#LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE";
        assert_eq!(partition("x"), hash);
        assert!(!partition(&ticket).contains(&ticket));
    }
}
