//! Conditional updates of one item, and what stands in the way of one that is refused.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use serde::de::DeserializeOwned;

use super::Threads;
use super::item::read;
use super::keys::{self, ThreadKey};
use super::transition::Transition;
use crate::aws::fault::Fault;
use crate::aws::retry::with_jitter;
use crate::ids::RunId;
use crate::run::RunRow;

impl Threads {
    /// Makes a transition of a run, alone. An unclear answer may hide that it was made: what stands in the way
    /// of the next try is then the run as it left it.
    pub(super) async fn change(
        &self,
        key: &ThreadKey,
        run_id: &RunId,
        transition: Transition<'_>,
    ) -> Result<Updated<RunRow>, Fault> {
        with_jitter(|| async {
            let request = self.client.update_item().table_name(&self.table);
            let request = request.set_key(Some(key.item(keys::run(run_id))));
            update(transition.change()?.on(request)).await
        })
        .await
    }
}

/// What became of a conditional update.
#[derive(Debug)]
pub(super) enum Updated<T> {
    /// It was made; the item as it left it.
    Done(T),
    /// Its condition did not hold; the item as it stood in the way, if there was one.
    Refused(Option<T>),
}

/// Sends a conditional update. The answer tells the item, so nobody has to read it again.
pub(super) async fn update<T: DeserializeOwned>(
    request: UpdateItemFluentBuilder,
) -> Result<Updated<T>, Fault> {
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
