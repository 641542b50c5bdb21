//! Replies and tool calls of the rule-based model.

use serde_json::json;

use crate::harness::{
    message::{failed_tool_result, user_message},
    response::Response,
    simulator::Simulator,
};

#[tokio::test]
async fn greeting_streams_one_word_per_delta_with_all_events_in_order() {
    let simulator = Simulator::start().await;
    let response = simulator.response("Hey!").await;
    assert_eq!(response.text(), "Hello! How can I help you today?");
    assert_eq!(
        response.events,
        [
            "start assistant",
            "delta 0",
            "delta 0",
            "delta 0",
            "delta 0",
            "delta 0",
            "delta 0",
            "delta 0",
            "stop 0",
            "end",
            "metadata"
        ]
    );
    assert_eq!(response.stop_reason.as_deref(), Some("end_turn"));
    assert_eq!(response.usage, Some((1, 8, 9)));
    assert!(response.latency_ms.unwrap() >= 60, "{response:?}");
}

#[tokio::test]
async fn weather_question_calls_the_tool_and_converts_its_result_to_a_sentence() {
    let simulator = Simulator::start().await;
    let question = user_message("How is the weather in New York?");
    let request = simulator.request_with(vec![question.clone()]);
    let first = Response::receive(request.model_id("simulator")).await;
    assert_eq!(
        first.calls(),
        [("get_weather".to_owned(), json!({ "location": "New York" }))]
    );
    assert_eq!(
        (first.stop_reason.as_deref(), first.text().as_str()),
        (Some("tool_use"), "")
    );
    assert!(first.blocks[&0].deltas > 1, "the input has several deltas");

    let messages = vec![question, first.message(), first.results("Clear sky, 24 °C")];
    let second = Response::receive(simulator.request_with(messages)).await;
    assert_eq!(
        (second.stop_reason.as_deref(), second.text().as_str()),
        (Some("end_turn"), "It is sunny in New York.")
    );
}

#[tokio::test]
async fn question_about_two_places_makes_two_parallel_calls() {
    let simulator = Simulator::start().await;
    let response = simulator
        .response("What is the weather in Berlin and in Tokyo?")
        .await;
    let places: Vec<_> = response
        .calls()
        .into_iter()
        .map(|(_, input)| input)
        .collect();
    assert_eq!(
        places,
        [
            json!({ "location": "Berlin" }),
            json!({ "location": "Tokyo" })
        ]
    );
}

#[tokio::test]
async fn reply_reports_a_failed_tool() {
    let simulator = Simulator::start().await;
    let question = user_message("How is the weather in New York?");
    let first = simulator.response("How is the weather in New York?").await;
    let failed = failed_tool_result(&first.blocks[&0].tool.clone().unwrap().0, "no such place");
    let mut result = first.results("x");
    result.content = vec![failed];
    let response =
        Response::receive(simulator.request_with(vec![question, first.message(), result])).await;
    assert_eq!(
        response.text(),
        "The tool get_weather failed: no such place."
    );
}

#[tokio::test]
async fn reply_uses_the_name_from_an_earlier_prompt() {
    let simulator = Simulator::start().await;
    let told = simulator.response("My name is Ada.").await;
    assert_eq!(told.text(), "Nice to meet you, Ada!");
    let messages = vec![
        user_message("My name is Ada."),
        told.message(),
        user_message("What is my name?"),
    ];
    let response = Response::receive(simulator.request_with(messages)).await;
    assert_eq!(response.text(), "Your name is Ada.");
}

#[tokio::test]
async fn each_tool_is_called_for_its_question() {
    let simulator = Simulator::start().await;
    for (question, tool, input) in [
        (
            "What is the return policy?",
            "kb_lookup",
            json!({ "query": "What is the return policy?" }),
        ),
        (
            "What time is it in Tokyo?",
            "current_time",
            json!({ "timezone": "Asia/Tokyo" }),
        ),
        (
            "What time is it?",
            "current_time",
            json!({ "timezone": "UTC" }),
        ),
        (
            "What is the top song on WZPZ?",
            "top_song",
            json!({ "sign": "WZPZ" }),
        ),
        (
            "call top_song {\"sign\":\"KEXP\"}",
            "top_song",
            json!({ "sign": "KEXP" }),
        ),
    ] {
        assert_eq!(
            simulator.response(question).await.calls(),
            [(tool.to_owned(), input)],
            "{question}"
        );
    }
}

#[tokio::test]
async fn tool_that_is_not_on_offer_is_not_called() {
    let simulator = Simulator::start().await;
    let request = simulator
        .request("How is the weather in New York?")
        .set_tool_config(None);
    let response = Response::receive(request).await;
    assert_eq!(
        (response.calls(), response.text().as_str()),
        (vec![], "I have no tool to look at the weather.")
    );
}
