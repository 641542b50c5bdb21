//! The shapes of items whose body is not the words' own, and how to read any item.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::error::StoreError;
use longwire_core::message::Message;

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// Reads an item.
pub fn read<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    Ok(from_item(item)?)
}

/// A string attribute.
pub fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub fn n(number: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A stored message: its body as the text it will be read as, so that no number or empty set changes on
/// the way through DynamoDB's types.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MessageItem {
    /// [`Message`] as JSON.
    pub(crate) body: String,
    /// When the table forgets it; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ttl: Option<u64>,
}

impl MessageItem {
    /// The item for a message.
    pub(crate) fn new(message: &Message, ttl: Option<u64>) -> Result<Self, StoreError> {
        let body = serde_json::to_string(message)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(Self { body, ttl })
    }

    /// The message of an item.
    pub(crate) fn message(&self) -> Result<Message, StoreError> {
        serde_json::from_str(&self.body).map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}
