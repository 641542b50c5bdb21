use longwire_store::threads::overdue::Overdue;
use serde_json::json;

use super::scripted::{Scripted, key, run_id};

#[tokio::test]
async fn overdue_runs_are_queried_by_their_deadline() {
    let entry = json!({
        "thread": { "S": "anonymous/t_1" }, "item": { "S": "RUN#r_1" },
        "open": { "S": "a" }, "wakeBy": { "N": "1165" }
    });
    let table = Scripted::with_responses([(200, json!({ "Items": [entry] }))]).await;
    let runs = table.threads().overdue("a", 2000).await;
    let overdue = Overdue {
        key: key(),
        run_id: Some(run_id()),
        wake_by: 1165,
    };
    assert_eq!(runs.expect("a response"), [overdue]);
    let body = table.last_body();
    assert_eq!(body["IndexName"], "open_runs");
    assert_eq!(body["ExpressionAttributeValues"][":now"]["N"], "2000");
}
