//! Requests keep every rule of Bedrock for any stored conversation.

pub(crate) mod rules;

use longwire_agent::context_window::{self, OwnReasoning, Room, Window};
use longwire_agent::model::{Part, Turn};
use longwire_core::ids::{CallId, MessageId, RunId};
use longwire_core::message::{Block, Message, Role};
use longwire_core::tool::{ToolCall, ToolOutcome, ToolResult};
use proptest::prelude::*;
use serde_json::{Value, json};

use rules::check;

fn message_id() -> MessageId {
    MessageId::trusted("m")
}

fn run() -> RunId {
    RunId::trusted("r_1")
}

fn text(text: &str) -> Block {
    Block::Text {
        id: message_id(),
        text: text.to_owned(),
    }
}

fn call(id: &str, name: &str, input: &Value) -> Block {
    Block::ToolCall(ToolCall {
        id: CallId::trusted(id),
        name: name.to_owned(),
        arguments: input
            .as_str()
            .map_or_else(|| input.to_string(), str::to_owned),
        parent: message_id(),
    })
}

fn result(id: &str, outcome: ToolOutcome, content: &str) -> Block {
    Block::ToolResult(ToolResult {
        message_id: message_id(),
        call_id: CallId::trusted(id),
        outcome,
        content: content.to_owned(),
        decision: None,
    })
}

fn user(blocks: Vec<Block>) -> Message {
    Message::new(Role::User, run(), blocks)
}

fn assistant(blocks: Vec<Block>) -> Message {
    Message {
        model: Some(MODEL.to_owned()),
        ..Message::new(Role::Assistant, run(), blocks)
    }
}

fn cancelled(blocks: Vec<Block>) -> Message {
    Message {
        cancelled: true,
        ..assistant(blocks)
    }
}

/// Model of the run's messages.
const MODEL: &str = "scripted";

/// Turns of the part of a conversation that a window shows, with the reasoning of the run.
pub(crate) fn turns(stored: &[Message], window: Window) -> Vec<Turn> {
    let room = Room::new(u64::MAX, 0, "", &[]);
    let start = context_window::start(stored, window, room);
    let own = OwnReasoning {
        run_id: &run(),
        model: MODEL,
    };
    context_window::turns(&stored[start..], None, window.cache_points, Some(own))
}

fn whole() -> Window {
    Window {
        messages: usize::MAX,
        before: 0,
        cache_points: false,
    }
}

fn text_turn(role: Role, texts: &[&str]) -> Turn {
    Turn {
        role,
        parts: texts
            .iter()
            .map(|text| Part::Text((*text).to_owned()))
            .collect(),
    }
}

// Few ids and texts, so that collisions and illegal values are frequent.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just(" \n\t".to_owned()),
        Just("\u{a0}\u{3000}".to_owned()),
        "[a-z ö]{1,8}",
        "\\PC{0,6}",
    ]
}

fn any_id() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[abc]",
        1 => "call_[0-3]",
        1 => Just(String::new()),
        1 => Just("x".repeat(128)),
        1 => Just("ä b/".to_owned()),
    ]
}

fn any_input() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("{\"cut\":")),
        Just(json!([1, null])),
        Just(json!(true)),
        Just(json!({})),
        Just(json!({"location": "New York", "deep": {"list": [1, 2.5, {"x": null}]}})),
    ]
}

fn any_block() -> impl Strategy<Value = Block> {
    let outcome = prop_oneof![
        Just(ToolOutcome::Success),
        Just(ToolOutcome::Error),
        Just(ToolOutcome::Cancelled)
    ];
    let signature = proptest::option::of(prop_oneof![Just(String::new()), "[A-Z]{1,4}"]);
    prop_oneof![
        3 => any_text().prop_map(|content| text(&content)),
        1 => (any_text(), signature)
            .prop_map(|(text, signature)| Block::Reasoning { text, signature }),
        1 => prop_oneof![Just("c2VhbA=="), Just(""), Just("not base64!")]
            .prop_map(|data| Block::RedactedReasoning { data: data.to_owned() }),
        3 => (any_id(), prop_oneof!["[a-z_]{1,9}", any_text(), Just("n".repeat(99))], any_input())
            .prop_map(|(id, name, input)| call(&id, &name, &input)),
        3 => (any_id(), outcome, any_text())
            .prop_map(|(id, outcome, content)| result(&id, outcome, &content)),
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    let role = prop_oneof![Just(Role::User), Just(Role::Assistant)];
    let blocks = prop::collection::vec(any_block(), 0..5);
    let id = prop_oneof![4 => "[a-z]{8}", 1 => Just("m_same".to_owned())];
    (id, role, blocks, any::<[bool; 3]>()).prop_map(
        |(id, role, blocks, [cancelled, calling, steered])| Message {
            id: MessageId::trusted(id),
            cancelled,
            calling,
            steered,
            model: Some(MODEL.to_owned()),
            ..Message::new(role, run(), blocks)
        },
    )
}

fn any_conversation() -> impl Strategy<Value = Vec<Message>> {
    prop::collection::vec(any_message(), 0..24)
}

fn any_window() -> impl Strategy<Value = Window> {
    (0usize..30, 0usize..50, any::<bool>()).prop_map(|(messages, before, cache_points)| Window {
        messages,
        before,
        cache_points,
    })
}

/// Valid question and answer, and the turns that they must become.
fn valid_exchange(number: usize) -> impl Strategy<Value = (Vec<Message>, Vec<Turn>)> {
    let words = "[a-z]{1,6}( [a-z]{1,6}){0,3}";
    (words, words, 0usize..4, any::<bool>()).prop_map(move |(question, answer, calls, reasons)| {
        let mut messages = vec![Message::user(message_id(), run(), question.clone())];
        let mut turns = vec![text_turn(Role::User, &[&question])];
        if calls > 0 {
            let (mut blocks, mut parts) = (vec![text("Let me see.")], Vec::new());
            if reasons {
                blocks.insert(
                    0,
                    Block::RedactedReasoning {
                        data: "c2VhbA==".to_owned(),
                    },
                );
                parts.push(Part::RedactedReasoning("c2VhbA==".to_owned()));
                let signature = Some("signature".to_owned());
                blocks.insert(
                    1,
                    Block::Reasoning {
                        text: String::new(),
                        signature: signature.clone(),
                    },
                );
                parts.push(Part::Reasoning {
                    text: String::new(),
                    signature,
                });
            }
            parts.push(Part::Text("Let me see.".to_owned()));
            let (mut results, mut result_parts) = (Vec::new(), Vec::new());
            for index in 0..calls {
                let id = format!("tc_{number}_{index}");
                let input = json!({"n": index});
                blocks.push(call(&id, "get_weather", &input));
                parts.push(Part::ToolCall {
                    id: CallId::trusted(id.clone()),
                    name: "get_weather".to_owned(),
                    input,
                });
                results.push(result(&id, ToolOutcome::Success, &answer));
                result_parts.push(Part::ToolResult {
                    id: CallId::trusted(id),
                    error: false,
                    text: answer.clone(),
                });
            }
            messages.extend([assistant(blocks), user(results)]);
            turns.push(Turn {
                role: Role::Assistant,
                parts,
            });
            turns.push(Turn {
                role: Role::User,
                parts: result_parts,
            });
        }
        messages.push(assistant(vec![text(&answer)]));
        turns.push(text_turn(Role::Assistant, &[&answer]));
        (messages, turns)
    })
}

/// Valid exchanges and one more question.
fn valid_conversation() -> impl Strategy<Value = (Vec<Message>, Vec<Turn>)> {
    let exchanges: Vec<_> = (0..6).map(valid_exchange).collect();
    (exchanges, 0usize..6).prop_map(|(exchanges, length)| {
        let (mut messages, mut turns) = (Vec::new(), Vec::new());
        for (m, t) in exchanges.into_iter().take(length) {
            messages.extend(m);
            turns.extend(t);
        }
        messages.push(Message::user(message_id(), run(), "and now?"));
        turns.push(text_turn(Role::User, &["and now?"]));
        (messages, turns)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_conversation_in_any_window_becomes_a_valid_request(
        stored in any_conversation(),
        window in any_window(),
    ) {
        let turns = turns(&stored, window);
        prop_assert_eq!(check(&turns), Ok(()), "{:#?}", turns);
    }

    #[test]
    fn the_last_user_message_is_always_in_the_request(
        stored in any_conversation(),
        window in any_window(),
    ) {
        // A window begins at a prompt, which each text for an unfinished run follows.
        let prompted = stored.iter().any(Message::is_prompt);
        let question = stored.iter().rev().find(|m| m.is_plain_user()).filter(|_| prompted);
        let turns = turns(&stored, window);
        for block in question.iter().flat_map(|m| &m.blocks) {
            if let Block::Text { text, .. } = block && !text.trim().is_empty() {
                let found = turns.iter().flat_map(|t| &t.parts).any(|p| *p == Part::Text(text.clone()));
                prop_assert!(found, "{:?} is missing in {:#?}", text, turns);
            }
        }
    }

    #[test]
    fn a_valid_conversation_is_not_changed((stored, expected) in valid_conversation()) {
        prop_assert_eq!(turns(&stored, whole()), expected);
    }

    #[test]
    fn a_window_shows_the_end_of_a_valid_conversation(
        (stored, expected) in valid_conversation(),
        messages in 1usize..30,
    ) {
        let shown = turns(&stored, Window { messages, ..whole() });
        prop_assert!(shown.len() <= messages.max(1));
        prop_assert_eq!(&expected[expected.len() - shown.len()..], &shown[..]);
        if stored.len() <= messages {
            prop_assert_eq!(shown.len(), expected.len());
        }
    }
}

#[test]
fn an_empty_conversation_becomes_a_placeholder() {
    let placeholder = [text_turn(Role::User, &["[The message was empty.]"])];
    for stored in [vec![], vec![user(vec![])], vec![user(vec![text(" \n")])]] {
        assert_eq!(turns(&stored, whole()), placeholder);
    }
}

#[test]
fn a_conversation_without_a_question_begins_with_an_answer() {
    let stored = [
        user(vec![result("a", ToolOutcome::Success, "1")]),
        assistant(vec![text("Hi")]),
        user(vec![result("b", ToolOutcome::Success, "2")]),
    ];
    let expected = [
        text_turn(Role::User, &["[Earlier messages are left out.]"]),
        text_turn(Role::Assistant, &["Hi"]),
        text_turn(Role::User, &["[The message was empty.]"]),
    ];
    assert_eq!(turns(&stored, whole()), expected);
}

#[test]
fn the_question_stands_before_an_answer_with_which_a_window_begins() {
    let shown = [
        assistant(vec![call("a", "t", &json!({}))]),
        user(vec![result("a", ToolOutcome::Success, "1")]),
    ];
    let question = Some("Which song is the best?");
    let turns = context_window::turns(&shown, question, false, None);
    let expected = [
        "[Earlier messages are left out.]",
        "Which song is the best?",
    ];
    assert_eq!(turns[0], text_turn(Role::User, &expected));
    assert_eq!(turns.len(), 3);
    let prompt = [user(vec![text("Hello?")])];
    let turns = context_window::turns(&prompt, question, false, None);
    assert_eq!(turns, [text_turn(Role::User, &["Hello?"])]);
}

#[test]
fn a_filtered_run_shows_that_the_calls_were_made_with_which_it_began() {
    let of = |run: &str, message: Message| Message {
        run_id: RunId::trusted(run),
        ..message
    };
    let stored = [
        of("r_1", user(vec![text("Refund it.")])),
        of("r_1", assistant(vec![call("a", "refund", &json!({}))])),
        of(
            "r_2",
            user(vec![result("a", ToolOutcome::Success, "secret")]),
        ),
        Message {
            filtered: true,
            ..of("r_2", assistant(vec![text("no")]))
        },
        of("r_3", user(vec![text("And?")])),
    ];
    let turns = context_window::turns(&stored, None, false, None);
    let Part::ToolResult { error, text, .. } = &turns[2].parts[0] else {
        panic!("a result: {turns:?}")
    };
    assert!(!error && text.contains("a filter stopped it"), "{text}");
    assert_eq!(turns[2].parts[1], Part::Text("And?".to_owned()));
}

#[test]
fn a_cancelled_answer_is_followed_by_a_placeholder() {
    let stored = [
        user(vec![text("Tell a story")]),
        cancelled(vec![text("Once upon")]),
        user(vec![text("Shorter")]),
        cancelled(vec![]),
        user(vec![text("Hello?")]),
    ];
    assert_eq!(
        turns(&stored, whole()),
        [
            text_turn(Role::User, &["Tell a story"]),
            text_turn(Role::Assistant, &["Once upon"]),
            text_turn(
                Role::User,
                &[
                    "[The answer above was stopped before its end.]",
                    "Shorter",
                    "[The answer was stopped before it began.]",
                    "Hello?",
                ]
            ),
        ]
    );
}

#[test]
fn an_answer_at_the_end_is_followed_by_a_user_turn() {
    let stored = [user(vec![text("Go")]), cancelled(vec![text("Once")])];
    assert_eq!(
        turns(&stored, whole())[2],
        text_turn(
            Role::User,
            &["[The answer above was stopped before its end.]"]
        )
    );
    let stored = [user(vec![text("Go")]), assistant(vec![text("Once")])];
    assert_eq!(
        turns(&stored, whole())[2],
        text_turn(Role::User, &["[Go on.]"])
    );
}

#[test]
fn a_call_without_a_result_gets_a_placeholder() {
    let calling = Message {
        calling: true,
        ..assistant(vec![
            call("a", "send_mail", &json!({})),
            call("b", "send_mail", &json!({})),
        ])
    };
    let stored = [
        user(vec![text("Go")]),
        calling.clone(),
        user(vec![result("b", ToolOutcome::Success, "sent")]),
    ];
    let result_part = |id: &str, error, text: &str| Part::ToolResult {
        id: CallId::trusted(id),
        error,
        text: text.to_owned(),
    };
    assert_eq!(
        turns(&stored, whole())[2].parts,
        [
            result_part(
                "a",
                true,
                "The call was interrupted: there is no result, but it may have taken effect."
            ),
            result_part("b", false, "sent"),
        ]
    );
    // A message that is stored again with its results appears once.
    let done = Message {
        calling: false,
        ..calling.clone()
    };
    let stored = [
        user(vec![text("Go")]),
        calling,
        done,
        user(vec![result("a", ToolOutcome::Error, "")]),
    ];
    let turns = turns(&stored, whole());
    assert_eq!(turns[1].parts.len(), 2);
    assert_eq!(
        turns[2].parts,
        [
            result_part("a", true, "The tool returned nothing."),
            result_part("b", true, "The call was interrupted: there is no result."),
        ]
    );
}

#[test]
fn texts_follow_results_and_blocks_of_the_wrong_role_are_left_out() {
    let stored = [
        user(vec![text("Go"), call("x", "t", &json!({}))]),
        assistant(vec![
            Block::Reasoning {
                text: "hm".to_owned(),
                signature: None,
            },
            text("\n"),
            call("a", "t", &json!({})),
            result("a", ToolOutcome::Success, "mine"),
        ]),
        user(vec![text("by the way")]),
        user(vec![
            result("z", ToolOutcome::Success, "?"),
            result("a", ToolOutcome::Success, "1"),
        ]),
    ];
    let turns = turns(&stored, whole());
    assert_eq!(turns[0], text_turn(Role::User, &["Go"]));
    assert_eq!(turns[1].parts.len(), 1);
    assert!(
        matches!(&turns[2].parts[0], Part::ToolResult { text, error: false, .. } if text == "1")
    );
    assert_eq!(turns[2].parts[1..], [Part::Text("by the way".to_owned())]);
}

#[test]
fn the_last_two_user_turns_end_with_cache_points() {
    let stored = [
        user(vec![text("1")]),
        assistant(vec![text("2")]),
        user(vec![text("3")]),
        assistant(vec![text("4")]),
        user(vec![text("5")]),
    ];
    let turns = turns(
        &stored,
        Window {
            cache_points: true,
            ..whole()
        },
    );
    let marked: Vec<_> = turns
        .iter()
        .map(|turn| turn.parts.last() == Some(&Part::CachePoint))
        .collect();
    assert_eq!(marked, [false, false, true, false, true]);
}
