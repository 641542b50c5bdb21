//! Records at `/_sim/requests`, `/_sim/streams` and `/_sim/calls`.

use serde_json::json;

use crate::harness::{
    response::Response,
    simulator::{MODEL, Simulator, service_error},
};

#[tokio::test]
async fn request_records_have_the_body_the_headers_and_the_error() {
    let simulator = Simulator::start().await;
    let request = simulator
        .request("sim:text")
        .set_tool_config(None)
        .request_metadata("run", "r-1");
    Response::receive(request).await;
    service_error(simulator.request("sim:fault-throttling")).await;

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
async fn stream_records_have_the_request_metadata_and_records_can_be_cleared() {
    let simulator = Simulator::start().await;
    let request = simulator.request("sim:text").request_metadata("run", "r-1");
    Response::receive(request).await;
    let requests = simulator.get("/_sim/requests").await;
    let streams = simulator
        .wait_for("/_sim/streams", |streams| streams[0]["state"] == "finished")
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
async fn rejected_request_has_no_stream_record() {
    let simulator = Simulator::start().await;
    service_error(simulator.request("sim:fault-5xx")).await;
    assert_eq!(simulator.get("/_sim/streams").await, json!([]));
}
