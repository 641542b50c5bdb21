//! Row of a connection in a mocked table, with the conditions of the writes that the function makes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::error::ErrorMetadata;
use aws_sdk_dynamodb::operation::update_item::{
    UpdateItemError, UpdateItemInput, UpdateItemOutput,
};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_smithy_mocks::MockResponse;
use serde_dynamo::aws_sdk_dynamodb_1::to_item;
use serde_json::{Value, json};

pub(super) type Item = HashMap<String, AttributeValue>;

/// Row that tests and mocks share; `None` once it is deleted.
#[derive(Clone)]
pub(super) struct SharedRow(Arc<Mutex<Option<Value>>>);

impl SharedRow {
    pub(super) fn new(row: Value) -> Self {
        Self(Arc::new(Mutex::new(Some(row))))
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut row = self
            .0
            .lock()
            .expect("no test panics while it holds the lock");
        change(row.as_mut().expect("the row exists"));
    }

    pub(super) fn get(&self) -> Option<Value> {
        self.0
            .lock()
            .expect("no test panics while it holds the lock")
            .clone()
    }

    pub(super) fn exists(&self) -> bool {
        self.get().is_some()
    }

    pub(super) fn delete(&self) {
        *self
            .0
            .lock()
            .expect("no test panics while it holds the lock") = None;
    }

    /// Applies a write if its condition holds.
    pub(super) fn update(
        &self,
        update: &UpdateItemInput,
    ) -> MockResponse<UpdateItemOutput, UpdateItemError> {
        let Some(before) = self.get() else {
            return refused(None);
        };
        let mut row = before.clone();
        let fields = row.as_object_mut().expect("a row is an object");
        let holder = before.get("replayOwner").and_then(Value::as_str);
        let mine = holder == Some(text(update, ":me").as_str());
        let allowed = match update.update_expression().unwrap_or_default() {
            "SET replayOwner = :me, replayUntil = :until" => {
                let until = before.get("replayUntil").and_then(Value::as_u64);
                fields.insert("replayOwner".to_owned(), json!(text(update, ":me")));
                fields.insert("replayUntil".to_owned(), json!(number(update, ":until")));
                mine || until.is_none_or(|until| until <= number(update, ":now"))
            }
            "SET replayUntil = :until" => {
                fields.insert("replayUntil".to_owned(), json!(number(update, ":until")));
                mine
            }
            "REMOVE replays.#name" => {
                let names = update.expression_attribute_names();
                let name = names
                    .map(|names| names["#name"].clone())
                    .unwrap_or_default();
                let removed = fields["replays"]
                    .as_object_mut()
                    .and_then(|all| all.remove(&name));
                let asked = removed.and_then(|cursor| cursor["asked"].as_u64());
                mine && asked == Some(number(update, ":asked"))
            }
            "REMOVE replayOwner, replayUntil" => {
                fields.remove("replayOwner");
                fields.remove("replayUntil");
                let unless_work = update
                    .condition_expression()
                    .unwrap_or_default()
                    .contains("size(replays)");
                let work = before.get("closing").is_some() || before["replays"] != json!({});
                mine && !(unless_work && work)
            }
            other => panic!("an unknown update: {other}"),
        };
        if !allowed {
            return refused(Some(&before));
        }
        self.change(|current| *current = row.clone());
        let output = UpdateItemOutput::builder().set_attributes(Some(item(&row)));
        MockResponse::Output(output.build())
    }
}

fn refused(row: Option<&Value>) -> MockResponse<UpdateItemOutput, UpdateItemError> {
    let meta = ErrorMetadata::builder()
        .code("ConditionalCheckFailedException")
        .build();
    let failed = ConditionalCheckFailedException::builder()
        .set_item(row.map(item))
        .meta(meta);
    MockResponse::Error(UpdateItemError::ConditionalCheckFailedException(
        failed.build(),
    ))
}

fn value<'a>(update: &'a UpdateItemInput, name: &str) -> Option<&'a AttributeValue> {
    update.expression_attribute_values()?.get(name)
}

fn text(update: &UpdateItemInput, name: &str) -> String {
    let text = value(update, name).and_then(|value| value.as_s().ok());
    text.cloned().unwrap_or_default()
}

fn number(update: &UpdateItemInput, name: &str) -> u64 {
    let number = value(update, name).and_then(|value| value.as_n().ok());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

/// Converts JSON to an item.
pub(super) fn item(json: &Value) -> Item {
    to_item(json).expect("an item is an object")
}
