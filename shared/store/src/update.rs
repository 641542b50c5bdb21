//! Conditional updates of one item.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::item::read;
use crate::retry::with_jitter;

/// Rounds of an optimistic update before it fails with [`StoreError::ConditionFailed`]. Each round makes its
/// condition from the item that made the previous one fail. A round is no retry: it sends a different request,
/// because another writer changed the item.
pub(crate) const MAX_ROUNDS: usize = 4;

/// Outcome of a conditional update.
#[derive(Debug)]
pub(crate) enum Updated<T> {
    /// The update was made; the item after it.
    Done(T),
    /// The condition failed; the current item, if there is one. After a lost response the item may already contain
    /// the update.
    ConditionFailed(Option<T>),
}

/// Sends a conditional update, again with jitter while its error is retryable. Both outcomes carry the item, so no
/// read follows.
pub(crate) async fn update<T: DeserializeOwned>(
    request: UpdateItemFluentBuilder,
) -> Result<Updated<T>, StoreError> {
    let request = request
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    with_jitter(|| send(request.clone())).await
}

/// Tells whether the condition of a write held.
pub(crate) fn held<T>(sent: Result<T, StoreError>) -> Result<bool, StoreError> {
    match sent {
        Ok(_) => Ok(true),
        Err(StoreError::ConditionFailed) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn send<T: DeserializeOwned>(
    request: UpdateItemFluentBuilder,
) -> Result<Updated<T>, StoreError> {
    let error = match request.send().await {
        Ok(output) => return Ok(Updated::Done(read(output.attributes.unwrap_or_default())?)),
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
            let item = refused.item.clone().filter(|item| !item.is_empty());
            Ok(Updated::ConditionFailed(item.map(read).transpose()?))
        }
        _ => Err(error.into()),
    }
}
