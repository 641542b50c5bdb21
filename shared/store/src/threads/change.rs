//! One conditional update in DynamoDB's words. Attributes are always named by `#`, because some of ours are
//! words that DynamoDB reserves.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::Update;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;

use crate::threads::item::n;

/// What becomes of an item's attributes, and what must hold before.
#[derive(Debug, Default)]
pub(super) struct Change {
    sets: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Change {
    /// Only if the attribute has this value.
    pub(super) fn when(mut self, attribute: &str, is: AttributeValue) -> Self {
        let name = self.name(attribute);
        self.conditions.push(format!("{name} = :was_{attribute}"));
        self.values.insert(format!(":was_{attribute}"), is);
        self
    }

    /// Only if the item has the attribute.
    pub(super) fn when_present(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.conditions.push(format!("attribute_exists({name})"));
        self
    }

    /// Only if the item lacks the attribute.
    pub(super) fn when_absent(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.conditions
            .push(format!("attribute_not_exists({name})"));
        self
    }

    /// The attribute gets this value.
    pub(super) fn set(self, attribute: &str, to: AttributeValue) -> Self {
        let set = format!("#{attribute} = :{attribute}");
        self.setting(attribute, set, to)
    }

    /// The attribute gets this value if it has none.
    pub(super) fn set_once(self, attribute: &str, to: AttributeValue) -> Self {
        let set = format!("#{attribute} = if_not_exists(#{attribute}, :{attribute})");
        self.setting(attribute, set, to)
    }

    /// The number, 0 when it is absent, grows by one.
    pub(super) fn count(mut self, attribute: &str) -> Self {
        self.values.insert(":zero".to_owned(), n(0_u32));
        let set = format!("#{attribute} = if_not_exists(#{attribute}, :zero) + :{attribute}");
        self.setting(attribute, set, n(1_u32))
    }

    /// The list, empty when it is absent, gets this at its end.
    pub(super) fn push(mut self, attribute: &str, value: AttributeValue) -> Self {
        let none = AttributeValue::L(Vec::new());
        self.values.insert(":none".to_owned(), none);
        let set =
            format!("#{attribute} = list_append(if_not_exists(#{attribute}, :none), :{attribute})");
        self.setting(attribute, set, AttributeValue::L(vec![value]))
    }

    /// The item has the attribute no more.
    pub(super) fn remove(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.removes.push(name);
        self
    }

    /// As a write of its own.
    pub(super) fn on(self, request: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        request
            .update_expression(self.expression())
            .condition_expression(self.condition())
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
    }

    /// As a part of a transaction.
    pub(super) fn in_transaction(self) -> UpdateBuilder {
        Update::builder()
            .update_expression(self.expression())
            .condition_expression(self.condition())
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
    }

    fn name(&mut self, attribute: &str) -> String {
        let name = format!("#{attribute}");
        self.names.insert(name.clone(), attribute.to_owned());
        name
    }

    fn setting(mut self, attribute: &str, set: String, value: AttributeValue) -> Self {
        self.name(attribute);
        self.sets.push(set);
        self.values.insert(format!(":{attribute}"), value);
        self
    }

    fn expression(&self) -> String {
        let part = |verb: &str, parts: &[String]| {
            (!parts.is_empty()).then(|| format!("{verb} {}", parts.join(", ")))
        };
        let set = part("SET", &self.sets);
        let remove = part("REMOVE", &self.removes);
        set.into_iter().chain(remove).collect::<Vec<_>>().join(" ")
    }

    fn condition(&self) -> String {
        self.conditions.join(" AND ")
    }
}
