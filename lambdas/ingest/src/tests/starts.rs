//! Starts of runs, repeated and interrupted ones included.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::answer;
use super::mocks::{
    NOW, changed_connection, connected, connection, deleted_meta, found, left_queue,
    message_id_taken, meta, queue_read, recorded, row, sent, taken_back, updated,
};

const PROMPT: &str =
    r#"{"action":"prompt","id":"2","runId":"r1","messageId":"u1","prompt":"Hey!"}"#;

#[tokio::test]
async fn a_start_records_the_run_appends_it_and_sends_its_job() {
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r1"]))),
        sent("r1", Ok(())),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3];
    assert_snapshot!(answer(&all, PROMPT).await,
        @r#"{"type":"ack","id":"2","action":"prompt","threadId":"t1","runId":"r1","messageId":"u1","status":"queued"}"#);
    assert_eq!(all.map(|rule| rule.num_calls()), [1, 2, 1, 1]);
}

#[tokio::test]
async fn a_start_with_the_message_id_of_another_run_is_refused_and_taken_back() {
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r1"]))),
        message_id_taken(),
        taken_back(Ok(())),
        queue_read(&["r1"], &[]),
        left_queue(Ok(())),
    );
    let all = [
        &rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5, &rules.6,
    ];
    assert_snapshot!(answer(&all, PROMPT).await,
        @r#"{"type":"error","id":"2","code":"invalid_message","message":"`messageId` names another message of this thread.","threadId":"t1","runId":"r1"}"#);
    assert_eq!(rules.6.num_calls(), 1, "the run leaves the run queue");
}

#[tokio::test]
async fn a_start_on_a_thread_that_was_deleted_since_is_refused() {
    let deleted = deleted_meta(&[], NOW * 1000 + 2000);
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Err(deleted)),
        taken_back(Ok(())),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3];
    let error = answer(&all, PROMPT).await;
    assert!(error.contains(r#""code":"thread_not_found""#), "{error}");
    assert_eq!(rules.3.num_calls(), 1);
}

#[tokio::test]
async fn the_row_and_the_input_of_a_run_are_written_whole() {
    let wanted_row = row(
        "queued",
        &json!({"messageId": "u1", "onGone": "grace:30", "open": "3", "handovers": 0,
            "recordedAt": NOW * 1000 + 941, "attached":
            {"S3Ay8cFPIAMCIow=": {"after": 0, "shape": {"format": "agui", "lines": "many"}}}}),
    );
    let wanted_input = json!({"v": 2, "messageId": "u1", "reservesId": true, "prompt": "Hey!", "reasoning": true,
        "context": [{"description": "locale", "value": "de-DE"}], "recordedAt": NOW * 1000 + 941,
        "ttl": NOW + 172_800});
    let keyed = |mut item: Value, sort: &str| {
        item["thread"] = json!("anonymous/t2");
        item["item"] = json!(sort);
        super::mocks::item(&item)
    };
    let (row, input) = (
        keyed(wanted_row, "RUN#r1"),
        keyed(wanted_input, "RUN#r1#IN"),
    );
    let put = |wanted: super::mocks::Item| {
        aws_smithy_mocks::mock!(aws_sdk_dynamodb::Client::put_item)
            .match_requests(move |put| put.item() == Some(&wanted))
            .then_output(|| aws_sdk_dynamodb::operation::put_item::PutItemOutput::builder().build())
    };
    let record = [put(row), put(input)];
    let rules = (
        connected("agui"),
        updated("META", "list_append", Ok(meta(&["r0", "r1"]))),
        found(
            "threads",
            "RUN#r0",
            Some(super::mocks::row("running", &json!({}))),
        ),
        changed_connection("ADD #threads :added", Ok(connection("agui"))),
    );
    let message = r#"{"threadId":"t2","runId":"r1","messageId":"u1","prompt":"Hey!","context":[{"description":"locale","value":"de-DE"}],"options":{"reasoning":true,"onGone":"grace:30"}}"#;
    assert_snapshot!(answer(&[&rules.0, &record[0], &record[1], &rules.1, &rules.2, &rules.3], message).await,
        @r#"{"type":"ack","action":"prompt","threadId":"t2","runId":"r1","messageId":"u1","status":"waiting","position":1}"#);
    assert_eq!(record.map(|rule| rule.num_calls()), [1, 1]);
}

#[tokio::test]
async fn ids_are_generated_for_a_client_that_gives_none() {
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r0", "r1"]))),
        found("threads", "RUN#r0", Some(row("queued", &json!({})))),
    );
    let ack = answer(&[&rules.0, &rules.1, &rules.2, &rules.3], "Hey!").await;
    let ack: Value = serde_json::from_str(&ack).expect("a response is JSON");
    assert!(
        ack["runId"].as_str().is_some_and(|id| id.starts_with("r_")),
        "{ack}"
    );
    assert!(
        ack["messageId"]
            .as_str()
            .is_some_and(|id| id.starts_with("m_")),
        "{ack}"
    );
}

#[tokio::test]
async fn an_ack_is_empty_in_other_formats_than_agui() {
    let rules = (
        connected("typed"),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r1"]))),
        sent("r1", Ok(())),
    );
    assert_eq!(
        answer(&[&rules.0, &rules.1, &rules.2, &rules.3], PROMPT).await,
        ""
    );
    assert_eq!(rules.3.num_calls(), 1);
}

#[tokio::test]
async fn a_waiting_run_wakes_an_overdue_head() {
    for (head, woken) in [
        (Some(row("running", &json!({"wakeBy": NOW}))), 0),
        (Some(row("running", &json!({"wakeBy": NOW - 1}))), 1),
        (Some(row("finished", &json!({}))), 1),
        (None, 1),
    ] {
        let rules = (
            connected("agui"),
            recorded(Ok(())),
            updated("META", "list_append", Ok(meta(&["r0", "r9", "r1"]))),
            found("threads", "RUN#r0", head.clone()),
            sent("r0", Ok(())),
            updated("RUN#r0", "#wake", Ok(head.unwrap_or_default())),
        );
        let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5];
        let ack = answer(&all, PROMPT).await;
        assert!(ack.contains(r#""status":"waiting","position":2"#), "{ack}");
        assert_eq!(rules.4.num_calls(), woken);
    }
}

#[tokio::test]
async fn a_repeated_start_of_an_ended_run_starts_nothing() {
    let rules = (
        connected("agui"),
        recorded(Err("ConditionalCheckFailedException")),
        found("threads", "RUN#r1", Some(row("finished", &json!({})))),
    );
    assert_snapshot!(answer(&[&rules.0, &rules.1, &rules.2], PROMPT).await,
        @r#"{"type":"ack","id":"2","action":"prompt","threadId":"t1","runId":"r1","messageId":"u_first","status":"finished","duplicate":true}"#);
}

#[tokio::test]
async fn a_repeated_start_of_a_running_run_subscribes_to_it() {
    let rules = (
        connected("agui"),
        recorded(Err("ConditionalCheckFailedException")),
        found(
            "threads",
            "RUN#r1",
            Some(row("running", &json!({"epoch": 1}))),
        ),
        updated(
            "RUN#r1",
            "if_not_exists(attached.#me, :cursor)",
            Ok(row("running", &json!({"epoch": 1}))),
        ),
    );
    assert_snapshot!(answer(&[&rules.0, &rules.1, &rules.2, &rules.3], PROMPT).await,
        @r#"{"type":"ack","id":"2","action":"prompt","threadId":"t1","runId":"r1","messageId":"u_first","status":"running","duplicate":true}"#);
    assert_eq!(rules.3.num_calls(), 1);
}

#[tokio::test]
async fn a_repeated_start_completes_an_interrupted_one() {
    for (appended, tail) in [
        (
            Err(meta(&["r1", "r2"])),
            r#""status":"queued","duplicate":true}"#,
        ),
        (Ok(meta(&["r1"])), r#""status":"queued","duplicate":true}"#),
    ] {
        let rules = (
            connected("agui"),
            recorded(Err("ConditionalCheckFailedException")),
            found("threads", "RUN#r1", Some(row("queued", &json!({})))),
            updated(
                "RUN#r1",
                "if_not_exists(attached.#me, :cursor)",
                Ok(row("queued", &json!({}))),
            ),
            updated("META", "list_append", appended),
            sent("r1", Ok(())),
            updated("RUN#r1", "#wakes", Ok(row("queued", &json!({})))),
        );
        let all = [
            &rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5, &rules.6,
        ];
        let ack = answer(&all, PROMPT).await;
        assert!(ack.ends_with(tail), "{ack}");
        assert_eq!(rules.5.num_calls(), 1, "the job of the head is sent again");
        assert_eq!(rules.6.num_calls(), 1, "the job is counted");
    }
}

#[tokio::test]
async fn a_start_that_is_repeated_again_sends_no_job() {
    let woken = || row("queued", &json!({ "wakes": 1 }));
    let rules = (
        connected("agui"),
        recorded(Err("ConditionalCheckFailedException")),
        found("threads", "RUN#r1", Some(woken())),
        updated(
            "RUN#r1",
            "if_not_exists(attached.#me, :cursor)",
            Ok(woken()),
        ),
        updated("META", "list_append", Err(meta(&["r1"]))),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
    let ack = answer(&all, PROMPT).await;
    assert!(
        ack.ends_with(r#""status":"queued","duplicate":true}"#),
        "{ack}"
    );
}

#[tokio::test]
async fn an_expired_thread_is_born_again() {
    let mut expired = meta(&[]);
    expired["ttl"] = json!(NOW);
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Err(expired)),
        updated(
            "META",
            "SET #line = :runs, born = if_not_exists(born, :now) + :one",
            Ok(meta(&["r1"])),
        ),
        sent("r1", Ok(())),
    );
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
    let ack = answer(&all, PROMPT).await;
    assert!(ack.ends_with(r#""status":"queued"}"#), "{ack}");
    assert_eq!(all.map(|rule| rule.num_calls()), [1, 2, 1, 1, 1]);
}

#[tokio::test]
async fn a_start_taken_back_during_its_repetition_is_unavailable() {
    let rules = (
        connected("agui"),
        recorded(Err("ConditionalCheckFailedException")),
        found("threads", "RUN#r1", Some(row("queued", &json!({})))),
        updated(
            "RUN#r1",
            "if_not_exists(attached.#me, :cursor)",
            Err(json!({})),
        ),
    );
    let error = answer(&[&rules.0, &rules.1, &rules.2, &rules.3], PROMPT).await;
    assert!(error.contains(r#""code":"unavailable""#), "{error}");
    assert!(error.contains(r#""runId":"r1""#), "{error}");
}

fn if_busy(policy: &str) -> String {
    let options = format!(r#","options":{{"ifBusy":"{policy}"}}}}"#);
    PROMPT.replacen('}', &options, 1)
}

#[tokio::test]
async fn if_busy_rejects_the_prompt_or_interrupts_the_runs_before_it() {
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Err(meta(&["r0"]))),
        taken_back(Ok(())),
        found("threads", "RUN#r0", Some(row("cancelled", &json!({})))),
        sent("r0", Ok(())),
        updated("RUN#r0", "#wakes", Ok(row("cancelled", &json!({})))),
    );
    let prompt = if_busy("reject");
    let all = [
        &rules.0, &rules.1, &rules.2, &rules.3, &rules.4, &rules.5, &rules.6,
    ];
    let error = answer(&all, &prompt).await;
    assert!(error.contains(r#""code":"thread_busy""#), "{error}");
    assert_eq!(rules.3.num_calls(), 1, "the rejected run is deleted");
    assert_eq!(
        rules.5.num_calls(),
        1,
        "the ended head is removed from the run queue"
    );

    let asked = row("running", &json!({"cancelRequested": "superseded"}));
    let rules = (
        connected("agui"),
        recorded(Ok(())),
        updated("META", "list_append", Ok(meta(&["r0", "r1"]))),
        updated("RUN#r0", "#cancelRequested", Ok(asked.clone())),
        found("threads", "RUN#r0", Some(asked)),
    );
    let prompt = if_busy("interrupt");
    let all = [&rules.0, &rules.1, &rules.2, &rules.3, &rules.4];
    let error = answer(&all, &prompt).await;
    assert!(
        error.contains(r#""status":"waiting","position":1"#),
        "{error}"
    );
    assert_eq!(rules.3.num_calls(), 1);
}
