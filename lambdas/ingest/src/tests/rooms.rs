//! Rooms.

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};
use aws_smithy_mocks::{Rule, mock};
use aws_smithy_types::error::ErrorMetadata;
use insta::assert_snapshot;
use longwire_core::rooms::Rooms;
use serde_json::{Value, json};

use super::mocks::{CONNECTION, changed_connection, connection, deps, found, item};
use super::{answer_from, event};

const ADD: &str = "ADD rooms :rooms";
const REMOVE: &str = "DELETE rooms :rooms";

/// Time of the fixture's request, in milliseconds since 1970.
const MILLIS: u64 = 1_707_503_008_941;

/// Mocks the read of a connection with some groups.
fn member_of(groups: &[&str]) -> Rule {
    let mut row = connection("agui");
    row["groups"] = json!(groups);
    found("connections", CONNECTION, Some(row))
}

/// Mocks the put of the item of the room `ops`.
fn put(result: Result<(), &'static str>) -> Rule {
    let rule = mock!(Table::put_item).match_requests(|put| {
        let row = connection("agui");
        let expected = item(&json!({
            "connection": format!("{CONNECTION}#room#ops"), "room": "ops", "member": CONNECTION,
            "joinedAt": MILLIS, "ttl": row["ttl"],
        }));
        put.table_name() == Some("connections") && put.item() == Some(&expected)
    });
    match result {
        Ok(()) => rule.then_output(|| PutItemOutput::builder().build()),
        Err(code) => rule
            .then_error(move || PutItemError::generic(ErrorMetadata::builder().code(code).build())),
    }
}

/// Mocks the deletion of that item.
fn removed() -> Rule {
    mock!(Table::delete_item)
        .match_requests(|delete| {
            let key = item(&json!({"connection": format!("{CONNECTION}#room#ops")}));
            delete.key() == Some(&key)
                && delete.condition_expression() == Some("joinedAt <= :until")
        })
        .then_output(|| DeleteItemOutput::builder().build())
}

/// Response of a deployment with these rooms.
async fn response(rooms: &Value, rules: &[&Rule], request: &str) -> String {
    let mut deps = deps(rules);
    deps.settings.rooms = Rooms::try_from(rooms.to_string()).expect("rooms");
    answer_from(&deps, &event(request)).await
}

fn ops() -> Value {
    json!({"ops": ["staff"], "lobby": ["*"]})
}

#[tokio::test]
async fn a_user_of_an_allowed_group_joins_also_a_second_time() {
    let rules = (
        member_of(&["staff"]),
        changed_connection(ADD, Ok(connection("agui"))),
        put(Ok(())),
    );
    let all = [&rules.0, &rules.1, &rules.2];
    for _ in 0..2 {
        let ack = response(&ops(), &all, r#"{"action":"join","id":"8","room":"ops"}"#).await;
        assert_eq!(
            ack,
            r#"{"type":"ack","id":"8","action":"join","room":"ops"}"#
        );
    }
    assert_eq!((rules.1.num_calls(), rules.2.num_calls()), (2, 2));
}

#[tokio::test]
async fn a_room_of_other_groups_is_refused_like_one_that_does_not_exist() {
    let refused = r#"{"type":"error","id":"8","code":"forbidden","message":"`room` names no room that this connection may join."}"#;
    for (rooms, groups, room) in [
        (ops(), vec!["guest"], "ops"),
        (ops(), vec![], "ops"),
        (ops(), vec!["staff"], "other"),
        (json!({}), vec!["staff"], "ops"),
    ] {
        let request = format!(r#"{{"action":"join","id":"8","room":"{room}"}}"#);
        let answer = response(&rooms, &[&member_of(&groups)], &request).await;
        assert_eq!(answer, refused, "{rooms} {groups:?} {room}");
    }
}

#[tokio::test]
async fn one_room_too_many_is_refused_and_cannot_be_tried_again() {
    let rules = (
        member_of(&["staff"]),
        changed_connection(ADD, Err(connection("agui"))),
        put(Ok(())),
    );
    let all = [&rules.0, &rules.1, &rules.2];
    assert_snapshot!(response(&ops(), &all, r#"{"action":"join","id":"8","room":"ops"}"#).await,
        @r#"{"type":"error","id":"8","code":"forbidden","message":"This connection is in 20 rooms, the most it may be in. Leave one first."}"#);
    assert_eq!(rules.2.num_calls(), 0);
}

#[tokio::test]
async fn an_item_that_is_not_written_makes_join_fail() {
    let rules = (
        member_of(&["staff"]),
        changed_connection(ADD, Ok(connection("agui"))),
        put(Err("ValidationException")),
    );
    let all = [&rules.0, &rules.1, &rules.2];
    let failed = response(&ops(), &all, r#"{"action":"join","room":"ops"}"#).await;
    assert!(failed.contains(r#""code":"internal""#), "{failed}");
}

#[tokio::test]
async fn a_member_leaves_and_so_does_a_connection_that_is_none() {
    let rules = (
        member_of(&[]),
        changed_connection(REMOVE, Ok(connection("agui"))),
        removed(),
    );
    let all = [&rules.0, &rules.1, &rules.2];
    // Also in a deployment that has no rooms any more.
    for rooms in [ops(), json!({})] {
        let ack = response(&rooms, &all, r#"{"action":"leave","id":"9","room":"ops"}"#).await;
        assert_eq!(
            ack,
            r#"{"type":"ack","id":"9","action":"leave","room":"ops"}"#
        );
    }
    assert_eq!((rules.1.num_calls(), rules.2.num_calls()), (2, 2));
}

#[tokio::test]
async fn rooms_are_a_feature_where_there_are_some() {
    for (rooms, listed) in [(ops(), true), (json!({}), false)] {
        let ready = response(&rooms, &[&member_of(&[])], r#"{"action":"hello"}"#).await;
        let ready: Value = serde_json::from_str(&ready).expect("JSON");
        let features = ready["features"].as_array().expect("a list");
        assert_eq!(features.contains(&json!("rooms")), listed, "{ready}");
    }
}
