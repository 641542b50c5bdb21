//! Conditional updates of one item, and what stands in the way of one that is refused.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::retry::with_jitter;
use crate::threads::Threads;
use crate::threads::item::read;
use crate::threads::keys;
use crate::threads::transition::Transition;
use longwire_core::ids::RunId;
use longwire_core::run::RunRow;
use longwire_core::thread_key::ThreadKey;

impl Threads {
    /// Makes a transition of a run, alone. An unclear answer may hide that it was made: what stands in the way
    /// of the next try is then the run as it left it.
    pub(super) async fn change(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        transition: Transition<'_>,
    ) -> Result<Updated<RunRow>, StoreError> {
        with_jitter(|| async {
            let request = self.client.update_item().table_name(&self.table);
            let request = request.set_key(Some(keys::item(key, keys::run(run_id))));
            update(transition.change()?.on(request)).await
        })
        .await
    }
}

/// What became of a conditional update.
#[derive(Debug)]
pub(crate) enum Updated<T> {
    /// It was made; the item as it left it.
    Done(T),
    /// Its condition did not hold; the item as it stood in the way, if there was one.
    Refused(Option<T>),
}

/// Sends a conditional update. The answer tells the item, so nobody has to read it again.
pub(crate) async fn update<T: DeserializeOwned>(
    request: UpdateItemFluentBuilder,
) -> Result<Updated<T>, StoreError> {
    let sent = request
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    let error = match sent {
        Ok(output) => return Ok(Updated::Done(read(output.attributes.unwrap_or_default())?)),
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
            let item = refused.item.clone().filter(|item| !item.is_empty());
            Ok(Updated::Refused(item.map(read).transpose()?))
        }
        _ => Err(error.into()),
    }
}
