//! Events of the function, by the service that invokes it, and the envelopes around a request.

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::bad_request::BadRequest;

/// Most envelopes around one request: EventBridge, SNS, and one more.
const MAX_ENVELOPES: usize = 3;

/// Event of the function.
#[derive(Debug)]
pub(crate) enum Invocation {
    /// Messages of the queue.
    Messages(Vec<SqsMessage>),
    /// Request of one service, and the way on which it came.
    Request(Box<RawValue>, Way),
}

/// Way on which a request came to an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// A service invoked the function itself.
    Invocation,
    /// A rule of EventBridge invoked the function, for an event of this source.
    Rule(String),
    /// Another one: the queue, or a topic.
    Other,
}

/// Parts by which an envelope is recognised.
#[derive(Deserialize)]
struct Envelope<'j> {
    /// Records of SQS or SNS.
    #[serde(borrow, default, rename = "Records")]
    records: Option<Vec<Record<'j>>>,
    /// Source of an event of EventBridge.
    source: Option<String>,
    /// Type of an event of EventBridge.
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    /// Content of an event of EventBridge.
    #[serde(borrow)]
    detail: Option<&'j RawValue>,
    /// Type of a message of SNS, in a queue without raw delivery.
    #[serde(rename = "Type")]
    kind: Option<String>,
    /// Text of a message of SNS.
    #[serde(rename = "Message")]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Record<'j> {
    /// Set for records of SNS, as it writes the name.
    #[serde(borrow, rename = "Sns")]
    sns: Option<&'j RawValue>,
    /// Set for records of SQS.
    #[serde(rename = "eventSource")]
    source: Option<String>,
}

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Message")]
    message: String,
}

impl Invocation {
    /// Reads the event of an invocation.
    pub(crate) fn read(event: Box<RawValue>) -> Result<Self, BadRequest> {
        let envelope = Envelope::read(&event)?;
        let first = envelope
            .records
            .as_ref()
            .and_then(|records| records.first());
        let from_queue = first.is_some_and(|record| record.source.as_deref() == Some("aws:sqs"));
        if from_queue {
            let event: SqsEvent = serde_json::from_str(event.get())?;
            return Ok(Self::Messages(event.records));
        }
        let (request, way) = request(event)?;
        Ok(Self::Request(request, way))
    }
}

impl<'j> Envelope<'j> {
    fn read(json: &'j RawValue) -> Result<Self, BadRequest> {
        Ok(serde_json::from_str(json.get())?)
    }

    /// Content of the envelope, and the way that the envelope tells; `None` when it is none, but the request itself.
    fn content(self) -> Result<Option<(Box<RawValue>, Way)>, BadRequest> {
        let text = if let Some(mut records) = self.records {
            let (Some(record), true) = (records.pop(), records.is_empty()) else {
                return Err(BadRequest::Records);
            };
            let sns = record.sns.ok_or(BadRequest::Records)?;
            let notification: Notification = serde_json::from_str(sns.get())?;
            notification.message
        } else if let (Some(_), Some(detail)) = (self.detail_type, self.detail) {
            let way = self.source.map_or(Way::Other, Way::Rule);
            return Ok(Some((detail.to_owned(), way)));
        } else if let (Some("Notification"), Some(message)) = (self.kind.as_deref(), self.message) {
            message
        } else {
            return Ok(None);
        };
        Ok(Some((RawValue::from_string(text)?, Way::Other)))
    }
}

/// Takes a request out of its envelopes.
fn request(json: Box<RawValue>) -> Result<(Box<RawValue>, Way), BadRequest> {
    let (mut json, mut way) = (json, Way::Invocation);
    for _ in 0..=MAX_ENVELOPES {
        let Some((content, told)) = Envelope::read(&json)?.content()? else {
            return Ok((json, way));
        };
        json = content;
        // What is in an envelope may have been written by anybody who could send the envelope.
        way = if way == Way::Invocation {
            told
        } else {
            Way::Other
        };
    }
    Err(BadRequest::Envelopes)
}

/// Request in the body of a message of the queue.
pub(crate) fn of_message(message: &SqsMessage) -> Result<Box<RawValue>, BadRequest> {
    let body = message.body.clone().unwrap_or_default();
    Ok(request(RawValue::from_string(body)?)?.0)
}
