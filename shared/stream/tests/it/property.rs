//! Property: whatever is emitted and however posts fail, every subscriber gets exactly the events of the log, in order.

use longwire_core::ids::{CallId, MessageId};
use longwire_core::shape::Lines;
use longwire_protocol::event::{Event, ReasoningRole};
use longwire_protocol::frame::MAX_FRAME_BYTES;
use longwire_stream::post::PostError;
use proptest::prelude::*;
use tokio::time::sleep;

use crate::clients::PostOutcome;
use crate::stage::{joined_deltas, ms, numbers, run_finished, stage};

#[derive(Debug, Clone)]
enum Step {
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

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = prop_oneof![
        10 => event().prop_map(Step::Emit),
        4 => (0..60u64).prop_map(Step::Pause),
        1 => Just(Step::Batch),
        1 => Just(Step::Attach),
    ];
    prop::collection::vec(one, 0..80)
}

fn outcomes() -> impl Strategy<Value = Vec<PostOutcome>> {
    let result = prop_oneof![4 => Just(Ok(())), 1 => Just(Err(PostError::Slow))];
    prop::collection::vec(((0..80u64).prop_map(ms), result), 1..20)
}

async fn check(steps: Vec<Step>, outcomes: Vec<PostOutcome>) {
    // Later posts succeed, so that the run ends.
    let outcome = move |_: &_, nth: usize| outcomes.get(nth).cloned().unwrap_or((ms(5), Ok(())));
    let stage = stage(outcome);
    stage.attach("one", Lines::One).await;
    stage.attach("many", Lines::Many).await;
    let (mut emitted, mut logged, mut late) = (String::new(), Vec::new(), 0);
    for step in steps {
        match step {
            Step::Emit(event) => {
                emitted.push_str(delta(&event));
                stage.emit(event).await;
            }
            Step::Pause(millis) => sleep(ms(millis)).await,
            Step::Batch => logged.extend(stage.sink.batch().await.unwrap().events),
            Step::Attach => {
                late += 1;
                stage.attach(&format!("late{late}"), Lines::Many).await;
            }
        }
    }
    logged.extend(stage.sink.close(run_finished()).await.unwrap().events);
    stage.sink.release().await.unwrap();
    stage.drain().await;

    let logged: Vec<String> = logged.iter().map(|event| event.to_string()).collect();
    assert_eq!(
        numbers(&logged),
        (1..=logged.len() as u64).collect::<Vec<_>>()
    );
    assert_eq!(joined_deltas(&logged), emitted);
    let late = (1..=late).map(|nth| format!("late{nth}"));
    for name in ["one".to_owned(), "many".to_owned()]
        .into_iter()
        .chain(late)
    {
        assert_eq!(stage.clients.lines(&name), logged, "{name}");
    }
    let frames = stage.clients.attempts();
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
    fn every_subscriber_gets_every_event_once_and_in_order(steps in steps(), outcomes in outcomes()) {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(check(steps, outcomes));
    }
}
