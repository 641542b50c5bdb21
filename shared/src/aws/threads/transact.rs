//! Transactions, and what it means when one is refused.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::Threads;
use crate::aws::fault::Fault;

impl Threads {
    /// Writes all of `items` or none, once for each `token` (36 characters at most) within ten minutes.
    pub(super) async fn transact(
        &self,
        items: Vec<TransactWriteItem>,
        token: &str,
    ) -> Result<(), Fault> {
        let request = self
            .client
            .transact_write_items()
            .client_request_token(token);
        let sent = request.set_transact_items(Some(items)).send().await;
        sent.map(|_| ()).map_err(fault)
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
