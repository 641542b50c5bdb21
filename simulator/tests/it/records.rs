//! `/_sim/requests` and `/_sim/streams`.

use serde_json::json;

use crate::harness::{
    answer::Answer,
    simulator::{MODEL, Simulator, refused},
};

#[tokio::test]
async fn requests_are_shown_as_received() {
    let simulator = Simulator::start().await;
    let request = simulator
        .ask("sim:text")
        .set_tool_config(None)
        .request_metadata("run", "r-1");
    Answer::read(request.send().await.unwrap()).await;
    refused(simulator.ask("sim:fault-throttling")).await;

    let requests = simulator.get("/_sim/requests").await;
    assert_eq!(requests.as_array().unwrap().len(), 2);
    let first = &requests[0];
    assert_eq!(
        (&first["model"], &first["operation"]),
        (&json!(MODEL), &json!("converse-stream"))
    );
    assert_eq!(
        first["body"],
        json!({ "messages": [{ "role": "user", "content": [{ "text": "sim:text" }] }], "requestMetadata": { "run": "r-1" } })
    );
    assert_eq!(first["headers"]["content-type"], "application/json");
    assert!(first["headers"].get("authorization").is_none());
    assert!(first["at"].as_u64().unwrap() > 1_700_000_000_000);
    assert!(first.get("error").is_none());
    assert_eq!(
        (
            &requests[1]["error"]["status"],
            &requests[1]["error"]["type"]
        ),
        (&json!(429), &json!("ThrottlingException"))
    );
}

#[tokio::test]
async fn streams_carry_the_callers_labels_and_can_be_cleared() {
    let simulator = Simulator::start().await;
    let request = simulator.ask("sim:text").request_metadata("run", "r-1");
    Answer::read(request.send().await.unwrap()).await;
    let requests = simulator.get("/_sim/requests").await;
    let streams = simulator
        .eventually("/_sim/streams", |streams| streams[0]["state"] == "finished")
        .await;
    assert_eq!(
        (&streams[0]["id"], &streams[0]["model"]),
        (&requests[0]["id"], &json!(MODEL))
    );
    assert_eq!(streams[0]["requestMetadata"], json!({ "run": "r-1" }));

    for path in ["/_sim/requests", "/_sim/streams", "/_sim/calls"] {
        let url = format!("{}{path}", simulator.url);
        assert_eq!(
            simulator.http.delete(url).send().await.unwrap().status(),
            204
        );
        assert_eq!(simulator.get(path).await, json!([]), "{path}");
    }
}

#[tokio::test]
async fn a_refused_request_opens_no_stream() {
    let simulator = Simulator::start().await;
    refused(simulator.ask("sim:fault-5xx")).await;
    assert_eq!(simulator.get("/_sim/streams").await, json!([]));
}
