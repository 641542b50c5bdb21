//! Item of a user, read beside the store's code.

use std::collections::BTreeMap;

use longwire_core::ids::UserId;
use serde_json::{Value, json};

use super::emulator::Emulator;

/// Totals of a user, and the amounts that they contain for reservations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// Day of the totals: 20261126.
    pub(super) day: i64,
    /// Month of the totals: 202611.
    pub(super) month: i64,
    pub(super) day_prompts: i64,
    pub(super) day_tokens: i64,
    pub(super) month_tokens: i64,
    pub(super) month_micros: i64,
    /// Reservations by name, each with the day whose totals contain it.
    pub(super) open: BTreeMap<String, i64>,
}

/// Reads the item of a user; `None` when there is none.
pub(super) fn read(emulator: &Emulator, user: &UserId) -> Option<Item> {
    let request = json!({
        "TableName": "users",
        "Key": { "user": { "S": user.as_str() }, "item": { "S": "BUDGET" } },
    });
    let request = serde_json::from_value(request).expect("a request");
    let response = emulator.database().get_item(request).expect("a read");
    let item = json!(response.item?);
    let open = item["open"]["M"]
        .as_object()
        .expect("a map of reservations");
    let open = open
        .iter()
        .map(|(name, open)| (name.clone(), number(&open["M"]["dates"]["M"]["d"])));
    Some(Item {
        day: number(&item["day"]),
        month: number(&item["month"]),
        day_prompts: number(&item["dayPrompts"]),
        day_tokens: number(&item["dayTokens"]),
        month_tokens: number(&item["monthTokens"]),
        month_micros: number(&item["monthMicros"]),
        open: open.collect(),
    })
}

fn number(attribute: &Value) -> i64 {
    let text = attribute["N"].as_str().expect("a number");
    text.parse().expect("digits")
}
