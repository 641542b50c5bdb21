use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::{Client, Config};
use longwire_queue::queue::Queue;
use longwire_scheduler::error::ScheduleError;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::threads::overdue::Overdue;
use serde_json::{Value, json};

use crate::scripted::{Response, Scripted, found, key, refused, row, run_id, updated};

const NOW: u64 = 2000;

fn sent() -> Response {
    (200, json!({ "MessageId": "m" }))
}

fn overdue_row() -> Value {
    row(json!({ "wakeBy": { "N": "1165" } }))
}

fn meta(run_queue: &[&str]) -> Value {
    let runs = run_queue.iter().map(|id| json!({ "S": id }));
    let runs: Vec<Value> = runs.collect();
    json!({ "born": { "N": "1" }, "updatedAt": { "N": "1" }, "line": { "L": runs } })
}

async fn move_overdue(aws: &Scripted) -> Result<(), ScheduleError> {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .endpoint_url(&aws.url)
        .build();
    let queue = Queue::new(Client::from_conf(config), format!("{}/runs", aws.url));
    let scheduler = Scheduler::new(aws.threads(), queue);
    let overdue = Overdue {
        key: key(),
        run_id: Some(run_id()),
        wake_by: 1165,
    };
    scheduler.move_overdue(&overdue, NOW).await
}

#[tokio::test]
async fn the_job_of_an_overdue_active_run_is_sent_again() {
    let row = overdue_row();
    let head = found(&meta(&["r_1"]));
    let responses = [head, found(&row), updated(&row), sent(), updated(&row)];
    let aws = Scripted::with_responses(responses).await;
    move_overdue(&aws).await.expect("it is moved");
    assert_eq!(
        aws.operations(),
        [
            "GetItem",
            "GetItem",
            "UpdateItem",
            "SendMessage",
            "UpdateItem"
        ]
    );
    let (_, postpone) = &aws.requests()[2];
    assert_eq!(postpone["ConditionExpression"], "#wakeBy = :was_wakeBy");
    let count = aws.last_body();
    assert_eq!(
        count["ConditionExpression"],
        "#status = :was_status AND attribute_not_exists(#wakes) AND #wakeBy = :was_wakeBy"
    );
    let values = &count["ExpressionAttributeValues"];
    assert_eq!(values[":was_wakeBy"]["N"], "2120");
    assert_eq!(
        (&values[":wakes"]["N"], &values[":wakeBy"]["N"]),
        (&json!("1"), &json!("2240"))
    );
}

#[tokio::test]
async fn each_wake_up_of_a_queued_run_doubles_the_time_to_the_next() {
    let row = row(json!({
        "status": { "S": "queued" }, "wakeBy": { "N": "1900" }, "wakes": { "N": "3" }
    }));
    let head = found(&meta(&["r_1"]));
    let responses = [head, found(&row), updated(&row), sent(), updated(&row)];
    let aws = Scripted::with_responses(responses).await;
    move_overdue(&aws).await.expect("it is moved");
    let values = &aws.last_body()["ExpressionAttributeValues"];
    assert_eq!(
        (&values[":wakes"]["N"], &values[":wakeBy"]["N"]),
        (&json!("4"), &json!("6800"))
    );
}

#[tokio::test]
async fn a_job_for_an_ended_head_is_counted_and_not_sent_again_at_once() {
    let ended = |wakes: &str| {
        row(json!({
            "status": { "S": "cancelled" }, "endedAt": { "N": "1990" }, "wakeBy": { "NULL": true },
            "wakes": { "N": wakes }
        }))
    };
    let queue = || found(&meta(&["r_0", "r_1"]));
    let waits = updated(&row(json!({})));
    let responses = [
        queue(),
        found(&ended("0")),
        sent(),
        updated(&ended("1")),
        waits.clone(),
    ];
    let aws = Scripted::with_responses(responses).await;
    move_overdue(&aws).await.expect("it is moved");
    assert_eq!(aws.operations()[2..4], ["SendMessage", "UpdateItem"]);
    let aws = Scripted::with_responses([queue(), found(&ended("1")), waits]).await;
    move_overdue(&aws).await.expect("it is moved");
    assert_eq!(aws.operations(), ["GetItem", "GetItem", "UpdateItem"]);
}

#[tokio::test]
async fn the_job_belongs_to_the_group_of_a_subscriber_and_without_one_to_that_of_the_thread() {
    let cursor = json!({ "M": {
        "after": { "N": "0" },
        "shape": { "M": { "format": { "S": "agui" }, "lines": { "S": "one" } } }
    } });
    let subscribed = json!({ "wakeBy": { "N": "1165" }, "attached": { "M": { "c=": cursor } } });
    for (row, group) in [(row(subscribed), "c="), (overdue_row(), "t_1")] {
        let head = found(&meta(&["r_1"]));
        let responses = [head, found(&row), updated(&row), sent(), updated(&row)];
        let aws = Scripted::with_responses(responses).await;
        move_overdue(&aws).await.expect("it is moved");
        let (_, job) = &aws.requests()[3];
        assert_eq!(job["MessageGroupId"], group);
    }
}

#[tokio::test]
async fn no_job_is_sent_when_another_reader_postponed_the_wake_up_first() {
    let row = overdue_row();
    let responses = [
        found(&meta(&["r_1"])),
        found(&row),
        refused(Some(row.clone())),
    ];
    let aws = Scripted::with_responses(responses).await;
    move_overdue(&aws).await.expect("another reader moves it");
    assert_eq!(aws.operations(), ["GetItem", "GetItem", "UpdateItem"]);
}

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_an_error_and_does_not_count() {
    let row = overdue_row();
    let denied = (400, json!({ "__type": "com.amazonaws.sqs#AccessDenied" }));
    let responses = [found(&meta(&["r_1"])), found(&row), updated(&row), denied];
    let aws = Scripted::with_responses(responses).await;
    assert!(matches!(
        move_overdue(&aws).await,
        Err(ScheduleError::Queue(_))
    ));
    assert_eq!(aws.operations().last(), Some(&"SendMessage".to_owned()));
}

#[tokio::test]
async fn a_run_queued_behind_one_that_is_not_overdue_gets_a_later_deadline() {
    let head = row(json!({ "wakeBy": { "N": "2100" } }));
    let responses = [
        found(&meta(&["r_0", "r_1"])),
        found(&head),
        updated(&row(json!({}))),
    ];
    let aws = Scripted::with_responses(responses).await;
    move_overdue(&aws).await.expect("its deadline is moved");
    assert_eq!(aws.operations(), ["GetItem", "GetItem", "UpdateItem"]);
    assert_eq!(aws.requests()[1].1["Key"]["item"]["S"], "RUN#r_0");
    let postpone = aws.last_body();
    assert_eq!(postpone["Key"]["item"]["S"], "RUN#r_1");
    let values = &postpone["ExpressionAttributeValues"];
    assert_eq!(values[":was_wakeBy"]["N"], "1165");
    assert_eq!(values[":wakeBy"]["N"], "2300");
}

#[tokio::test]
async fn the_job_of_a_claimed_run_in_no_run_queue_is_sent_again() {
    let row = overdue_row();
    let responses = [
        found(&meta(&[])),
        refused(Some(row.clone())),
        updated(&row),
        sent(),
        updated(&row),
    ];
    let aws = Scripted::with_responses(responses).await;
    move_overdue(&aws).await.expect("it is moved");
    assert_eq!(
        aws.operations()[1..],
        ["UpdateItem", "UpdateItem", "SendMessage", "UpdateItem"]
    );
}

#[tokio::test]
async fn a_queued_run_in_no_run_queue_is_cancelled() {
    let ended = row(json!({ "status": { "S": "cancelled" } }));
    let aws = Scripted::with_responses([found(&meta(&[])), updated(&ended)]).await;
    move_overdue(&aws).await.expect("it is cancelled");
    assert_eq!(aws.operations(), ["GetItem", "UpdateItem"]);
    let cancel = aws.last_body();
    assert_eq!(
        cancel["ExpressionAttributeValues"][":was_status"]["S"],
        "queued"
    );
}
