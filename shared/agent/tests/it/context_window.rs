//! Whatever is stored, what goes to the model keeps every rule of Bedrock's.

pub(crate) mod rules;

use longwire_agent::context_window::{Window, turns};
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

fn text(words: &str) -> Block {
    Block::Text {
        id: message_id(),
        text: words.to_owned(),
    }
}

fn call(id: &str, name: &str, input: Value) -> Block {
    Block::ToolCall(ToolCall {
        id: CallId::trusted(id),
        name: name.to_owned(),
        input,
        parent: message_id(),
    })
}

fn result(id: &str, outcome: ToolOutcome, content: &str) -> Block {
    Block::ToolResult(ToolResult {
        message_id: message_id(),
        call_id: CallId::trusted(id),
        outcome,
        content: content.to_owned(),
    })
}

fn user(blocks: Vec<Block>) -> Message {
    Message::new(Role::User, run(), blocks)
}

fn assistant(blocks: Vec<Block>) -> Message {
    Message::new(Role::Assistant, run(), blocks)
}

fn cancelled(blocks: Vec<Block>) -> Message {
    Message {
        cancelled: true,
        ..assistant(blocks)
    }
}

fn whole() -> Window {
    Window {
        messages: usize::MAX,
        before: 0,
        cache_points: false,
    }
}

fn says(role: Role, words: &[&str]) -> Turn {
    Turn {
        role,
        parts: words.iter().map(|w| Part::Text((*w).to_owned())).collect(),
    }
}

// Few ids and few words, so that they collide and go wrong often.
fn any_words() -> impl Strategy<Value = String> {
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
        3 => any_words().prop_map(|words| text(&words)),
        1 => (any_words(), signature)
            .prop_map(|(text, signature)| Block::Reasoning { text, signature }),
        1 => prop_oneof![Just("c2VhbA=="), Just(""), Just("not base64!")]
            .prop_map(|data| Block::RedactedReasoning { data: data.to_owned() }),
        3 => (any_id(), prop_oneof!["[a-z_]{1,9}", any_words(), Just("n".repeat(99))], any_input())
            .prop_map(|(id, name, input)| call(&id, &name, input)),
        3 => (any_id(), outcome, any_words())
            .prop_map(|(id, outcome, content)| result(&id, outcome, &content)),
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    let role = prop_oneof![Just(Role::User), Just(Role::Assistant)];
    let blocks = prop::collection::vec(any_block(), 0..5);
    let id = prop_oneof![4 => "[a-z]{8}", 1 => Just("m_same".to_owned())];
    (id, role, blocks, any::<bool>(), any::<bool>()).prop_map(
        |(id, role, blocks, cancelled, calling)| Message {
            id: MessageId::trusted(id),
            cancelled,
            calling,
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

/// A question and all that belongs to its good answer, with the turns it must become.
fn good_exchange(number: usize) -> impl Strategy<Value = (Vec<Message>, Vec<Turn>)> {
    let words = "[a-z]{1,6}( [a-z]{1,6}){0,3}";
    (words, words, 0usize..4, any::<bool>()).prop_map(move |(question, answer, calls, thinks)| {
        let mut messages = vec![Message::user(message_id(), run(), question.clone())];
        let mut turns = vec![says(Role::User, &[&question])];
        if calls > 0 {
            let (mut blocks, mut parts) = (vec![text("Let me see.")], Vec::new());
            if thinks {
                blocks.insert(
                    0,
                    Block::RedactedReasoning {
                        data: "c2VhbA==".to_owned(),
                    },
                );
                parts.push(Part::RedactedReasoning("c2VhbA==".to_owned()));
                let signature = Some("seal".to_owned());
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
            let (mut results, mut answers) = (Vec::new(), Vec::new());
            for index in 0..calls {
                let id = format!("tc_{number}_{index}");
                let input = json!({"n": index});
                blocks.push(call(&id, "get_weather", input.clone()));
                parts.push(Part::ToolCall {
                    id: CallId::trusted(id.clone()),
                    name: "get_weather".to_owned(),
                    input,
                });
                results.push(result(&id, ToolOutcome::Success, &answer));
                answers.push(Part::ToolResult {
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
                parts: answers,
            });
        }
        messages.push(assistant(vec![text(&answer)]));
        turns.push(says(Role::Assistant, &[&answer]));
        (messages, turns)
    })
}

/// Good exchanges and one more question, which is not answered yet.
fn good_conversation() -> impl Strategy<Value = (Vec<Message>, Vec<Turn>)> {
    let exchanges: Vec<_> = (0..6).map(good_exchange).collect();
    (exchanges, 0usize..6).prop_map(|(exchanges, length)| {
        let (mut messages, mut turns) = (Vec::new(), Vec::new());
        for (m, t) in exchanges.into_iter().take(length) {
            messages.extend(m);
            turns.extend(t);
        }
        messages.push(Message::user(message_id(), run(), "and now?"));
        turns.push(says(Role::User, &["and now?"]));
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
    fn what_the_user_asked_last_is_always_said(
        stored in any_conversation(),
        window in any_window(),
    ) {
        let asked = stored.iter().rev().find(|m| m.is_plain_user());
        let said = turns(&stored, window);
        for block in asked.iter().flat_map(|m| &m.blocks) {
            if let Block::Text { text, .. } = block && !text.trim().is_empty() {
                let found = said.iter().flat_map(|t| &t.parts).any(|p| *p == Part::Text(text.clone()));
                prop_assert!(found, "{:?} is missing in {:#?}", text, said);
            }
        }
    }

    #[test]
    fn a_good_conversation_goes_through_unchanged((stored, expected) in good_conversation()) {
        prop_assert_eq!(turns(&stored, whole()), expected);
    }

    #[test]
    fn a_window_shows_an_end_of_the_good_conversation(
        (stored, expected) in good_conversation(),
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
fn nothing_at_all_is_still_a_question() {
    let nothing = [says(Role::User, &["[The message was empty.]"])];
    for stored in [vec![], vec![user(vec![])], vec![user(vec![text(" \n")])]] {
        assert_eq!(turns(&stored, whole()), nothing);
    }
    let headless = [
        assistant(vec![text("Hi")]),
        user(vec![result("a", ToolOutcome::Success, "1")]),
    ];
    assert_eq!(turns(&headless, whole()), nothing);
}

#[test]
fn a_cancelled_answer_stays_and_is_marked() {
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
            says(Role::User, &["Tell a story"]),
            says(Role::Assistant, &["Once upon"]),
            says(
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
fn a_cancelled_answer_at_the_end_leaves_the_word_to_the_user() {
    let stored = [user(vec![text("Go")]), cancelled(vec![text("Once")])];
    assert_eq!(
        turns(&stored, whole())[2],
        says(
            Role::User,
            &["[The answer above was stopped before its end.]"]
        )
    );
    let stored = [user(vec![text("Go")]), assistant(vec![text("Once")])];
    assert_eq!(turns(&stored, whole())[2], says(Role::User, &["[Go on.]"]));
}

#[test]
fn a_worker_that_died_between_call_and_result_leaves_a_valid_conversation() {
    let calling = Message {
        calling: true,
        ..assistant(vec![
            call("a", "send_mail", json!({})),
            call("b", "send_mail", json!({})),
        ])
    };
    let stored = [
        user(vec![text("Go")]),
        calling.clone(),
        user(vec![result("b", ToolOutcome::Success, "sent")]),
    ];
    let answer = |id: &str, error, text: &str| Part::ToolResult {
        id: CallId::trusted(id),
        error,
        text: text.to_owned(),
    };
    assert_eq!(
        turns(&stored, whole())[2].parts,
        [
            answer(
                "a",
                true,
                "The call was interrupted: there is no result, but it may have taken effect."
            ),
            answer("b", false, "sent"),
        ]
    );
    // Stored again with its results, it is said once.
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
    let said = turns(&stored, whole());
    assert_eq!(said[1].parts.len(), 2);
    assert_eq!(
        said[2].parts,
        [
            answer("a", true, "The tool returned nothing."),
            answer("b", true, "The call was interrupted: there is no result."),
        ]
    );
}

#[test]
fn words_come_after_results_and_foreign_blocks_stay_out() {
    let stored = [
        user(vec![text("Go"), call("x", "t", json!({}))]),
        assistant(vec![
            Block::Reasoning {
                text: "hm".to_owned(),
                signature: None,
            },
            text("\n"),
            call("a", "t", json!({})),
            result("a", ToolOutcome::Success, "mine"),
        ]),
        user(vec![text("by the way")]),
        user(vec![
            result("z", ToolOutcome::Success, "?"),
            result("a", ToolOutcome::Success, "1"),
        ]),
    ];
    let said = turns(&stored, whole());
    assert_eq!(said[0], says(Role::User, &["Go"]));
    assert_eq!(said[1].parts.len(), 1);
    assert!(
        matches!(&said[2].parts[0], Part::ToolResult { text, error: false, .. } if text == "1")
    );
    assert_eq!(said[2].parts[1..], [Part::Text("by the way".to_owned())]);
}

#[test]
fn the_ends_of_the_last_two_user_turns_are_worth_caching() {
    let stored = [
        user(vec![text("1")]),
        assistant(vec![text("2")]),
        user(vec![text("3")]),
        assistant(vec![text("4")]),
        user(vec![text("5")]),
    ];
    let said = turns(
        &stored,
        Window {
            cache_points: true,
            ..whole()
        },
    );
    let marked: Vec<_> = said
        .iter()
        .map(|turn| turn.parts.last() == Some(&Part::CachePoint))
        .collect();
    assert_eq!(marked, [false, false, true, false, true]);
}
