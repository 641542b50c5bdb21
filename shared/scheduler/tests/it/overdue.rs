use longwire_scheduler::Scheduler;
use longwire_store::threads::overdue::Overdue;
use serde_json::{Value, json};

use crate::table::{Scripted, found, key, refused, row, run, updated};

const NOW: u64 = 2000;

fn sent() -> (u16, Value) {
    (200, json!({ "MessageId": "m" }))
}

fn overdue() -> Overdue {
    Overdue {
        key: key(),
        run_id: run(),
        wake_by: 1165,
    }
}

fn meta(line: &[&str]) -> Value {
    let line: Vec<Value> = line.iter().map(|run| json!({ "S": run })).collect();
    json!({ "born": { "N": "1" }, "updatedAt": { "N": "1" }, "line": { "L": line } })
}

fn scheduler(table: &Scripted) -> Scheduler {
    Scheduler::new(table.threads.clone(), table.queue.clone())
}

async fn moved(table: &Scripted) -> Vec<String> {
    let moved = scheduler(table).move_overdue(&overdue(), NOW).await;
    moved.expect("it answers");
    table.operations()
}

#[tokio::test]
async fn the_index_is_asked_for_runs_whose_time_is_over() {
    let item = json!({
        "thread": { "S": "anonymous/t_1" }, "item": { "S": "RUN#r_1" },
        "open": { "S": "a" }, "wakeBy": { "N": "1165" }
    });
    let table = Scripted::answering([(200, json!({ "Items": [item] }))]).await;
    let runs = table.threads.overdue("a", NOW).await.expect("it answers");
    assert_eq!(runs, [overdue()]);
    let (_, body) = table.asked().pop().expect("it was asked");
    assert_eq!(body["IndexName"], "open_runs");
    assert_eq!(body["ExpressionAttributeValues"][":now"]["N"], "2000");
}

#[tokio::test]
async fn the_active_run_gets_its_message_again_once() {
    let lost = row(json!({ "wakeBy": { "N": "1165" } }));
    let table =
        Scripted::answering([found(&meta(&["r_1"])), found(&lost), updated(&lost), sent()]).await;
    assert_eq!(
        moved(&table).await,
        ["GetItem", "GetItem", "UpdateItem", "SendMessage"]
    );
    let (_, wake) = &table.asked()[2];
    assert_eq!(wake["ConditionExpression"], "#wakeBy = :was_wakeBy");

    let table = Scripted::answering([
        found(&meta(&["r_1"])),
        found(&lost),
        refused(Some(lost.clone())),
    ])
    .await;
    let operations = moved(&table).await;
    assert_eq!(
        operations,
        ["GetItem", "GetItem", "UpdateItem"],
        "another was first"
    );
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_is_a_fault() {
    let lost = row(json!({ "wakeBy": { "N": "1165" } }));
    let refused = (400, json!({ "__type": "com.amazonaws.sqs#AccessDenied" }));
    let answers = [
        found(&meta(&["r_1"])),
        found(&lost),
        updated(&lost),
        refused,
    ];
    let table = Scripted::answering(answers).await;
    let overdue = overdue();
    assert!(scheduler(&table).move_overdue(&overdue, NOW).await.is_err());
}

#[tokio::test]
async fn a_run_behind_one_that_moves_waits_on_and_makes_room_in_the_index() {
    let moves = row(json!({ "wakeBy": { "N": "2100" } }));
    let answers = [
        found(&meta(&["r_0", "r_1"])),
        found(&moves),
        updated(&row(json!({}))),
    ];
    let table = Scripted::answering(answers).await;
    assert_eq!(moved(&table).await, ["GetItem", "GetItem", "UpdateItem"]);
    assert_eq!(table.asked()[1].1["Key"]["item"]["S"], "RUN#r_0");
    let (_, later) = &table.asked()[2];
    assert_eq!(later["Key"]["item"]["S"], "RUN#r_1");
    assert_eq!(
        later["ExpressionAttributeValues"][":was_wakeBy"]["N"],
        "1165"
    );
    assert_eq!(later["ExpressionAttributeValues"][":wakeBy"]["N"], "2300");
}

#[tokio::test]
async fn a_run_without_a_worker_that_is_in_no_line_gets_its_message() {
    let left = row(json!({ "status": { "S": "running" }, "wakeBy": { "N": "1165" } }));
    let answers = [
        found(&meta(&[])),
        refused(Some(left.clone())),
        updated(&left),
        sent(),
    ];
    let table = Scripted::answering(answers).await;
    let operations = moved(&table).await;
    assert_eq!(
        operations,
        ["GetItem", "UpdateItem", "UpdateItem", "SendMessage"]
    );
}

#[tokio::test]
async fn a_start_that_never_got_into_line_starts_no_more() {
    let ended = row(json!({ "status": { "S": "cancelled" } }));
    let table = Scripted::answering([found(&meta(&[])), updated(&ended)]).await;
    assert_eq!(moved(&table).await, ["GetItem", "UpdateItem"]);
    let (_, cancel) = &table.asked()[1];
    assert_eq!(
        cancel["ExpressionAttributeValues"][":was_status"]["S"],
        "queued"
    );
}
