//! The binary: ready line and shutdown.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

#[test]
fn process_prints_its_url_and_exits_on_sigterm_with_an_open_stream() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_simulator"))
        .args(["--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let url = line
        .trim()
        .strip_prefix("listening on ")
        .unwrap()
        .to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{line}");

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let body = serde_json::json!({ "messages": [{ "role": "user", "content": [{ "text": "sim:stall" }] }] });
        let request = reqwest::Client::new().post(format!("{url}/model/m/converse-stream")).json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/vnd.amazon.eventstream");
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        let code = exit_code(&mut child).await;
        drop(response);
        assert_eq!(code, Some(0));
    });
}

async fn exit_code(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        assert!(Instant::now() < deadline, "the process is still running");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
