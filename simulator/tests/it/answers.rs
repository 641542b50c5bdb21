//! The rule-based model: what it says, what it calls, what it remembers.

use serde_json::json;

use crate::harness::{
    answer::Answer,
    message::{failure, user},
    simulator::Simulator,
};

#[tokio::test]
async fn greets_word_by_word_with_all_events_in_order() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("Hey!").await;
    assert_eq!(answer.text(), "Hello! How can I help you today?");
    assert_eq!(
        answer.events,
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
    assert_eq!(answer.stop.as_deref(), Some("end_turn"));
    assert_eq!(answer.usage, Some((1, 8, 9)));
    assert!(answer.latency_ms.unwrap() >= 60, "{answer:?}");
}

#[tokio::test]
async fn calls_the_weather_and_says_what_it_said() {
    let simulator = Simulator::start().await;
    let question = user("How is the weather in New York?");
    let first = Answer::read(
        simulator
            .converse(vec![question.clone()])
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(
        first.calls(),
        [("get_weather".to_owned(), json!({ "location": "New York" }))]
    );
    assert_eq!(
        (first.stop.as_deref(), first.text().as_str()),
        (Some("tool_use"), "")
    );
    assert!(first.blocks[&0].deltas > 1, "the input comes in fragments");

    let messages = vec![question, first.message(), first.results("Clear sky, 24 °C")];
    let second = Answer::read(simulator.converse(messages).send().await.unwrap()).await;
    assert_eq!(
        (second.stop.as_deref(), second.text().as_str()),
        (Some("end_turn"), "It is sunny in New York.")
    );
}

#[tokio::test]
async fn several_places_are_called_in_parallel() {
    let simulator = Simulator::start().await;
    let answer = simulator
        .answer("What is the weather in Berlin and in Tokyo?")
        .await;
    let places: Vec<_> = answer.calls().into_iter().map(|(_, input)| input).collect();
    assert_eq!(
        places,
        [
            json!({ "location": "Berlin" }),
            json!({ "location": "Tokyo" })
        ]
    );
}

#[tokio::test]
async fn a_failed_tool_is_reported() {
    let simulator = Simulator::start().await;
    let question = user("How is the weather in New York?");
    let first = simulator.answer("How is the weather in New York?").await;
    let failure = failure(&first.blocks[&0].tool.clone().unwrap().0, "no such place");
    let mut result = first.results("x");
    result.content = vec![failure];
    let answer = Answer::read(
        simulator
            .converse(vec![question, first.message(), result])
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(answer.text(), "The tool get_weather failed: no such place.");
}

#[tokio::test]
async fn earlier_turns_are_remembered() {
    let simulator = Simulator::start().await;
    let told = simulator.answer("My name is Ada.").await;
    assert_eq!(told.text(), "Nice to meet you, Ada!");
    let messages = vec![
        user("My name is Ada."),
        told.message(),
        user("What is my name?"),
    ];
    let answer = Answer::read(simulator.converse(messages).send().await.unwrap()).await;
    assert_eq!(answer.text(), "Your name is Ada.");
}

#[tokio::test]
async fn each_tool_is_called_when_asked_for() {
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
            simulator.answer(question).await.calls(),
            [(tool.to_owned(), input)],
            "{question}"
        );
    }
}

#[tokio::test]
async fn no_tool_is_called_that_is_not_offered() {
    let simulator = Simulator::start().await;
    let request = simulator
        .ask("How is the weather in New York?")
        .set_tool_config(None);
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!(
        (answer.calls(), answer.text().as_str()),
        (vec![], "I have no tool to look at the weather.")
    );
}
