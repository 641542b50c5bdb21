//! All formats of one run that has events of every type (docs/protocol.md section 8).

use longwire_core::ids::{CallId, MessageId, RunId, ThreadId};
use longwire_core::message::Usage;
use longwire_core::run::CancelReason;
use longwire_core::run::RunErrorCode;
use longwire_core::shape::Format;
use longwire_core::tool::ToolOutcome;
use longwire_protocol::event::{
    AssistantRole, Event, InputMessage, ModelUsage, PROTOCOL_VERSION, ReasoningRole, RunInput,
    RunOutcome, ToolRole,
};
use longwire_protocol::format::{Renderer, render_error};
use longwire_protocol::numbered::{Annotations, Draft, Executor, Metadata, NumberedEvent};
use serde_json::json;

/// Events of a run that reasons, answers, calls two tools at once and is cancelled in its second step. It fails as
/// well, so that every type of event occurs.
pub(crate) fn rich_run() -> Vec<NumberedEvent> {
    let drafts = [
        begin(),
        think(),
        speak(),
        call(),
        answer(),
        cancel(),
        fail(),
    ]
    .concat();
    number(drafts, None)
}

fn number(drafts: Vec<Draft>, epoch: Option<u32>) -> Vec<NumberedEvent> {
    let event = |(seq, draft): (u64, Draft)| NumberedEvent {
        event: draft.event,
        metadata: Metadata {
            seq,
            run: RunId::trusted("r1"),
            epoch,
            annotations: draft.annotations,
        },
    };
    (1..).zip(drafts).map(event).collect()
}

fn message(id: &str) -> MessageId {
    MessageId::trusted(id)
}

fn tool(id: &str) -> CallId {
    CallId::trusted(id)
}

fn block(index: u32) -> Annotations {
    Annotations {
        block: Some(index),
        ..Annotations::default()
    }
}

fn begin() -> Vec<Draft> {
    let input = RunInput {
        thread_id: ThreadId::trusted("t1"),
        run_id: RunId::trusted("r1"),
        messages: vec![InputMessage {
            tool_call_id: None,
            metadata: None,
            id: message("u1"),
            role: "user".to_owned(),
            content: "Weather in \"Köln\" & Rome?".to_owned(),
        }],
        tools: vec![],
        context: vec![],
        state: serde_json::Map::new(),
        forwarded_props: serde_json::Map::new(),
    };
    let started = Event::RunStarted {
        thread_id: ThreadId::trusted("t1"),
        run_id: RunId::trusted("r1"),
        protocol_version: PROTOCOL_VERSION.to_owned(),
        input: Some(Box::new(input)),
    };
    let origin = Annotations {
        origin: Some("service:orders".to_owned()),
        ..Annotations::default()
    };
    vec![started.annotated(origin), step_started(1)]
}

fn step_started(step: u32) -> Draft {
    let step_name = format!("turn-{step}");
    Event::StepStarted { step_name }.into()
}

fn think() -> Vec<Draft> {
    let message_id = message("m1");
    vec![
        Event::ReasoningStart {
            message_id: message_id.clone(),
        }
        .annotated(block(0)),
        Event::ReasoningMessageStart {
            message_id: message_id.clone(),
            role: ReasoningRole::Reasoning,
        }
        .into(),
        Event::ReasoningMessageContent {
            message_id: message_id.clone(),
            delta: "Two places.".to_owned(),
        }
        .into(),
        Event::ReasoningMessageEnd {
            message_id: message_id.clone(),
        }
        .into(),
        Event::ReasoningEnd { message_id }.into(),
    ]
}

fn text_start(id: &str, index: u32) -> Draft {
    Event::TextMessageStart {
        message_id: message(id),
        role: AssistantRole::Assistant,
    }
    .annotated(block(index))
}

fn text(id: &str, delta: &str) -> Draft {
    Event::TextMessageContent {
        message_id: message(id),
        delta: delta.to_owned(),
    }
    .into()
}

fn text_end(id: &str) -> Draft {
    let message_id = message(id);
    Event::TextMessageEnd { message_id }.into()
}

fn speak() -> Vec<Draft> {
    vec![
        text_start("m2", 1),
        text("m2", "Let me\n"),
        text("m2", "\"look\" 🦀"),
        text_end("m2"),
    ]
}

fn call_start(id: &str, index: u32) -> Draft {
    Event::ToolCallStart {
        tool_call_id: tool(id),
        tool_call_name: "get_weather".to_owned(),
        parent_message_id: message("m2"),
    }
    .annotated(Annotations {
        executor: Some(Executor::Server),
        ..block(index)
    })
}

fn call_args(id: &str, delta: &str) -> Draft {
    Event::ToolCallArgs {
        tool_call_id: tool(id),
        delta: delta.to_owned(),
    }
    .into()
}

fn call_end(id: &str) -> Draft {
    let tool_call_id = tool(id);
    Event::ToolCallEnd { tool_call_id }.into()
}

/// Two calls whose arguments interleave.
fn call() -> Vec<Draft> {
    vec![
        call_start("tc1", 2),
        call_args("tc1", "{\"location\":"),
        call_start("tc2", 3),
        call_args("tc2", "{\"location\":\"Rome\"}"),
        call_args("tc1", "\"Köln\"}"),
        call_end("tc1"),
        call_end("tc2"),
        Event::StepFinished {
            step_name: "turn-1".to_owned(),
        }
        .annotated(Annotations {
            stop_reason: Some("tool_use".to_owned()),
            usage: Some(Usage {
                input_tokens: 410,
                output_tokens: 52,
                total_tokens: 462,
                cache_read_input_tokens: 1_024,
                ..Usage::default()
            }),
            latency_ms: Some(1_420),
            ..Annotations::default()
        }),
    ]
}

fn status(id: &str, text: &str) -> Draft {
    Event::Custom {
        name: "lw.status".to_owned(),
        value: json!({"text": text, "toolCallId": id}),
    }
    .into()
}

fn result(id: &str, call: &str, content: &str, annotations: Annotations) -> Draft {
    Event::ToolCallResult {
        message_id: message(id),
        tool_call_id: tool(call),
        content: content.to_owned(),
        role: ToolRole::Tool,
    }
    .annotated(annotations)
}

fn answer() -> Vec<Draft> {
    let sunny = Annotations {
        outcome: Some(ToolOutcome::Success),
        ms: Some(41),
        truncated: Some(true),
        bytes: Some(20_000),
        ..Annotations::default()
    };
    let failed = Annotations {
        outcome: Some(ToolOutcome::Error),
        ms: Some(10_000),
        ..Annotations::default()
    };
    vec![
        status("tc1", "Looking up the weather…"),
        status("tc2", "Looking up the weather…"),
        result("m3", "tc1", "It is sunny in Köln", sunny),
        result("m4", "tc2", "no answer within 10 s", failed),
    ]
}

fn cancel() -> Vec<Draft> {
    let usage = ModelUsage {
        provider: "bedrock".to_owned(),
        model: "a-model".to_owned(),
        input_tokens: 1_434,
        cached_input_tokens: Some(1_024),
        cache_write_input_tokens: None,
        output_tokens: 52,
        total_tokens: 1_486,
    };
    let finished = Event::RunFinished {
        thread_id: ThreadId::trusted("t1"),
        run_id: RunId::trusted("r1"),
        outcome: RunOutcome::Cancelled,
        usage: vec![usage],
    };
    let reason = Annotations {
        reason: Some(CancelReason::User),
        ..Annotations::default()
    };
    let step_name = "turn-2".to_owned();
    vec![
        step_started(2),
        text_start("m5", 0),
        text("m5", "It is sunny"),
        text_end("m5"),
        Event::StepFinished { step_name }.into(),
        finished.annotated(reason),
    ]
}

fn fail() -> Vec<Draft> {
    let error = Event::RunError {
        message: "The model is \"busy\".".to_owned(),
        code: RunErrorCode::ModelThrottled,
    };
    let retryable = Annotations {
        retryable: Some(true),
        ..Annotations::default()
    };
    vec![error.annotated(retryable)]
}

/// Type of each event and its frames, quoted where they are not JSON.
fn rendered(format: Format, events: &[NumberedEvent]) -> String {
    let mut renderer = Renderer::new(format);
    let blocks = events.iter().map(|event| {
        let frames = renderer
            .render(event)
            .into_iter()
            .map(|frame| match format {
                Format::Text => format!("\n    {frame:?}"),
                _ => format!("\n    {frame}"),
            });
        format!("{}{}", kind(event), frames.collect::<String>())
    });
    blocks.collect::<Vec<_>>().join("\n")
}

fn kind(event: &NumberedEvent) -> String {
    let event = serde_json::to_value(event).expect("an event is JSON");
    event["type"]
        .as_str()
        .expect("every event has a type")
        .to_owned()
}

#[test]
fn a_run_in_every_format() {
    for format in Format::ALL {
        insta::assert_snapshot!(format.name(), rendered(format, &rich_run()));
    }
}

#[test]
fn agui_renders_each_event_unchanged() {
    let mut renderer = Renderer::new(Format::Agui);
    for event in rich_run() {
        assert_eq!(renderer.render(&event), [event.json()]);
    }
}

#[test]
fn an_error_in_every_format() {
    let code = "thread_busy";
    let errors = Format::ALL.map(|format| render_error(format, code, "A \"run\" is active."));
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_restart_ends_the_run_in_every_format_but_agui() {
    let restart = Event::Custom {
        name: "lw.restart".to_owned(),
        value: json!({"keep": 1}),
    };
    let events = number(
        [
            vec![text("m1", "a"), restart.into(), text("m1", "b")],
            cancel(),
        ]
        .concat(),
        Some(2),
    );
    for format in &Format::ALL[1..] {
        let mut renderer = Renderer::new(*format);
        let frames: Vec<String> = events
            .iter()
            .flat_map(|event| renderer.render(event))
            .collect();
        assert_eq!(frames.len(), 2, "{format:?}: {frames:?}");
        assert!(frames[1].contains("interrupted"), "{format:?}: {frames:?}");
    }
    assert!(events[1].json().contains("\"lw.epoch\":2"));
}
