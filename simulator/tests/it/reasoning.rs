//! Reasoning: streamed, signed, and wanted back.

use aws_sdk_bedrockruntime::{
    error::ProvideErrorMetadata,
    types::{ContentBlock, Message},
};

use crate::harness::{
    answer::Answer,
    message::{thought, user},
    simulator::{Simulator, refused},
};

#[tokio::test]
async fn a_thought_comes_before_the_text_with_a_signature() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:reasoning").await;
    let thought = &answer.blocks[&0];
    assert_eq!(
        thought.reasoning,
        "The question is simple, so the answer is short."
    );
    assert!(
        thought
            .signature
            .as_ref()
            .is_some_and(|signature| signature.len() > 40),
        "{thought:?}"
    );
    assert_eq!(answer.blocks[&1].text, "The answer is four.");
    assert!(
        !answer.events.iter().any(|event| event.starts_with("block")),
        "neither kind of block has a start"
    );
}

#[tokio::test]
async fn a_thought_returned_as_it_was_is_accepted() {
    let simulator = Simulator::start().await;
    for scenario in [
        "sim:reasoning-tool",
        "sim:reasoning-hidden",
        "sim:reasoning-redacted",
        "sim:reasoning-two-tools",
    ] {
        let (question, first) = (user(scenario), simulator.answer(scenario).await);
        let messages = vec![question, first.message(), first.results("sunny")];
        let second = Answer::read(simulator.converse(messages).send().await.unwrap()).await;
        assert_eq!(second.stop.as_deref(), Some("end_turn"), "{scenario}");
    }
}

#[tokio::test]
async fn a_hidden_thought_is_a_signature_without_text() {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:reasoning-hidden").await;
    assert_eq!(
        (
            answer.blocks[&0].reasoning.as_str(),
            answer.blocks[&0].deltas
        ),
        ("", 1)
    );
    let answer = simulator.answer("sim:reasoning-redacted").await;
    assert_eq!(
        answer.blocks[&0].redacted.as_deref(),
        Some(b"simulated-redacted-thought".as_slice())
    );
}

#[tokio::test]
async fn a_changed_thought_is_refused() {
    let (simulator, first) = thinking().await;
    let signature = first.blocks[&0].signature.clone().unwrap();
    let mut changed = first.message();
    changed.content[0] = thought("Something else.", &signature);
    let message = answered(&simulator, &first, changed).await;
    assert!(
        message.contains("Invalid `signature` in `thinking` block"),
        "{message}"
    );
}

#[tokio::test]
async fn a_made_up_signature_is_refused() {
    let (simulator, first) = thinking().await;
    let mut changed = first.message();
    changed.content[0] = thought(&first.blocks[&0].reasoning, "made-up");
    let message = answered(&simulator, &first, changed).await;
    assert!(
        message.contains("Invalid `signature` in `thinking` block"),
        "{message}"
    );
}

#[tokio::test]
async fn a_missing_thought_is_refused_while_its_tool_is_answered() {
    let (simulator, first) = thinking().await;
    let mut changed = first.message();
    changed.content.remove(0);
    let message = answered(&simulator, &first, changed).await;
    assert!(
        message.contains("Expected `thinking` or `redacted_thinking`"),
        "{message}"
    );
}

#[tokio::test]
async fn calls_may_come_back_under_names_of_the_caller() {
    let (simulator, first) = thinking().await;
    let renamed = |message: Message| {
        let rename = |mut block: ContentBlock| {
            match &mut block {
                ContentBlock::ToolUse(call) => call.tool_use_id = "mine".to_owned(),
                ContentBlock::ToolResult(result) => result.tool_use_id = "mine".to_owned(),
                _ => {}
            }
            block
        };
        let blocks = message.content.into_iter().map(rename).collect();
        Message::builder()
            .role(message.role)
            .set_content(Some(blocks))
            .build()
            .unwrap()
    };
    let messages = vec![
        user("sim:reasoning-tool"),
        renamed(first.message()),
        renamed(first.results("sunny")),
    ];
    let second = simulator.converse(messages).send().await.unwrap();
    assert_eq!(Answer::read(second).await.stop.as_deref(), Some("end_turn"));
}

#[tokio::test]
async fn another_models_signature_is_let_pass() {
    let (simulator, first) = thinking().await;
    let messages = vec![
        user("sim:reasoning-tool"),
        first.message(),
        first.results("sunny"),
    ];
    let request = simulator
        .converse(messages)
        .model_id("eu.anthropic.claude-sonnet-5");
    let second = Answer::read(request.send().await.unwrap()).await;
    assert_eq!(second.stop.as_deref(), Some("end_turn"));
}

async fn thinking() -> (Simulator, Answer) {
    let simulator = Simulator::start().await;
    let answer = simulator.answer("sim:reasoning-tool").await;
    (simulator, answer)
}

/// The refusal of a tool turn with a changed assistant message.
async fn answered(simulator: &Simulator, first: &Answer, assistant: Message) -> String {
    let messages = vec![
        user("sim:reasoning-tool"),
        assistant,
        first.results("sunny"),
    ];
    let error = refused(simulator.converse(messages)).await;
    assert_eq!(error.code(), Some("ValidationException"));
    error.message().unwrap().to_owned()
}
