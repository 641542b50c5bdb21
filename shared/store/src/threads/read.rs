//! Reads of a thread's partition.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use longwire_core::thread_key::ThreadKey;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::item::{read, s};
use crate::threads::Threads;
use crate::threads::keys::{self, PARTITION, SORT};

impl Threads {
    /// Reads one item of a thread consistently.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        key: &ThreadKey,
        sort: String,
    ) -> Result<Option<T>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key, sort)))
            .consistent_read(true)
            .send()
            .await?;
        output.item.map(read).transpose()
    }

    /// Prepares a query of a thread's items whose sort keys begin with `prefix`, highest key first.
    pub(super) fn query_prefix(&self, key: &ThreadKey, prefix: &str) -> QueryFluentBuilder {
        self.query(key, "begins_with(#item, :prefix)")
            .expression_attribute_values(":prefix", s(prefix))
    }

    /// Prepares a query of a thread's items with sort keys from `first` to `last`, both included, highest key
    /// first.
    pub(super) fn query_range(
        &self,
        key: &ThreadKey,
        first: String,
        last: String,
    ) -> QueryFluentBuilder {
        self.query(key, "#item BETWEEN :first AND :last")
            .expression_attribute_values(":first", s(first))
            .expression_attribute_values(":last", s(last))
    }

    fn query(&self, key: &ThreadKey, sort_condition: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression(format!("#thread = :thread AND {sort_condition}"))
            .expression_attribute_names("#thread", PARTITION)
            .expression_attribute_names("#item", SORT)
            .expression_attribute_values(":thread", s(key.partition()))
            .scan_index_forward(false)
    }
}
