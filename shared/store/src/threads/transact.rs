//! Transactions, and what it means when one is refused.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::error::StoreError;
use crate::retry::with_jitter;
use crate::threads::Threads;

impl Threads {
    /// Writes all of `items` or none. It is tried again while that can help, under one token, so that a try
    /// whose answer was lost is not made twice.
    pub(super) async fn transact(&self, items: &[TransactWriteItem]) -> Result<(), StoreError> {
        let token = format!("{:032x}", rand::random::<u128>());
        with_jitter(|| async {
            let request = self
                .client
                .transact_write_items()
                .client_request_token(&token);
            let sent = request
                .set_transact_items(Some(items.to_vec()))
                .send()
                .await;
            sent.map(drop).map_err(fault)
        })
        .await
    }
}

/// A cancelled transaction says per item why; a failed condition outweighs a conflict elsewhere.
fn fault(error: SdkError<TransactWriteItemsError, HttpResponse>) -> StoreError {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return error.into();
    };
    let because = |code: &str| {
        cancelled
            .cancellation_reasons()
            .iter()
            .any(|reason| reason.code() == Some(code))
    };
    if because("ConditionalCheckFailed") {
        StoreError::ConditionFailed
    } else if because("TransactionConflict") {
        StoreError::TransactionConflict
    } else {
        error.into()
    }
}
