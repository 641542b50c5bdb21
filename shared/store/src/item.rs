//! Items and attribute values of DynamoDB.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::error::StoreError;

/// Item as the SDK represents it.
pub type Item = HashMap<String, AttributeValue>;

/// Deserializes an item. Fails with [`StoreError::Corrupt`] when the item does not have the shape of `T`.
pub fn read<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    Ok(from_item(item)?)
}

/// Makes a string attribute.
pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// Makes a number attribute.
pub(crate) fn n(number: impl Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// Makes a Boolean attribute.
pub(crate) fn flag(value: bool) -> AttributeValue {
    AttributeValue::Bool(value)
}
