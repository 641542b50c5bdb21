//! Mocked tables and a mocked queue.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client as Table;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsError, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::operation::update_item::{
    UpdateItemError, UpdateItemInput, UpdateItemOutput,
};
use aws_sdk_dynamodb::types::error::{
    ConditionalCheckFailedException, TransactionCanceledException,
};
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason};
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::operation::send_message::{SendMessageError, SendMessageOutput};
use aws_smithy_mocks::{
    MockResponseInterceptor, Rule, RuleBuilder, RuleMode, create_mock_http_client, mock,
};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use longwire_core::limits::LimitPolicy;
use longwire_core::options::OnGone;
use longwire_core::rooms::Rooms;
use longwire_queue::queue::Queue;
use longwire_scheduler::scheduler::Scheduler;
use longwire_store::connections::Connections;
use longwire_store::connections::rate::Rate;
use longwire_store::threads::Threads;
use longwire_store::threads::life::ThreadLife;
use longwire_store::users::Users;
use serde_dynamo::aws_sdk_dynamodb_1::to_item;
use serde_json::{Value, json};

use crate::deps::Deps;
use crate::settings::Settings;

/// Connection of the fixture's request.
pub(super) const CONNECTION: &str = "S3Ay8cFPIAMCIow=";

/// Time of the fixture's request, in seconds since 1970.
pub(super) const NOW: u64 = 1_707_503_008;

/// Update of the connection's row that marks it as one to be closed.
pub(super) const MARK_CLOSING: &str =
    "SET closing = :now, closingReason = if_not_exists(closingReason, :reason)";

/// Rule for an update whose response is not chosen yet.
type UpdateRule = RuleBuilder<UpdateItemInput, UpdateItemOutput, UpdateItemError>;

pub(super) type Item = HashMap<String, AttributeValue>;

/// Makes dependencies under these mock rules. A call that no rule matches fails the test.
pub(super) fn deps(rules: &[&Rule]) -> Deps {
    let mocks = || {
        let mocks = MockResponseInterceptor::new().rule_mode(RuleMode::MatchAny);
        let mocks = rules
            .iter()
            .fold(mocks, |mocks, rule| mocks.with_rule(rule));
        mocks
            .with_rule(&empty_inbox())
            .with_rule(&found("threads", "META", None))
            .with_rule(&reserved())
            .with_rule(&released())
    };
    let table = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(create_mock_http_client())
        .interceptor(mocks())
        .build();
    let queue = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(create_mock_http_client())
        .interceptor(mocks())
        .build();
    over(Table::from_conf(table), Sqs::from_conf(queue))
}

/// Makes dependencies over these clients.
pub(super) fn over(table: Table, queue: Sqs) -> Deps {
    let threads = Threads::new(table.clone(), "threads");
    let at = |name| format!("https://sqs.us-east-1.amazonaws.com/123456789012/{name}");
    let replays = Queue::new(queue.clone(), at("replays"));
    let pushes = Queue::new(queue.clone(), at("pushes"));
    let queue = Queue::new(queue, at("runs"));
    Deps {
        connections: Connections::new(table.clone(), "connections"),
        users: Users::new(table, "users"),
        verifier: None,
        scheduler: Scheduler::new(threads.clone(), queue),
        threads,
        replays,
        pushes,
        settings: Settings {
            on_gone: OnGone::Cancel,
            life: ThreadLife {
                ttl: Some(Duration::from_secs(24 * 3600)),
                run_limit: Duration::from_secs(2 * 3600),
            },
            replay: Duration::from_secs(3600),
            rate: Rate { per_second: 0 },
            limits: LimitPolicy::default(),
            active_threads: 3,
            rooms: Rooms::default(),
        },
    }
}

/// Mocks the read of the state of an inbox without events.
fn empty_inbox() -> Rule {
    mock!(Table::batch_get_item)
        .match_requests(|read| {
            let tables = read.request_items().into_iter().flatten();
            tables.into_iter().all(|(table, _)| table == "users")
        })
        .then_output(|| BatchGetItemOutput::builder().build())
}

/// Converts JSON to an item.
pub(super) fn item(json: &Value) -> Item {
    to_item(json).expect("an item is an object")
}

/// Mocks the read of the connection's row.
pub(super) fn connected(format: &str) -> Rule {
    found("connections", CONNECTION, Some(connection(format)))
}

/// Makes the row of the connection.
pub(super) fn connection(format: &str) -> Value {
    json!({
        "connection": CONNECTION, "user": "anonymous", "thread": "anonymous/t1",
        "threadId": "t1", "format": format, "lines": "many", "threads": ["t1"],
        "connectedAt": NOW - 1, "ttl": NOW + 7_000,
    })
}

/// Mocks an update of the connection's row with this expression. An error returns the row as it is.
pub(super) fn changed_connection(expression: &'static str, result: Result<Value, Value>) -> Rule {
    let rule = mock!(Table::update_item).match_requests(move |update| {
        connection_key(update) == Some(CONNECTION) && update.update_expression() == Some(expression)
    });
    respond(rule, result)
}

/// Mocks the increment of a counter of the connection.
pub(super) fn counted(counter: &'static str, count: u64) -> Rule {
    mock!(Table::update_item)
        .match_requests(move |update| {
            connection_key(update)
                .is_some_and(|key| key.starts_with(&format!("{CONNECTION}#{counter}#")))
        })
        .then_output(move || {
            let counter = item(&json!({ "messages": count }));
            UpdateItemOutput::builder()
                .set_attributes(Some(counter))
                .build()
        })
}

fn connection_key(update: &UpdateItemInput) -> Option<&str> {
    let key = update.key().and_then(|key| key.get("connection"));
    key.and_then(|key| key.as_s().ok()).map(String::as_str)
}

/// Mocks a read of an item, or of none, under a key.
pub(super) fn found(table: &'static str, key: &'static str, row: Option<Value>) -> Rule {
    mock!(Table::get_item)
        .match_requests(move |get| {
            let keys = get.key().into_iter().flat_map(HashMap::values);
            get.table_name() == Some(table)
                && get.consistent_read() == Some(true)
                && keys
                    .filter_map(|key| key.as_s().ok())
                    .any(|value| value == key)
        })
        .then_output(move || {
            GetItemOutput::builder()
                .set_item(row.as_ref().map(item))
                .build()
        })
}

/// Mocks two reads of the thread's item, between which its run queue changes.
pub(super) fn queue_read(before: &[&str], after: &[&str]) -> Rule {
    let output = |run_queue: &[&str]| {
        let item = item(&meta(run_queue));
        move || {
            GetItemOutput::builder()
                .set_item(Some(item.clone()))
                .build()
        }
    };
    mock!(Table::get_item)
        .match_requests(|get| {
            let sort = get.key().and_then(|key| key.get("item"));
            sort == Some(&AttributeValue::S("META".to_owned()))
        })
        .sequence()
        .output(output(before))
        .output(output(after))
        .build()
}

/// Makes the row of a run, with further fields.
pub(super) fn row(status: &str, more: &Value) -> Value {
    let mut row = json!({
        "v": 2, "status": status, "epoch": 0, "restarts": [], "leaseUntil": 0, "wakeBy": NOW + 300,
        "crashes": 0, "attached": {}, "onGone": "cancel", "lastSeq": 0, "messageId": "u_first",
        "usage": {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0},
        "startedAt": NOW, "ttl": NOW + 172_800,
    });
    let fields = row.as_object_mut().expect("a row is an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    row
}

/// Makes the META item of a thread with this run queue.
pub(super) fn meta(run_queue: &[&str]) -> Value {
    json!({"born": NOW, "line": run_queue, "updatedAt": NOW, "ttl": NOW + 86_400})
}

/// Makes the META item of a thread with this run queue that was deleted at this time, in milliseconds since 1970.
pub(super) fn deleted_meta(run_queue: &[&str], at: u64) -> Value {
    let mut deleted = meta(run_queue);
    deleted["deletedAt"] = json!(at);
    deleted
}

/// Mocks the two puts of a run's row and input.
pub(super) fn recorded(result: Result<(), &'static str>) -> Rule {
    let rule = mock!(Table::put_item).match_requests(|put| {
        let condition = "attribute_not_exists(#ttl) OR #ttl <= :now";
        put.table_name() == Some("threads") && put.condition_expression() == Some(condition)
    });
    match result {
        Ok(()) => rule.then_output(|| PutItemOutput::builder().build()),
        Err(code) => rule
            .then_error(move || PutItemError::generic(ErrorMetadata::builder().code(code).build())),
    }
}

/// Mocks the transaction that deletes a run's row and input.
pub(super) fn taken_back(result: Result<(), &'static str>) -> Rule {
    let rule = mock!(Table::transact_write_items).match_requests(|transaction| {
        let items = transaction.transact_items();
        items.len() == 2 && items.iter().all(|item| item.delete().is_some())
    });
    match result {
        Ok(()) => rule.then_output(|| TransactWriteItemsOutput::builder().build()),
        Err(code) => rule.then_error(move || cancelled([code])),
    }
}

/// Mocks the deletion of an input without a row, which the start of the fixture's request wrote.
pub(super) fn input_deleted() -> Rule {
    mock!(Table::delete_item)
        .match_requests(|delete| {
            delete.condition_expression() == Some("recordedAt = :recordedAt")
                && delete.key().is_some_and(|key| {
                    key.get("item") == Some(&AttributeValue::S("RUN#r1#IN".to_owned()))
                })
        })
        .then_output(|| DeleteItemOutput::builder().build())
}

/// Mocks the transaction that removes a run without a row from the run queue. An error is the position of the item whose
/// condition fails: 0 when the run has a row, 1 when its place changed.
pub(super) fn left_queue(result: Result<(), usize>) -> Rule {
    let rule = mock!(Table::transact_write_items).match_requests(|transaction| {
        let items = transaction.transact_items();
        items
            .iter()
            .filter_map(|item| item.update())
            .any(|update| update.update_expression() == "REMOVE #line[0]")
    });
    match result {
        Ok(()) => rule.then_output(|| TransactWriteItemsOutput::builder().build()),
        Err(failed) => rule.then_error(move || {
            let reasons = (0..2).map(|position| match position == failed {
                true => "ConditionalCheckFailed",
                false => "None",
            });
            cancelled(reasons)
        }),
    }
}

fn cancelled(codes: impl IntoIterator<Item = &'static str>) -> TransactWriteItemsError {
    let reasons = codes
        .into_iter()
        .map(|code| CancellationReason::builder().code(code).build());
    let cancelled =
        TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons.collect()));
    TransactWriteItemsError::TransactionCanceledException(cancelled.build())
}

/// Mocks the reservation of a message id.
fn reserved() -> Rule {
    mock!(Table::update_item)
        .match_requests(|update| {
            update.update_expression() == Some("SET runId = :run, #ttl = :ttl")
        })
        .then_output(|| {
            let item = item(&json!({ "runId": "r1" }));
            UpdateItemOutput::builder()
                .set_attributes(Some(item))
                .build()
        })
}

/// Mocks the reservation of the id of the message `u1`, which belongs to another run.
pub(super) fn message_id_taken() -> Rule {
    updated(
        "MID#1707503008#u1",
        "SET runId",
        Err(json!({ "runId": "r9" })),
    )
}

/// Mocks the release of a message id.
fn released() -> Rule {
    mock!(Table::delete_item)
        .match_requests(|delete| {
            let condition = "runId = :run AND attribute_not_exists(#number)";
            delete.condition_expression() == Some(condition)
        })
        .then_output(|| DeleteItemOutput::builder().build())
}

/// Mocks an update of the item under this sort key whose expression contains `part`. An error returns the item as
/// it is.
pub(super) fn updated(key: &'static str, part: &'static str, result: Result<Value, Value>) -> Rule {
    let rule = mock!(Table::update_item).match_requests(move |update| {
        sort(update) == Some(key)
            && update
                .update_expression()
                .is_some_and(|text| text.contains(part))
    });
    respond(rule, result)
}

fn respond(rule: UpdateRule, result: Result<Value, Value>) -> Rule {
    match result {
        Ok(new) => rule.then_output(move || {
            UpdateItemOutput::builder()
                .set_attributes(Some(item(&new)))
                .build()
        }),
        Err(old) => rule.then_error(move || {
            let code = ErrorMetadata::builder()
                .code("ConditionalCheckFailedException")
                .build();
            let failed = ConditionalCheckFailedException::builder().set_item(Some(item(&old)));
            UpdateItemError::ConditionalCheckFailedException(failed.meta(code).build())
        }),
    }
}

fn sort(update: &UpdateItemInput) -> Option<&str> {
    let sort = update.key().and_then(|key| key.get("item"));
    sort.and_then(|sort| sort.as_s().ok()).map(String::as_str)
}

/// Mocks sending the job of this run.
pub(super) fn sent(run: &'static str, result: Result<(), ()>) -> Rule {
    let body = json!({"v": 2, "owner": "anonymous", "threadId": "t1", "runId": run, "connection": CONNECTION}).to_string();
    let rule = mock!(Sqs::send_message).match_requests(move |send| {
        send.message_body() == Some(&body) && send.message_group_id() == Some(CONNECTION)
    });
    match result {
        Ok(()) => rule.then_output(|| SendMessageOutput::builder().build()),
        Err(()) => rule.then_error(|| SendMessageError::unhandled("the queue is down")),
    }
}
