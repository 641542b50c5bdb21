//! Requests that open the connection of the client and change nothing, for functions with one permission each.

use longwire_core::ids::ConnectionId;

use crate::connections::{Connections, PARTITION, key};

/// Id that no connection has.
const ABSENT: &str = "-";

impl Connections {
    /// Puts a row under a condition that fails, so that the client is connected. A failure is ignored.
    pub async fn warm_up_put(&self) {
        let _ = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(key(&ConnectionId::trusted(ABSENT))))
            .condition_expression("attribute_exists(#connection)")
            .expression_attribute_names("#connection", PARTITION)
            .send()
            .await;
    }

    /// Deletes a row that does not exist, so that the client is connected. A failure is ignored.
    pub async fn warm_up_delete(&self) {
        let _ = self.delete(&ConnectionId::trusted(ABSENT)).await;
    }

    /// Reads a row that does not exist. A failure is ignored.
    pub async fn warm_up_get(&self) {
        let _ = self.get(&ConnectionId::trusted(ABSENT), 0).await;
    }
}
