//! Whatever is emitted, and however posts fail: every connection gets exactly the log's lines, in order.

use std::time::Duration;

use longwire_core::ids::{CallId, MessageId};
use longwire_core::shape::Lines;
use longwire_protocol::event::{Event, ReasoningRole};
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_stream::post::PostError;
use proptest::prelude::*;
use tokio::time::sleep;

use super::stage::{Verdict, ms, numbers, run_finished, said, stage};

#[derive(Debug, Clone)]
enum Move {
    Emit(Event),
    Pause(u64),
    Batch,
    Attach,
}

fn event() -> impl Strategy<Value = Event> {
    let delta = prop_oneof![
        6 => "[a-z \"\\n🦀]{0,12}",
        1 => ("[\\x01-\\x1fé🦀]{1,4}", 1_000..3_000usize).prop_map(|(s, n)| s.repeat(n)),
    ];
    (0..3u8, 0..5u8, delta).prop_map(|(which, kind, delta)| {
        let message_id = MessageId::trusted(format!("m{which}"));
        let tool_call_id = CallId::trusted(format!("tc{which}"));
        match kind {
            0 => Event::TextMessageContent { message_id, delta },
            1 => Event::ReasoningMessageContent { message_id, delta },
            2 => Event::ToolCallArgs {
                tool_call_id,
                delta,
            },
            3 => Event::ToolCallEnd { tool_call_id },
            _ => Event::ReasoningMessageStart {
                message_id,
                role: ReasoningRole::Reasoning,
            },
        }
    })
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        10 => event().prop_map(Move::Emit),
        4 => (0..60u64).prop_map(Move::Pause),
        1 => Just(Move::Batch),
        1 => Just(Move::Attach),
    ];
    prop::collection::vec(one, 0..80)
}

fn verdicts() -> impl Strategy<Value = Vec<Verdict>> {
    let result = prop_oneof![4 => Just(Ok(())), 1 => Just(Err(PostError::Slow))];
    prop::collection::vec(((0..80u64).prop_map(ms), result), 1..20)
}

async fn check(moves: Vec<Move>, verdicts: Vec<Verdict>) {
    // After the listed ones all is calm, so that the run ends.
    let verdict = move |_: &_, nth: usize| verdicts.get(nth).cloned().unwrap_or((ms(5), Ok(())));
    let stage = stage(verdict);
    stage.attach("one", Lines::One).await;
    stage.attach("many", Lines::Many).await;
    let (mut emitted, mut logged, mut late) = (String::new(), Vec::new(), 0);
    for step in moves {
        match step {
            Move::Emit(event) => {
                emitted.push_str(delta(&event));
                stage.emit(event).await;
            }
            Move::Pause(millis) => sleep(ms(millis)).await,
            Move::Batch => logged.extend(stage.sender.batch().await.unwrap().events),
            Move::Attach => {
                late += 1;
                stage.attach(&format!("late{late}"), Lines::Many).await;
            }
        }
    }
    logged.extend(stage.sender.close(run_finished()).await.unwrap().events);
    stage.sender.release().await.unwrap();
    assert!(stage.sender.drained(Duration::from_secs(600)).await);

    let logged: Vec<String> = logged.iter().map(|line| line.to_string()).collect();
    assert_eq!(
        numbers(&logged),
        (1..=logged.len() as u64).collect::<Vec<_>>()
    );
    assert_eq!(said(&logged), emitted);
    let late = (1..=late).map(|nth| format!("late{nth}"));
    for name in ["one".to_owned(), "many".to_owned()]
        .into_iter()
        .chain(late)
    {
        assert_eq!(stage.far.lines(&name), logged, "{name}");
    }
    let frames = stage.far.attempts();
    assert!(
        frames
            .iter()
            .all(|frame| frame.text.len() <= MAX_FRAME_BYTES)
    );
}

fn delta(event: &Event) -> &str {
    match event {
        Event::TextMessageContent { delta, .. }
        | Event::ReasoningMessageContent { delta, .. }
        | Event::ToolCallArgs { delta, .. } => delta,
        _ => "",
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn everybody_gets_every_line_once_and_in_order(moves in moves(), verdicts in verdicts()) {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(check(moves, verdicts));
    }
}
