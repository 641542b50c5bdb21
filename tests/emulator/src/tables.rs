//! Tables of a deployment, as `terraform/modules/longwire/locals.tf` describes them.

use serde_json::{Value, json};

use crate::Emulator;

impl Emulator {
    /// Makes an emulator with an empty table `connections`.
    pub fn connections() -> Self {
        let all = json!({ "ProjectionType": "ALL" });
        let indexes = json!([
            { "IndexName": "by_thread", "KeySchema": schema("thread", None), "Projection": all },
            { "IndexName": "by_user", "KeySchema": schema("user", Some("connectedAt")), "Projection": all },
            { "IndexName": "by_room", "KeySchema": schema("room", Some("member")), "Projection": keys_only() },
        ]);
        let texts = ["connection", "thread", "user", "room", "member"];
        let key = schema("connection", None);
        Self::with_table(table(
            "connections",
            &key,
            &texts,
            &["connectedAt"],
            Some(indexes),
        ))
    }

    /// Makes an emulator with an empty table `threads`.
    pub fn threads() -> Self {
        let indexes = json!([
            { "IndexName": "open_runs", "KeySchema": schema("open", Some("wakeBy")), "Projection": keys_only() },
        ]);
        let key = schema("thread", Some("item"));
        let texts = ["thread", "item", "open"];
        Self::with_table(table("threads", &key, &texts, &["wakeBy"], Some(indexes)))
    }

    /// Makes an emulator with an empty table `users`.
    pub fn users() -> Self {
        let key = schema("user", Some("item"));
        Self::with_table(table("users", &key, &["user", "item"], &[], None))
    }
}

/// Body of CreateTable. `texts` and `numbers` are the attributes of the keys.
fn table(
    name: &str,
    key: &Value,
    texts: &[&str],
    numbers: &[&str],
    indexes: Option<Value>,
) -> Value {
    let of = |kind: &'static str| move |name: &&str| json!({ "AttributeName": name, "AttributeType": kind });
    let attributes = texts.iter().map(of("S")).chain(numbers.iter().map(of("N")));
    let mut table = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": key,
        "AttributeDefinitions": attributes.collect::<Vec<_>>(),
    });
    if let Some(indexes) = indexes {
        table["GlobalSecondaryIndexes"] = indexes;
    }
    table
}

/// Key of a table or an index.
fn schema(partition: &str, sort: Option<&str>) -> Value {
    let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    let sort = sort.map(|sort| key(sort, "RANGE"));
    let keys = [key(partition, "HASH")].into_iter().chain(sort);
    keys.collect()
}

fn keys_only() -> Value {
    json!({ "ProjectionType": "KEYS_ONLY" })
}
