//! Requests that are refused.

use longwire_identity::mode::Mode;
use serde_json::{Value, json};

use super::stage::{Stage, event, request};

fn durable(mut request: Value) -> Value {
    request["durable"] = json!(true);
    request
}

async fn refused(request: &Value) -> String {
    let stage = Stage::new();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    let (kind, message) = stage.invoke(request).await.expect_err("a refusal");
    assert_eq!(kind, "InvalidRequest", "{message}");
    assert!(stage.frames("a").is_empty());
    message
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_what_is_wrong() {
    let target =
        "`target` must be a `userId`, a `userId` with a `threadId`, a `connectionId`, or a `room`";
    let without = |name: &str| {
        let mut request = request(&json!({"userId": "u_7"}), "e1");
        request["event"]
            .as_object_mut()
            .expect("an event")
            .remove(name);
        request
    };
    for (request, message) in [
        (
            without("id"),
            "`event`: `id` must be a text that is not empty",
        ),
        (
            without("specversion"),
            "`event`: `specversion` must be \"1.0\"",
        ),
        (request(&json!({}), "e1"), target),
        (request(&json!({"threadId": "t_1"}), "e1"), target),
        (
            request(&json!({"userId": "u_7", "connectionId": "a"}), "e1"),
            target,
        ),
        (
            request(&json!({"userId": "u_7", "room": "ops"}), "e1"),
            target,
        ),
        (
            request(&json!({"connectionId": "a", "room": "ops"}), "e1"),
            target,
        ),
        (
            request(&json!({"room": "a/b"}), "e1"),
            "`room` must be 1 to 128 characters of letters, digits, '.', '_', ':' or '-'",
        ),
        (
            request(&json!({"room": "lobby"}), "e1"),
            "`room` names no room of this deployment",
        ),
        (
            durable(request(&json!({"room": "ops"}), "e1")),
            "`durable` needs a `target` with a `userId`",
        ),
        (request(&json!({"connectionId": ""}), "e1"), target),
        (request(&json!({"connectionId": "a#push#1"}), "e1"), target),
        (
            request(&json!({"userId": "anonymous"}), "e1"),
            "`userId` must be 1 to 128 characters of letters, digits, '.', '_', ':', '-' and '%', as `ready` shows it",
        ),
        (
            request(&json!({"userId": "auth0|7"}), "e1"),
            "`userId` must be 1 to 128 characters of letters, digits, '.', '_', ':', '-' and '%', as `ready` shows it",
        ),
        (
            request(&json!({"userId": "u_7", "threadId": "t/1"}), "e1"),
            "`threadId` must be 1 to 128 characters of letters, digits, '.', '_', ':' or '-'",
        ),
        (event("e1"), target),
    ] {
        assert_eq!(refused(&request).await, message, "{request}");
    }
    for unreadable in [
        json!({"target": {"userId": "u_7"}}),
        json!({"target": {"userId": "u_7", "group": "x"}, "event": event("e1")}),
        json!({"target": {"userId": "u_7"}, "event": event("e1"), "durabel": true}),
        json!({"Records": [{"eventSource": "aws:s3"}]}),
        json!([]),
        json!("x"),
    ] {
        let message = refused(&unreadable).await;
        assert!(
            message.starts_with("the request cannot be read") || message.starts_with("`Records`"),
            "{message}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_repeats_little_of_the_request() {
    let mut unknown = request(&json!({"userId": "u_7"}), "e1");
    unknown["x".repeat(10_000)] = json!(1);
    let wrong_type = json!({"target": "x".repeat(10_000), "event": event("e1")});
    for request in [unknown, wrong_type] {
        let message = refused(&request).await;
        assert!(message.len() < 300, "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_does_not_fit_into_a_frame_is_refused_with_its_size() {
    for (bytes, fits) in [(27_000, true), (240_000, false)] {
        let stage = Stage::new();
        stage.connect("a", "u_7", "t_1", |_| {}).await;
        let mut request = request(&json!({"userId": "u_7"}), "e1");
        request["event"]["data"] = json!("x".repeat(bytes));
        let result = stage.invoke(&request).await;
        assert_eq!(result.is_ok(), fits, "{bytes}");
        assert_eq!(stage.frames("a").len(), usize::from(fits));
        if let Err((kind, message)) = result {
            assert_eq!(kind, "InvalidRequest");
            let expected = "the event takes 240086 bytes, and at most 27832 are possible";
            assert_eq!(message, expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bare_event_names_its_target_in_attributes() {
    let stage = Stage::new();
    stage.connect("a", "u_7", "t_1", |_| {}).await;
    stage.connect("b", "u_7", "t_2", |_| {}).await;
    let mut bare = event("e1");
    bare["lwuser"] = json!("u_7");
    let response = stage.invoke(&bare).await.expect("a response");
    assert_eq!(response["delivered"], 2);
    let mut bare = event("e2");
    bare["lwuser"] = json!("u_7");
    bare["lwthread"] = json!("t_2");
    let response = stage.invoke(&bare).await.expect("a response");
    assert_eq!(response["delivered"], 1);
    assert_eq!(stage.frames("b")[1]["event"], bare);
    stage.join("a", "ops").await;
    let mut bare = event("e3");
    bare["lwroom"] = json!("ops");
    let response = stage.invoke(&bare).await.expect("a response");
    assert_eq!(response["delivered"], 1);
    assert_eq!(stage.frames("a")[1]["event"], bare);
    bare["lwuser"] = json!("u_7");
    assert!(stage.invoke(&bare).await.is_err(), "two targets");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_or_started_for_the_shared_user_of_another_mode() {
    for (auth, user, admitted) in [
        (Mode::Oidc, "@none", false),
        (Mode::Oidc, "@token", false),
        (Mode::Oidc, "u_7", true),
        (Mode::Token, "@none", false),
        (Mode::Token, "@token", true),
        (Mode::None, "@none", true),
    ] {
        let mut stage = Stage::new();
        stage.deps.settings.auth = auth;
        let plain = request(&json!({"userId": user}), "e1");
        let mut prompt = request(&json!({"userId": user, "threadId": "t_1"}), "e2");
        prompt["prompt"] = json!("Tell the user.");
        let mut bare = event("e3");
        bare["lwuser"] = json!(user);
        bare["lwdurable"] = json!(true);
        assert!(stage.invoke(&plain).await.is_ok());
        for request in [durable(plain), prompt, bare] {
            let response = stage.invoke(&request).await;
            assert_eq!(
                response.is_ok(),
                admitted,
                "{auth:?} {request} {response:?}"
            );
            if let Err((kind, message)) = response {
                assert_eq!(kind, "InvalidRequest");
                assert!(message.contains("another `AUTH`"), "{message}");
            }
        }
        assert_eq!(stage.jobs().len(), usize::from(admitted));
    }
}
