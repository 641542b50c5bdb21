//! Threads that wait for approvals.

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_smithy_mocks::{Rule, mock};
use serde_json::{Value, json};

use super::answer;
use super::mocks::{NOW, connected, found, meta, updated};

/// JSON Schema of the arguments of both calls.
fn schema() -> Value {
    json!({
        "type": "object",
        "properties": { "location": { "type": "string" } },
        "required": ["location"]
    })
}

/// Item of a thread that waits for approvals of calls `tc_1` and `tc_2` until this time, by a group if there is one.
fn waiting(until: u64, group: Option<&str>) -> Value {
    let mut terms = json!({ "schema": schema().to_string() });
    if let Some(group) = group {
        terms["group"] = json!(group);
    }
    let mut meta = meta(&[]);
    meta["pending"] = json!({
        "run": "r0",
        "next": "r_next",
        "calls": { "tc_1": 0, "tc_2": 1 },
        "until": until,
        "approvals": {
            "tools": { "tc_1": "get_weather", "tc_2": "get_weather" },
            "terms": { "get_weather": terms }
        }
    });
    meta
}

/// Answers an approval of the call `tc_1` with these fields.
async fn decide(rules: &[&Rule], fields: &Value) -> String {
    let mut request =
        json!({ "action": "approval", "id": "3", "threadId": "t1", "interruptId": "i_tc_1" });
    let fields = fields.as_object().expect("fields").clone();
    request.as_object_mut().expect("fields").extend(fields);
    answer(rules, &request.to_string()).await
}

/// Takes an answer to a call whose decision has these attributes, beside the time.
fn stored(outcome: &'static str, approved: bool) -> Rule {
    mock!(Table::put_item)
        .match_requests(move |put| {
            let item = put.item().expect("an item");
            let decision = item.get("decision").and_then(|value| value.as_m().ok());
            let decided = decision.and_then(|decision| decision.get("approved")?.as_bool().ok());
            decided == Some(&approved)
                && item["outcome"].as_s().is_ok_and(|stored| stored == outcome)
        })
        .then_output(|| PutItemOutput::builder().build())
}

#[tokio::test]
async fn a_decision_is_accepted_while_others_are_missing() {
    for (fields, outcome) in [
        (json!({ "approved": true }), "success"),
        (
            json!({ "approved": true, "editedArgs": { "location": "Oslo" } }),
            "success",
        ),
        (json!({ "approved": false, "reason": "too cold" }), "denied"),
    ] {
        let approved = outcome == "success";
        let mut left = waiting(NOW + 600, None);
        left["pending"]["calls"] = json!({ "tc_2": 1 });
        let rules = (
            connected("agui"),
            found("threads", "META", Some(waiting(NOW + 600, None))),
            stored(outcome, approved),
            updated("META", "#calls.#call", Ok(left)),
        );
        let ack = decide(&[&rules.0, &rules.1, &rules.2, &rules.3], &fields).await;
        assert_eq!(
            ack,
            r#"{"type":"ack","id":"3","action":"approval","threadId":"t1","runId":"r0","status":"accepted","pending":["tc_2"]}"#
        );
    }
}

#[tokio::test]
async fn a_decision_that_is_not_allowed_is_refused_before_it_is_stored() {
    for (until, group, fields, error) in [
        (
            NOW,
            None,
            json!({ "approved": true }),
            r#""code":"interrupt_expired","message":"The interrupt has expired, and the call is denied.""#,
        ),
        (
            NOW + 600,
            Some("ops"),
            json!({ "approved": true }),
            r#""code":"forbidden","message":"Only users of another group decide about calls of this tool.""#,
        ),
        (
            NOW + 600,
            None,
            json!({ "approved": true, "editedArgs": { "location": 7 } }),
            r#""code":"invalid_message","message":"`editedArgs/location` does not fit the tool: value is not of type \"string\".""#,
        ),
        (
            NOW + 600,
            None,
            json!({ "approved": true, "editedArgs": {} }),
            r#""code":"invalid_message","message":"`editedArgs` does not fit the tool: \"location\" is a required property.""#,
        ),
    ] {
        let rules = (
            connected("agui"),
            found("threads", "META", Some(waiting(until, group))),
        );
        let response = decide(&[&rules.0, &rules.1], &fields).await;
        assert!(response.contains(error), "{response}");
    }
}

#[tokio::test]
async fn a_result_of_the_client_is_no_decision() {
    let rules = (
        connected("agui"),
        found("threads", "META", Some(waiting(NOW + 600, None))),
        super::client_tools::no_result(),
    );
    let result = r#"{"action":"tool_result","threadId":"t1","toolCallId":"tc_1","content":"done"}"#;
    let error = answer(&[&rules.0, &rules.1, &rules.2], result).await;
    assert!(error.contains(r#""code":"not_pending""#), "{error}");
}

#[tokio::test]
async fn history_shows_the_requests() {
    let rules = (
        connected("agui"),
        found("threads", "META", Some(waiting(NOW + 600, None))),
        super::history::no_messages(),
    );
    let all = [&rules.0, &rules.1, &rules.2];
    let page = answer(&all, r#"{"action":"history"}"#).await;
    let page: Value = serde_json::from_str(&page).expect("JSON");
    let interrupt = |call: &str| {
        json!({
            "id": format!("i_{call}"),
            "reason": "tool_call",
            "message": "The assistant wants to call the tool get_weather.",
            "toolCallId": call,
            "responseSchema": {
                "type": "object",
                "properties": {
                    "approved": { "type": "boolean" },
                    "reason": { "type": "string", "maxLength": 1000 },
                    "editedArgs": schema()
                },
                "required": ["approved"]
            },
            "expiresAt": "2024-02-09T18:33:28Z"
        })
    };
    let interrupts = ["tc_1", "tc_2"].map(interrupt);
    assert_eq!(
        page["pending"],
        json!({ "toolCallIds": [], "interrupts": interrupts })
    );
}
