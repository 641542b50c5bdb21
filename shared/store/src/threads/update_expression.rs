//! Builder of update and condition expressions.
//!
//! Attributes are always written as `#` placeholders, because DynamoDB reserves some of their names.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};

use crate::item::n;

/// Changes to the attributes of one item, and the conditions on its state before them.
#[derive(Debug, Default)]
pub(super) struct UpdateExpression {
    sets: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl UpdateExpression {
    /// Requires that the attribute has this value.
    pub(super) fn when(mut self, attribute: &str, value: AttributeValue) -> Self {
        let name = self.name(attribute);
        self.conditions.push(format!("{name} = :was_{attribute}"));
        self.values.insert(format!(":was_{attribute}"), value);
        self
    }

    /// Requires that the attribute is at least this number.
    pub(super) fn when_at_least(mut self, attribute: &str, least: AttributeValue) -> Self {
        let name = self.name(attribute);
        self.conditions
            .push(format!("{name} >= :least_{attribute}"));
        self.values.insert(format!(":least_{attribute}"), least);
        self
    }

    /// Requires that the attribute is at most this number.
    pub(super) fn when_at_most(mut self, attribute: &str, most: AttributeValue) -> Self {
        let name = self.name(attribute);
        self.conditions.push(format!("{name} <= :most_{attribute}"));
        self.values.insert(format!(":most_{attribute}"), most);
        self
    }

    /// Requires that the item lacks the attribute, or that it is at most this number.
    pub(super) fn when_absent_or_at_most(mut self, attribute: &str, most: AttributeValue) -> Self {
        let name = self.name(attribute);
        self.conditions.push(format!(
            "(attribute_not_exists({name}) OR {name} <= :most_{attribute})"
        ));
        self.values.insert(format!(":most_{attribute}"), most);
        self
    }

    /// Requires that the attribute has none of these values.
    pub(super) fn when_none_of(
        mut self,
        attribute: &str,
        values: impl IntoIterator<Item = AttributeValue>,
    ) -> Self {
        let name = self.name(attribute);
        let mut placeholders = Vec::new();
        for (number, value) in values.into_iter().enumerate() {
            let placeholder = format!(":not_{attribute}{number}");
            self.values.insert(placeholder.clone(), value);
            placeholders.push(placeholder);
        }
        self.conditions
            .push(format!("NOT {name} IN ({})", placeholders.join(", ")));
        self
    }

    /// Requires that the item lacks the attribute.
    pub(super) fn when_absent(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.conditions
            .push(format!("attribute_not_exists({name})"));
        self
    }

    /// Requires that the list or map has this number of entries.
    pub(super) fn when_size(mut self, attribute: &str, size: usize) -> Self {
        let name = self.name(attribute);
        self.conditions
            .push(format!("size({name}) = :size_{attribute}"));
        self.values.insert(format!(":size_{attribute}"), n(size));
        self
    }

    /// Requires that the list has more than this number of elements.
    pub(super) fn when_longer(mut self, list: &str, than: usize) -> Self {
        let name = self.name(list);
        self.conditions
            .push(format!("size({name}) > :longer_{list}"));
        self.values.insert(format!(":longer_{list}"), n(than));
        self
    }

    /// Requires that the first element of the list has this value.
    pub(super) fn when_first(mut self, list: &str, value: AttributeValue) -> Self {
        let name = self.name(list);
        self.conditions.push(format!("{name}[0] = :first_{list}"));
        self.values.insert(format!(":first_{list}"), value);
        self
    }

    /// Requires that an entry of the map has this value of a field, or lacks the field.
    pub(super) fn when_entry(
        mut self,
        map: &str,
        entry: &str,
        field: &str,
        value: Option<AttributeValue>,
    ) -> Self {
        let (map, field) = (self.name(map), self.name(field));
        let number = self.conditions.len();
        let name = format!("#entry{number}");
        self.names.insert(name.clone(), entry.to_owned());
        self.conditions.push(match value {
            Some(value) => {
                self.values.insert(format!(":entry{number}"), value);
                format!("{map}.{name}.{field} = :entry{number}")
            }
            None => format!(
                "attribute_exists({map}.{name}) AND attribute_not_exists({map}.{name}.{field})"
            ),
        });
        self
    }

    /// Sets the attribute.
    pub(super) fn set(self, attribute: &str, value: AttributeValue) -> Self {
        let set = format!("#{attribute} = :{attribute}");
        self.push_set(attribute, set, value)
    }

    /// Sets the attribute unless the item has it.
    pub(super) fn set_if_absent(self, attribute: &str, value: AttributeValue) -> Self {
        let set = format!("#{attribute} = if_not_exists(#{attribute}, :{attribute})");
        self.push_set(attribute, set, value)
    }

    /// Adds one to a number; an absent number counts as 0.
    pub(super) fn increment(mut self, attribute: &str) -> Self {
        self.values.insert(":zero".to_owned(), n(0_u32));
        let set = format!("#{attribute} = if_not_exists(#{attribute}, :zero) + :{attribute}");
        self.push_set(attribute, set, n(1_u32))
    }

    /// Appends one value to a list; an absent list counts as empty.
    pub(super) fn append(mut self, attribute: &str, value: AttributeValue) -> Self {
        let none = AttributeValue::L(Vec::new());
        self.values.insert(":none".to_owned(), none);
        let set =
            format!("#{attribute} = list_append(if_not_exists(#{attribute}, :none), :{attribute})");
        self.push_set(attribute, set, AttributeValue::L(vec![value]))
    }

    /// Removes the attribute.
    pub(super) fn remove(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.removes.push(name);
        self
    }

    /// Removes the first element of the list.
    pub(super) fn remove_first(mut self, list: &str) -> Self {
        let name = self.name(list);
        self.removes.push(format!("{name}[0]"));
        self
    }

    /// Adds the expressions to an UpdateItem request.
    pub(super) fn into_request(self, request: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        request
            .update_expression(self.update())
            .condition_expression(self.condition())
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
    }

    /// Makes the update of a transaction, without its key.
    pub(super) fn into_transaction(self) -> UpdateBuilder {
        Update::builder()
            .update_expression(self.update())
            .condition_expression(self.condition())
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
    }

    fn name(&mut self, attribute: &str) -> String {
        let name = format!("#{attribute}");
        self.names.insert(name.clone(), attribute.to_owned());
        name
    }

    fn push_set(mut self, attribute: &str, set: String, value: AttributeValue) -> Self {
        self.name(attribute);
        self.sets.push(set);
        self.values.insert(format!(":{attribute}"), value);
        self
    }

    fn update(&self) -> String {
        let clause = |verb: &str, parts: &[String]| {
            (!parts.is_empty()).then(|| format!("{verb} {}", parts.join(", ")))
        };
        let set = clause("SET", &self.sets);
        let remove = clause("REMOVE", &self.removes);
        set.into_iter().chain(remove).collect::<Vec<_>>().join(" ")
    }

    fn condition(&self) -> String {
        self.conditions.join(" AND ")
    }
}
