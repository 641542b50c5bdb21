use longwire_store::error::StoreError;
use longwire_store::threads::erase::Erased;
use longwire_store::threads::former_generation::FormerGeneration;
use serde_json::{Value, json};

use super::scripted::{
    Response, Scripted, found, key, refused, row, server_error, transaction_cancelled, updated,
};

const NOW: u64 = 2000;

fn sort_key(sort: &str) -> Value {
    json!({ "thread": { "S": "anonymous/t_1" }, "item": { "S": sort } })
}

fn page(items: impl IntoIterator<Item = Value>) -> Response {
    let items: Vec<Value> = items.into_iter().collect();
    (200, json!({ "Items": items }))
}

/// Page of a query that goes on after its last key.
fn page_of_many(items: impl IntoIterator<Item = Value>) -> Response {
    let (status, mut body) = page(items);
    let last = body["Items"].as_array().and_then(|items| items.last());
    body["LastEvaluatedKey"] = last.expect("an item").clone();
    (status, body)
}

fn keys(sorts: &[&str]) -> Response {
    page(sorts.iter().map(|sort| sort_key(sort)))
}

fn no_item() -> Response {
    (200, json!({}))
}

fn run(run_id: &str, generation: &str, status: &str) -> Value {
    json!({
        "item": { "S": format!("RUN#{run_id}") }, "generation": { "N": generation }, "status": { "S": status }
    })
}

async fn erase(table: &Scripted) -> Result<Erased, StoreError> {
    let former = FormerGeneration {
        key: key(),
        generation: 5,
    };
    table.threads().erase(&former, NOW).await
}

/// Sort keys that a batch or a transaction deletes.
fn deleted((_, body): &(String, Value)) -> Vec<String> {
    let batch = body["RequestItems"]["threads"].as_array();
    let transaction = body["TransactItems"].as_array();
    let requests = [batch, transaction].into_iter().flatten().flatten();
    requests
        .filter_map(|request| {
            let delete = request.get("DeleteRequest").or(request.get("Delete"))?;
            Some(delete["Key"]["item"]["S"].as_str()?.to_owned())
        })
        .collect()
}

/// Prefix that a query reads.
fn prefix((_, body): &(String, Value)) -> &Value {
    &body["ExpressionAttributeValues"][":prefix"]["S"]
}

#[tokio::test]
async fn runs_are_ended_before_anything_is_deleted_and_messages_come_last() {
    let input = json!({ "item": { "S": "RUN#r_1#IN" } });
    let unclaimed = json!({ "item": { "S": "RUN#r_0" }, "status": { "S": "queued" } });
    let runs = [
        run("r_3", "6", "running"),
        run("r_2", "5", "running"),
        input,
        run("r_1", "5", "finished"),
        unclaimed,
    ];
    let table = Scripted::with_responses([
        no_item(),
        page(runs),
        updated(&row(json!({}))),
        keys(&[]),
        keys(&["RUN#r_2#IN"]),
        no_item(),
        no_item(),
        keys(&["LOG#r_1#00000009", "LOG#r_1#00000001"]),
        no_item(),
        keys(&["RUN#r_1#IN"]),
        no_item(),
        no_item(),
        keys(&["MSG#5#00000002", "MSG#5#00000001"]),
        no_item(),
        keys(&["MID#5#u_1"]),
        no_item(),
        keys(&["ANS#5#tc_1#1"]),
        no_item(),
    ])
    .await;
    let erased = erase(&table).await.expect("responses");
    assert_eq!(erased, Erased::Done { items: 10 });
    let requests = table.requests();
    let operations: Vec<_> = requests.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(operations[..3], ["GetItem", "Query", "UpdateItem"]);
    assert_eq!(requests[2].1["Key"]["item"]["S"], "RUN#r_2");
    assert_eq!(
        requests[2].1["ConditionExpression"],
        "#generation = :was_generation AND NOT #status IN (:not_status0, :not_status1, :not_status2)"
    );
    let later = &requests[3..];
    let queries = later.iter().filter(|(name, _)| name == "Query");
    assert_eq!(
        queries.map(prefix).collect::<Vec<_>>(),
        [
            "LOG#r_2#", "RUN#r_2#", "LOG#r_1#", "RUN#r_1#", "MSG#5#", "MID#5#", "ANS#5#"
        ]
    );
    let deletions = later
        .iter()
        .filter(|(name, _)| name == "BatchWriteItem" || name == "TransactWriteItems");
    assert_eq!(
        deletions.flat_map(deleted).collect::<Vec<_>>(),
        [
            "RUN#r_2#IN",
            "LOG#r_1#00000009",
            "LOG#r_1#00000001",
            "RUN#r_1#IN",
            "MSG#5#00000002",
            "MSG#5#00000001",
            "MID#5#u_1",
            "ANS#5#tc_1#1"
        ]
    );
    let rows = later.iter().filter(|(name, _)| name == "DeleteItem");
    let rows: Vec<_> = rows.map(|(_, body)| &body["Key"]["item"]["S"]).collect();
    assert_eq!(rows, ["RUN#r_2", "RUN#r_1"]);
}

#[tokio::test]
async fn a_run_without_a_message_is_erased_when_the_thread_was_deleted_since() {
    let unnamed = |run_id: &str, recorded_at: &str| {
        json!({ "item": { "S": format!("RUN#{run_id}") }, "status": { "S": "queued" },
            "recordedAt": { "N": recorded_at } })
    };
    let meta = json!({ "born": { "N": "6" }, "deletedAt": { "N": "1000" } });
    let table = Scripted::with_responses([
        found(&meta),
        page([unnamed("r_2", "1000"), unnamed("r_1", "999")]),
        updated(&row(json!({}))),
        updated(&row(json!({}))),
        keys(&[]),
        keys(&[]),
        no_item(),
        keys(&[]),
        keys(&[]),
        keys(&[]),
    ])
    .await;
    let erased = erase(&table).await.expect("responses");
    assert_eq!(erased, Erased::Done { items: 1 });
    let requests = table.requests();
    assert_eq!(
        requests[2].1["UpdateExpression"],
        "SET generation = :generation"
    );
    assert_eq!(requests[2].1["Key"]["item"]["S"], "RUN#r_1");
    assert_eq!(
        requests[2].1["ConditionExpression"],
        "recordedAt = :recordedAt AND attribute_not_exists(generation)"
    );
    let (operation, body) = &requests[6];
    assert_eq!(operation, "DeleteItem");
    assert_eq!(body["Key"]["item"]["S"], "RUN#r_1");
}

#[tokio::test]
async fn a_generation_that_is_current_again_is_kept() {
    for born in ["5", "4"] {
        let meta = json!({ "born": { "N": born }, "updatedAt": { "N": "1" } });
        let table = Scripted::with_responses([found(&meta)]).await;
        assert_eq!(erase(&table).await.expect("a response"), Erased::Current);
        assert_eq!(table.operations(), ["GetItem"]);
        assert_eq!(table.last_body()["ConsistentRead"], true);
    }
}

#[tokio::test]
async fn a_former_generation_of_a_thread_in_use_is_erased() {
    let meta = json!({ "born": { "N": "6" }, "updatedAt": { "N": "1" } });
    let nothing = [keys(&[]), keys(&[]), keys(&[]), keys(&[])];
    let table = Scripted::with_responses([found(&meta)].into_iter().chain(nothing)).await;
    let erased = erase(&table).await.expect("responses");
    assert_eq!(erased, Erased::Done { items: 0 });
}

#[tokio::test]
async fn every_page_is_read_and_a_batch_has_25_items() {
    let sorts = |numbers: std::ops::Range<u32>| {
        numbers.map(|number| sort_key(&format!("MSG#5#{number:08}")))
    };
    let table = Scripted::with_responses([
        no_item(),
        page_of_many([run("r_9", "6", "running")]),
        keys(&[]),
        page_of_many(sorts(0..26)),
        no_item(),
        no_item(),
        page(sorts(26..27)),
        no_item(),
        keys(&[]),
        keys(&[]),
    ])
    .await;
    let erased = erase(&table).await.expect("responses");
    assert_eq!(erased, Erased::Done { items: 27 });
    let requests = table.requests();
    assert_eq!(requests[2].1["ExclusiveStartKey"]["item"]["S"], "RUN#r_9");
    assert_eq!(
        requests[6].1["ExclusiveStartKey"]["item"]["S"],
        "MSG#5#00000025"
    );
    let batches = requests.iter().filter(|(name, _)| name == "BatchWriteItem");
    let sizes: Vec<_> = batches.map(|batch| deleted(batch).len()).collect();
    assert_eq!(sizes, [25, 1, 1]);
}

#[tokio::test]
async fn unprocessed_items_are_deleted_again() {
    let unprocessed = json!({ "UnprocessedItems": { "threads": [
        { "DeleteRequest": { "Key": sort_key("MSG#5#00000002") } }
    ] } });
    let table = Scripted::with_responses([
        no_item(),
        keys(&[]),
        keys(&["MSG#5#00000002", "MSG#5#00000001"]),
        (200, unprocessed),
        no_item(),
        keys(&[]),
        keys(&[]),
    ])
    .await;
    let erased = erase(&table).await.expect("responses");
    assert_eq!(erased, Erased::Done { items: 2 });
    assert_eq!(deleted(&table.requests()[4]), ["MSG#5#00000002"]);
}

#[tokio::test]
async fn the_log_and_the_input_of_a_run_that_a_new_generation_uses_again_are_kept() {
    let table = Scripted::with_responses([
        no_item(),
        page([run("r_1", "5", "finished")]),
        keys(&["LOG#r_1#00000009", "LOG#r_1#00000001"]),
        transaction_cancelled("ConditionalCheckFailed"),
        keys(&["RUN#r_1#IN"]),
        transaction_cancelled("ConditionalCheckFailed"),
        refused(None),
        keys(&[]),
        keys(&[]),
        keys(&[]),
    ])
    .await;
    let erased = erase(&table).await.expect("responses");
    assert_eq!(erased, Erased::Done { items: 0 });
    let requests = table.requests();
    let checks = [3, 5].map(|at| &requests[at].1["TransactItems"][0]["ConditionCheck"]);
    for check in checks {
        assert_eq!(check["Key"]["item"]["S"], "RUN#r_1");
        assert_eq!(check["ConditionExpression"], "generation = :generation");
    }
}

#[tokio::test]
async fn a_transaction_deletes_10_items_of_a_run() {
    let log: Vec<_> = (0..23).map(|first| format!("LOG#r_1#{first:08}")).collect();
    let log: Vec<_> = log.iter().map(String::as_str).collect();
    let table = Scripted::with_responses([
        no_item(),
        page([run("r_1", "5", "finished")]),
        keys(&log),
        no_item(),
        no_item(),
        no_item(),
        keys(&[]),
        no_item(),
        keys(&[]),
        keys(&[]),
        keys(&[]),
    ])
    .await;
    let erased = erase(&table).await.expect("responses");
    assert_eq!(erased, Erased::Done { items: 24 });
    let sizes: Vec<_> = table.requests()[3..6]
        .iter()
        .map(|it| deleted(it).len())
        .collect();
    assert_eq!(sizes, [10, 10, 3]);
}

#[tokio::test]
async fn a_row_that_a_new_generation_uses_again_is_kept() {
    let table = Scripted::with_responses([
        no_item(),
        page([run("r_1", "5", "finished")]),
        keys(&[]),
        keys(&[]),
        refused(None),
        keys(&[]),
        keys(&[]),
        keys(&[]),
    ])
    .await;
    let erased = erase(&table).await.expect("responses");
    assert_eq!(erased, Erased::Done { items: 0 });
    let (_, delete) = &table.requests()[4];
    assert_eq!(delete["ConditionExpression"], "generation = :generation");
}

#[tokio::test]
async fn a_run_with_an_unknown_status_is_ended_without_being_read() {
    let table = Scripted::with_responses([
        no_item(),
        page([run("r_1", "5", "suspended")]),
        updated(&json!({ "v": { "N": "9" } })),
        keys(&[]),
        keys(&[]),
        no_item(),
        keys(&[]),
        keys(&[]),
        keys(&[]),
    ])
    .await;
    let erased = erase(&table).await.expect("responses");
    assert_eq!(erased, Erased::Done { items: 1 });
}

#[tokio::test]
async fn an_error_of_the_table_is_returned() {
    let failures = std::iter::repeat_with(server_error).take(3);
    let table = Scripted::with_responses(failures).await;
    assert!(matches!(
        erase(&table).await,
        Err(StoreError::Unavailable(_))
    ));
}
