//! Failures of the bus and of the table.

use std::time::Duration;

use longwire_store::threads::Threads;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::stage::{Answer, Stage, event, record, record_of};

fn three() -> [Value; 3] {
    [
        record_of("r_1", 1),
        record_of("r_2", 2),
        record_of("r_3", 3),
    ]
}

/// Runs in the requests to the bus.
fn runs(stage: &Stage) -> Vec<Vec<Value>> {
    let requests = stage.requests().into_iter();
    requests
        .map(|entries| {
            entries
                .iter()
                .map(|entry| event(entry)["subject"].take())
                .collect()
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn entries_that_are_not_accepted_are_put_again_alone() {
    let stage = Stage::with_answers([Answer::Refused(&[0, 2]), Answer::Refused(&[1])]);
    assert_eq!(stage.handle(&three()).await, [""; 0]);
    assert_eq!(
        json!(runs(&stage)),
        json!([["r_1", "r_2", "r_3"], ["r_1", "r_3"], ["r_3"]])
    );
}

#[tokio::test(start_paused = true)]
async fn a_record_whose_entry_is_never_accepted_is_reported_and_the_others_are_not() {
    let refused = std::iter::once(Answer::Refused(&[1])).chain(vec![Answer::Refused(&[0]); 20]);
    let stage = Stage::with_answers(refused);
    assert_eq!(stage.handle(&three()).await, ["2"]);
    assert_eq!(stage.requests().len(), 4, "the repetitions are bounded");
}

#[tokio::test(start_paused = true)]
async fn an_entry_without_a_result_counts_as_not_accepted() {
    let stage = Stage::with_answers([Answer::Fewer(1)]);
    assert_eq!(stage.handle(&three()).await, [""; 0]);
    assert_eq!(
        json!(runs(&stage)),
        json!([["r_1", "r_2", "r_3"], ["r_2", "r_3"]])
    );
    let silent = Stage::with_answers(vec![Answer::Fewer(0); 20]);
    assert_eq!(silent.handle(&three()).await, ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_fails_for_a_moment_gets_the_event() {
    let stage = Stage::with_answers([Answer::Status(500), Answer::None, Answer::Status(503)]);
    assert_eq!(stage.handle(&[record(&json!({}))]).await, [""; 0]);
    assert!(stage.requests().len() >= 4);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_refuses_everything_gets_the_record_again() {
    let stage = Stage::with_answers(vec![Answer::Status(400); 100]);
    assert_eq!(stage.handle(&three()).await, ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_never_answers_ends_neither_the_function_nor_the_record() {
    let stage = Stage::with_answers(vec![Answer::None; 1000]);
    let began = Instant::now();
    assert_eq!(stage.handle(&three()).await, ["1", "2", "3"]);
    assert!(
        began.elapsed() <= Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    let began = Instant::now();
    let left = Duration::from_secs(4);
    let records: Vec<_> = (0..40).map(|n| record_of("r_1", n)).collect();
    assert_eq!(stage.handle_within(&records, left).await.len(), 40);
    assert!(
        began.elapsed() <= Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn without_time_every_record_is_reported() {
    let stage = Stage::with_answers(vec![Answer::None; 10]);
    let reported = stage.handle_within(&three(), Duration::ZERO).await;
    assert_eq!(reported, ["1", "2", "3"]);
}

#[tokio::test]
async fn a_record_whose_answer_cannot_be_read_is_reported_and_the_others_are_put() {
    let mut stage = Stage::new();
    stage.deps.threads = Threads::new(stage.table.client(), "another table");
    let mut records = three();
    records[1]["dynamodb"]["NewImage"]["notify"] = json!({ "S": "content" });
    assert_eq!(stage.handle(&records).await, ["2"]);
    assert_eq!(json!(runs(&stage)), json!([["r_1", "r_3"]]));
}

#[tokio::test]
async fn a_record_without_keys_is_reported_and_the_others_are_put() {
    let stage = Stage::new();
    let mut records = three();
    records[0]["dynamodb"]["Keys"] = json!({});
    assert_eq!(stage.handle(&records).await, ["1"]);
    assert_eq!(json!(runs(&stage)), json!([["r_2", "r_3"]]));
}
