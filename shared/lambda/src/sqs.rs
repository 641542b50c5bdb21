//! Messages of SQS as Lambda delivers them.

use aws_lambda_events::sqs::SqsMessage;

/// Number of deliveries of the message, this one included; 1 when the event does not say.
pub fn receive_count(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}
