use std::time::Duration;

use longwire_core::ids::RunId;
use longwire_store::threads::advance::{Advance, Fence};
use longwire_store::threads::life::ThreadLife;
use longwire_store::threads::run_queue::{Append, Appended};
use serde_json::{Value, json};

use super::scripted::{
    Scripted, found, key, refused, run_id, transacted, transaction_cancelled, updated,
};

const NOW: u64 = 1_000;
const HOUR: u64 = 3600;

fn life(hours: Option<u64>) -> ThreadLife {
    ThreadLife {
        ttl: hours.map(|hours| Duration::from_secs(hours * HOUR)),
        run_limit: Duration::from_secs(2 * HOUR),
    }
}

/// Item of the thread with this run queue, with these attributes replaced.
fn meta(run_queue: &[&str], replaced: Value) -> Value {
    let runs: Vec<_> = run_queue.iter().map(|run| json!({ "S": run })).collect();
    let mut meta = json!({
        "born": { "N": "5" }, "line": { "L": runs }, "updatedAt": { "N": "1000" }
    });
    let (Value::Object(attributes), Value::Object(replaced)) = (&mut meta, replaced) else {
        unreachable!("both are objects")
    };
    attributes.extend(replaced);
    meta
}

async fn append(table: &Scripted, hours: Option<u64>) -> Appended {
    let run_id = run_id();
    let append = Append {
        run_id: &run_id,
        recorded_at: NOW * 1000,
        supersede: false,
        max: 20,
        now: NOW,
        life: life(hours),
    };
    let appended = table.threads().append(&key(), append).await;
    appended.expect("a response")
}

/// Generation of `meta`.
const GENERATION: Fence = Fence::Generation(5);

async fn advance(
    table: &Scripted,
    fence: Fence,
    tip: Option<u64>,
    hours: Option<u64>,
) -> Option<RunId> {
    let run_id = run_id();
    let advance = Advance {
        run_id: &run_id,
        fence,
        tip,
        last_input: None,
        pending: None,
        now: NOW,
        life: life(hours),
    };
    let head = table.threads().advance(&key(), advance).await;
    head.expect("a response")
}

fn ttl(body: &Value) -> &Value {
    &body["ExpressionAttributeValues"][":ttl"]["N"]
}

#[tokio::test]
async fn an_append_keeps_the_thread_longer_than_any_run_may_take() {
    let table = Scripted::with_responses([updated(&meta(&["r_1"], json!({})))]).await;
    append(&table, Some(24)).await;
    let expected = NOW + 26 * HOUR;
    assert_eq!(*ttl(&table.last_body()), expected.to_string());
}

#[tokio::test]
async fn without_a_lifetime_an_earlier_expiry_is_removed() {
    let item = meta(&["r_1"], json!({}));
    let table = Scripted::with_responses([updated(&item), updated(&meta(&[], json!({})))]).await;
    append(&table, None).await;
    let expression = |body: &Value| body["UpdateExpression"].as_str().expect("text").to_owned();
    assert!(expression(&table.last_body()).ends_with("REMOVE #ttl"));
    advance(&table, GENERATION, None, None).await;
    assert_eq!(expression(&table.last_body()), "REMOVE #line[0], #ttl");
}

#[tokio::test]
async fn an_append_after_the_expiry_starts_the_next_generation() {
    let expired = meta(&[], json!({ "ttl": { "N": "1000" }, "tip": { "N": "9" } }));
    let next = meta(&["r_1"], json!({ "born": { "N": "6" } }));
    let table = Scripted::with_responses([refused(Some(expired)), updated(&next)]).await;
    let appended = append(&table, Some(24)).await;
    assert!(matches!(appended, Appended::At { position: 0, meta, .. } if meta.generation == 6));
    let expression = table.last_body()["UpdateExpression"].clone();
    let expression = expression.as_str().expect("text");
    assert!(expression.contains("born = if_not_exists(born, :now) + :one"));
    assert!(
        expression.ends_with("REMOVE tip, lastInput, #pending, #open, wakeBy"),
        "{expression}"
    );
}

#[tokio::test]
async fn a_run_that_was_recorded_before_the_deletion_is_not_appended() {
    let deleted = meta(&[], json!({ "deletedAt": { "N": "1000001" } }));
    let table = Scripted::with_responses([refused(Some(deleted))]).await;
    assert_eq!(append(&table, Some(24)).await, Appended::Deleted);
}

#[tokio::test]
async fn the_last_run_sets_the_expiry_of_an_idle_thread_and_its_tip() {
    let table = Scripted::with_responses([updated(&meta(&[], json!({})))]).await;
    assert_eq!(advance(&table, GENERATION, Some(7), Some(24)).await, None);
    let body = table.last_body();
    assert_eq!(*ttl(&body), (NOW + 24 * HOUR).to_string());
    assert_eq!(body["ExpressionAttributeValues"][":tip"]["N"], "7");
    let condition = body["ConditionExpression"].as_str().expect("text");
    assert!(
        condition.contains("size(#line) = :size_line"),
        "{condition}"
    );
}

#[tokio::test]
async fn a_run_behind_the_ended_one_keeps_the_expiry_of_a_busy_thread() {
    let waiting = meta(&["r_1", "r_2"], json!({}));
    let after = meta(&["r_2"], json!({}));
    let table = Scripted::with_responses([refused(Some(waiting)), updated(&after)]).await;
    assert_eq!(
        advance(&table, GENERATION, Some(7), Some(24)).await,
        Some(RunId::trusted("r_2"))
    );
    let body = table.last_body();
    assert_eq!(*ttl(&body), (NOW + 26 * HOUR).to_string());
    let condition = body["ConditionExpression"].as_str().expect("text");
    assert!(
        condition.contains("size(#line) > :longer_line"),
        "{condition}"
    );
}

#[tokio::test]
async fn a_head_of_the_next_generation_stays() {
    let restarted = meta(&["r_1"], json!({ "born": { "N": "6" } }));
    let table = Scripted::with_responses([refused(Some(restarted))]).await;
    let head = advance(&table, GENERATION, Some(7), Some(24)).await;
    assert_eq!(head, Some(run_id()));
    let body = table.last_body();
    let condition = body["ConditionExpression"].as_str().expect("text");
    assert!(condition.contains("#born = :was_born"), "{condition}");
    assert_eq!(
        body["ExpressionAttributeValues"][":was_born"]["N"], "5",
        "the generation in which the run ended"
    );
}

#[tokio::test]
async fn a_head_that_was_started_again_stays() {
    let busy = meta(&["r_1", "r_2"], json!({}));
    let alive = transaction_cancelled("ConditionalCheckFailed");
    let table = Scripted::with_responses([found(&busy), alive]).await;
    let head = advance(&table, Fence::Missing, None, Some(24)).await;
    assert_eq!(head, Some(run_id()));
    let items = &table.last_body()["TransactItems"];
    let check = items[0]["ConditionCheck"]["ConditionExpression"].as_str();
    assert_eq!(check, Some("attribute_not_exists(#status)"));
}

#[tokio::test]
async fn an_ended_head_is_removed_and_the_queue_read_again() {
    let before = meta(&["r_1", "r_2"], json!({}));
    let after = meta(&["r_2", "r_3"], json!({}));
    let table = Scripted::with_responses([found(&before), transacted(), found(&after)]).await;
    let head = advance(&table, Fence::Ended, None, Some(24)).await;
    assert_eq!(head, Some(RunId::trusted("r_2")));
    let (_, transaction) = &table.requests()[1];
    let check = &transaction["TransactItems"][0]["ConditionCheck"]["ConditionExpression"];
    assert_eq!(check, "#status IN (:finished, :failed, :cancelled)");
}

#[tokio::test]
async fn a_lower_tip_is_not_written() {
    let known = meta(&["r_1"], json!({ "tip": { "N": "9" } }));
    let after = meta(&[], json!({ "tip": { "N": "9" } }));
    let table = Scripted::with_responses([refused(Some(known)), updated(&after)]).await;
    advance(&table, GENERATION, Some(7), Some(24)).await;
    let body = table.last_body();
    assert_eq!(body["ExpressionAttributeValues"][":tip"], Value::Null);
}

#[tokio::test]
async fn a_deletion_starts_the_next_generation_once() {
    let deleted = meta(
        &[],
        json!({ "born": { "N": "6" }, "deletedAt": { "N": "1000500" } }),
    );
    let table = Scripted::with_responses([updated(&deleted), refused(Some(deleted.clone()))]).await;
    let threads = table.threads();
    assert!(
        threads
            .delete_thread(&key(), 1_000_500)
            .await
            .expect("a response")
    );
    assert!(
        threads
            .delete_thread(&key(), 1_000_500)
            .await
            .expect("a response"),
        "a repetition after a lost response"
    );
    let body = table.last_body();
    let condition = body["ConditionExpression"].as_str().expect("text");
    assert!(condition.ends_with("deletedAt < :at)"), "{condition}");
    assert_eq!(*ttl(&body), (1_000 + 48 * HOUR).to_string());

    let table = Scripted::with_responses([refused(None)]).await;
    let missing = table.threads().delete_thread(&key(), 1_000_500).await;
    assert!(!missing.expect("a response"));
}

#[tokio::test]
async fn a_deletion_is_later_than_all_runs_that_were_appended() {
    let later = meta(&["r_1"], json!({ "recordedAt": { "N": "1000700" } }));
    let deleted = meta(&[], json!({ "born": { "N": "6" } }));
    let table = Scripted::with_responses([refused(Some(later)), updated(&deleted)]).await;
    let threads = table.threads();
    assert!(
        threads
            .delete_thread(&key(), 1_000_500)
            .await
            .expect("a response")
    );
    let body = table.last_body();
    assert_eq!(body["ExpressionAttributeValues"][":at"]["N"], "1000701");
}

#[tokio::test]
async fn a_run_that_was_recorded_before_another_one_keeps_the_later_time() {
    let later = meta(&["r_0"], json!({ "recordedAt": { "N": "1000001" } }));
    let both = meta(&["r_0", "r_1"], json!({}));
    let table = Scripted::with_responses([refused(Some(later)), updated(&both)]).await;
    append(&table, Some(24)).await;
    let expression = table.last_body()["UpdateExpression"].clone();
    assert!(!expression.as_str().expect("text").contains("recordedAt"));
}
