//! From records to events.

use longwire_core::cloud_event::CloudEvent;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::stage::{Stage, event, record, record_of};

/// Event of the only record.
async fn event_of(record: Value) -> Value {
    let stage = Stage::new();
    assert_eq!(stage.handle(&[record]).await, [""; 0]);
    let mut events = stage.events();
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

/// Checks that a record puts no event and is not sent again.
async fn assert_no_event(record: Value) {
    let stage = Stage::new();
    assert_eq!(stage.handle(&[record]).await, [""; 0]);
    assert_eq!(stage.requests(), [[Value::Null; 0]; 0]);
}

#[tokio::test]
async fn a_run_that_finished_is_an_event_on_the_bus_of_the_deployment() {
    let stage = Stage::new();
    assert_eq!(stage.handle(&[record(&json!({}))]).await, [""; 0]);
    let entry = stage.requests().concat().remove(0);
    let expected = json!({
        "specversion": "1.0",
        "id": "alice/t_1/r_1/1763681477123/finished",
        "source": "longwire.runs/longwire-test",
        "type": "longwire.run.finished",
        "subject": "r_1",
        "time": "2025-11-20T23:31:29Z",
        "datacontenttype": "application/json",
        "lwuser": "alice",
        "lwthread": "t_1",
        "lwhop": 0,
        "data": {
            "threadId": "t_1",
            "runId": "r_1",
            "messageId": "u_1",
            "user": "alice",
            "status": "finished",
            "usage": {
                "inputTokens": 172, "cachedInputTokens": 100, "outputTokens": 12, "totalTokens": 184
            },
            "startedAt": "2025-11-20T23:31:17Z",
            "endedAt": "2025-11-20T23:31:29Z"
        }
    });
    assert_eq!(event(&entry), expected);
    let fields = json!({
        "EventBusName": "longwire-test",
        "Source": "longwire.runs",
        "DetailType": "longwire.run.finished",
        "Detail": entry["Detail"]
    });
    assert_eq!(entry, fields);
}

#[tokio::test]
async fn a_run_that_failed_says_with_which_code() {
    let failed =
        json!({ "status": { "S": "failed" }, "code": { "S": "model_throttled" }, "usage": null });
    let event = event_of(record(&failed)).await;
    assert_eq!(event["type"], "longwire.run.failed");
    assert_eq!(event["id"], "alice/t_1/r_1/1763681477123/failed");
    let data = &event["data"];
    assert_eq!(
        (&data["status"], &data["code"]),
        (&json!("failed"), &json!("model_throttled"))
    );
    assert_eq!((data.get("usage"), data.get("reason")), (None, None));
}

#[tokio::test]
async fn a_run_that_was_cancelled_says_why() {
    let cancelled = |reason: &str| {
        record(&json!({ "status": { "S": "cancelled" }, "reason": { "S": reason } }))
    };
    let event = event_of(cancelled("client_gone")).await;
    assert_eq!(event["type"], "longwire.run.cancelled");
    let data = &event["data"];
    assert_eq!(
        (&data["status"], &data["reason"]),
        (&json!("cancelled"), &json!("client_gone"))
    );
    assert_eq!(data.get("code"), None);
    let newer = event_of(cancelled("out_of_luck")).await;
    assert_eq!(
        newer["data"].get("reason"),
        None,
        "a reason of a newer version"
    );
}

#[tokio::test]
async fn a_run_whose_client_makes_calls_needs_input() {
    let number = |number: u64| json!({ "N": number.to_string() });
    let pending = json!({ "pending": { "M": {
        "run": { "S": "r_1" }, "next": { "S": "r_2" }, "until": number(1_763_767_889),
        "calls": { "M": { "tc_1": number(1), "tc_2": number(0) } }
    } } });
    let event = event_of(record(&pending)).await;
    assert_eq!(event["type"], "longwire.run.needs_input");
    assert_eq!(event["id"], "alice/t_1/r_1/1763681477123/needs_input");
    let data = &event["data"];
    assert_eq!(data["status"], "finished");
    assert_eq!(data["pendingToolCallIds"], json!(["tc_2", "tc_1"]));
    let cancelled = json!({ "status": { "S": "cancelled" }, "pending": pending["pending"] });
    let event = event_of(record(&cancelled)).await;
    assert_eq!(event["type"], "longwire.run.cancelled");
    assert_eq!(event["data"].get("pendingToolCallIds"), None);
}

#[tokio::test]
async fn a_run_whose_calls_need_approval_needs_input() {
    let number = |number: u64| json!({ "N": number.to_string() });
    let terms = json!({ "M": { "group": { "S": "ops" }, "schema": { "S": "{}" } } });
    let pending = json!({ "pending": { "M": {
        "run": { "S": "r_1" }, "next": { "S": "r_2" }, "until": number(1_763_767_889),
        "calls": { "M": { "tc_1": number(0) } },
        "approvals": { "M": {
            "tools": { "M": { "tc_1": { "S": "refund" } } },
            "terms": { "M": { "refund": terms } }
        } }
    } } });
    let event = event_of(record(&pending)).await;
    assert_eq!(event["type"], "longwire.run.needs_input");
    let data = &event["data"];
    assert_eq!(data.get("pendingToolCallIds"), None);
    assert_eq!(
        data["interrupts"],
        json!([{
            "id": "i_tc_1",
            "toolCallId": "tc_1",
            "message": "The assistant wants to call the tool refund.",
            "expiresAt": "2025-11-21T23:31:29Z"
        }])
    );
}

#[tokio::test]
async fn each_event_is_a_cloud_event_and_no_request_to_push() {
    for status in ["finished", "failed", "cancelled"] {
        let event = event_of(record(&json!({ "status": { "S": status } }))).await;
        let event = to_raw_value(&event).expect("JSON");
        let event = CloudEvent::parse(&event).expect("a CloudEvent");
        assert_eq!(event.kind(), format!("longwire.run.{status}"));
        assert_eq!(event.source(), "longwire.runs/longwire-test");
        assert_eq!(event.extension("lwuser"), Some(&json!("alice")));
        assert_eq!(event.extension("lwdurable"), None);
    }
}

#[tokio::test]
async fn a_repeated_record_is_the_same_event() {
    let stage = Stage::new();
    for _ in 0..2 {
        assert_eq!(stage.handle(&[record(&json!({}))]).await, [""; 0]);
    }
    let requests = stage.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1]);
}

#[tokio::test]
async fn a_run_id_that_two_users_chose_has_two_events() {
    let mut other = record(&json!({ "payer": { "M": { "user": { "S": "mallory" } } } }));
    other["dynamodb"]["Keys"]["thread"] = json!({ "S": "mallory/t_1" });
    let (theirs, mine) = (event_of(other).await, event_of(record(&json!({}))).await);
    assert_ne!(theirs["id"], mine["id"]);
    assert_eq!(
        (&theirs["lwuser"], &theirs["lwthread"]),
        (&json!("mallory"), &json!("t_1"))
    );
    let later = json!({ "recordedAt": { "N": "1763954277000" } });
    let later = event_of(record(&later)).await;
    assert_ne!(
        later["id"], mine["id"],
        "the id was used again on a later thread"
    );
}

#[tokio::test]
async fn a_run_that_a_service_started_is_one_hop_away() {
    let event = event_of(record(&json!({ "origin": { "S": "service:/orders" } }))).await;
    assert_eq!(event["lwhop"], 1);
}

#[tokio::test]
async fn a_run_of_everybody_names_the_shared_user() {
    for (owner, user) in [
        ("anonymous", "@none"),
        ("@token", "@token"),
        ("alice", "alice"),
    ] {
        let mut record = record(&json!({ "payer": null }));
        record["dynamodb"]["Keys"]["thread"] = json!({ "S": format!("{owner}/t_1") });
        let event = event_of(record).await;
        assert_eq!(
            (&event["lwuser"], &event["data"]["user"]),
            (&json!(user), &json!(user))
        );
    }
}

#[tokio::test]
async fn a_row_of_another_version_is_an_event_without_what_is_unknown() {
    let strange = json!({
        "v": { "N": "99" }, "notify": { "S": "summary" }, "messageId": { "N": "1" }, "payer": { "S": "alice" },
        "usage": { "L": [] }, "startedAt": null, "recordedAt": { "BOOL": true }, "endedAt": { "S": "soon" },
        "pending": { "L": [] }
    });
    let event = event_of(record(&strange)).await;
    let expected = json!({
        "specversion": "1.0",
        "id": "alice/t_1/r_1/0/finished",
        "source": "longwire.runs/longwire-test",
        "type": "longwire.run.finished",
        "subject": "r_1",
        "datacontenttype": "application/json",
        "lwuser": "alice",
        "lwthread": "t_1",
        "lwhop": 0,
        "data": { "threadId": "t_1", "runId": "r_1", "user": "alice", "status": "finished" }
    });
    assert_eq!(event, expected);
}

#[tokio::test]
async fn changes_that_are_no_end_of_such_a_run_put_nothing() {
    assert_no_event(record(&json!({ "notify": null }))).await;
    assert_no_event(record(&json!({ "status": { "S": "running" } }))).await;
    assert_no_event(record(&json!({ "status": { "S": "dreaming" } }))).await;
    assert_no_event(record(&json!({ "status": { "N": "7" } }))).await;
    let mut ended_before = record(&json!({}));
    ended_before["dynamodb"]["OldImage"]["status"] = json!({ "S": "finished" });
    assert_no_event(ended_before).await;
    let mut inserted = record(&json!({}));
    inserted["dynamodb"]["OldImage"] = Value::Null;
    assert_no_event(inserted).await;
    let mut removed = record(&json!({}));
    removed["dynamodb"]["NewImage"] = Value::Null;
    assert_no_event(removed).await;
    for item in ["META", "RUN#r_1#IN", "MSG#1763681477#00000001"] {
        let mut other = record(&json!({}));
        other["dynamodb"]["Keys"]["item"] = json!({ "S": item });
        assert_no_event(other).await;
    }
}

#[tokio::test]
async fn a_batch_is_one_request_for_every_ten_events() {
    let stage = Stage::new();
    let records: Vec<_> = (0..25).map(|n| record_of(&format!("r_{n}"), n)).collect();
    assert_eq!(stage.handle(&records).await, [""; 0]);
    let requests = stage.requests();
    assert_eq!(
        requests.iter().map(Vec::len).collect::<Vec<_>>(),
        [10, 10, 5]
    );
    let subjects = requests
        .concat()
        .into_iter()
        .map(|entry| event(&entry)["subject"].clone());
    let expected = (0..25).map(|n| json!(format!("r_{n}")));
    assert!(subjects.eq(expected));
}

#[tokio::test]
async fn the_record_of_the_runbook_puts_the_event_of_a_run() {
    let page = include_str!("../../../../docs/operations.md");
    let (_, section) = page
        .split_once("longwire-prod-notify:live")
        .expect("the command");
    let (_, payload) = section.split_once("--payload '").expect("the payload");
    let (payload, _) = payload.split_once('\'').expect("the end of the payload");
    let payload: Value = serde_json::from_str(payload).expect("JSON");
    let event = event_of(payload["Records"][0].clone()).await;
    assert_eq!(event["type"], "longwire.run.finished");
    assert_eq!(event["data"]["endedAt"], "2025-11-20T23:31:29Z");
}
