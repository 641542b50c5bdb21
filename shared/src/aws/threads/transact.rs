//! Transactions, and what it means when one is refused.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::Threads;
use crate::aws::fault::Fault;
use crate::aws::retry::with_jitter;

impl Threads {
    /// Writes all of `items` or none. It is tried again while that can help, under one token, so that a try
    /// whose answer was lost is not made twice.
    pub(super) async fn transact(&self, items: &[TransactWriteItem]) -> Result<(), Fault> {
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
fn fault(error: SdkError<TransactWriteItemsError, HttpResponse>) -> Fault {
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
        Fault::Refused
    } else if because("TransactionConflict") {
        Fault::Conflict
    } else {
        error.into()
    }
}
