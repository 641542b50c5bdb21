//! Transactions.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_sdk_dynamodb::types::builders::{
    ConditionCheckBuilder, DeleteBuilder, PutBuilder, UpdateBuilder,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use longwire_core::error_chain::error_chain;

use crate::error::StoreError;
use crate::retry::with_jitter;

/// Outcome of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transacted {
    /// All items were written.
    Done,
    /// A condition failed, and nothing was written.
    ConditionFailed {
        /// Position of the first item whose condition failed.
        first: usize,
    },
}

/// Writes all of `items` or none, and retries with jitter. All tries carry one client request token, so a transaction whose
/// response was lost takes effect once.
pub(crate) async fn transact(
    client: &Client,
    items: &[TransactWriteItem],
) -> Result<Transacted, StoreError> {
    let token = format!("{:032x}", rand::random::<u128>());
    let request = client
        .transact_write_items()
        .client_request_token(token)
        .set_transact_items(Some(items.to_vec()));
    with_jitter(|| async {
        match request.clone().send().await {
            Ok(_) => Ok(Transacted::Done),
            Err(error) => refused(error),
        }
    })
    .await
}

/// Makes a put part of a transaction.
pub(crate) fn put_item(put: PutBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().put(put.build()?).build())
}

/// Makes a delete part of a transaction.
pub(crate) fn delete_item(delete: DeleteBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().delete(delete.build()?).build())
}

/// Makes an update part of a transaction.
pub(crate) fn update_item(update: UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder().update(update.build()?).build())
}

/// Makes a condition on another item part of a transaction.
pub(crate) fn check_item(check: ConditionCheckBuilder) -> Result<TransactWriteItem, StoreError> {
    Ok(TransactWriteItem::builder()
        .condition_check(check.build()?)
        .build())
}

/// Converts the error of a transaction. A cancelled transaction has one reason per item; a failed condition outweighs
/// a conflict on another item, because a retry cannot succeed.
fn refused(
    error: SdkError<TransactWriteItemsError, HttpResponse>,
) -> Result<Transacted, StoreError> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return Err(error.into());
    };
    let reasons = cancelled.cancellation_reasons();
    let position = |code: &str| {
        reasons
            .iter()
            .position(|reason| reason.code() == Some(code))
    };
    if let Some(first) = position("ConditionalCheckFailed") {
        return Ok(Transacted::ConditionFailed { first });
    }
    let permanent = ["ValidationError", "ItemCollectionSizeLimitExceeded"];
    Err(
        if permanent.into_iter().any(|code| position(code).is_some()) {
            StoreError::refused::<TransactWriteItemsError>(error_chain(&error))
        } else if position("TransactionConflict").is_some() {
            StoreError::TransactionConflict
        } else {
            error.into()
        },
    )
}
