//! The tools as the agent meets them: offered, prepared, run.

mod weather;

use futures::FutureExt;
use longwire_core::ids::{CallId, MessageId};
use longwire_core::tool::{ToolCall, ToolOutcome};
use longwire_tools::get_weather::Service;
use longwire_tools::kb_lookup::{Passage, Retrieve};
use longwire_tools::repeat::{Once, Repeat};
use longwire_tools::{Deps, Tools, web};
use serde_json::{Value, json};

fn deps() -> Deps {
    Deps {
        http: web::client().expect("a client"),
        weather: Service::default(),
        retrieve: None,
        clock: || "2026-11-20T13:05:09Z".parse().expect("a time"),
    }
}

fn with_knowledge(retrieve: Retrieve) -> Tools {
    Tools::new(&Deps {
        retrieve: Some(retrieve),
        ..deps()
    })
}

fn call(name: &str, input: Value) -> ToolCall {
    ToolCall {
        id: CallId::random(),
        name: name.to_owned(),
        input,
        parent: MessageId::random(),
    }
}

#[test]
fn the_model_is_told_about_every_tool() {
    let tools = with_knowledge(Retrieve::new(|_| async { Ok(Vec::new()) }.boxed()));
    let specs: Vec<_> = tools
        .specs()
        .into_iter()
        .map(|s| json!({"name": s.name, "description": s.description, "inputSchema": s.input_schema}))
        .collect();
    insta::assert_json_snapshot!(specs);
}

#[test]
fn a_tool_without_its_means_is_not_offered() {
    let names: Vec<_> = Tools::new(&deps())
        .specs()
        .into_iter()
        .map(|spec| spec.name)
        .collect();
    assert_eq!(names, ["get_weather", "current_time"]);
}

#[test]
fn what_cannot_run_says_why() {
    let tools = Tools::new(&deps());
    let complaint = |name: &str, input| tools.prepare(&call(name, input)).expect_err("refused");
    assert_eq!(
        complaint("kb_lookup", json!({"query": "x"})),
        "There is no tool named \"kb_lookup\". The tools are: get_weather, current_time."
    );
    assert!(complaint(&"n".repeat(500), json!({})).len() < 200);
    assert_eq!(
        complaint("get_weather", json!({"location": ["Rome"]})),
        "The argument \"location\" is no good: invalid type: sequence, expected a string."
    );
    assert_eq!(
        complaint("current_time", Value::Null),
        "The arguments are no good: missing field `timezone`."
    );
}

#[test]
fn a_deployment_says_what_must_not_be_repeated() {
    let repeat = |tools: &Tools| {
        let call = call("current_time", json!({"timezone": "UTC"}));
        tools.prepare(&call).expect("it is offered").repeat()
    };
    assert_eq!(repeat(&Tools::new(&deps())), Repeat::Safe);
    let once = Once::try_from("current_time".to_owned()).expect("it is a tool");
    assert_eq!(repeat(&Tools::new(&deps()).with_once(once)), Repeat::Never);
}

#[tokio::test]
async fn a_prepared_call_says_what_it_does_and_does_it() {
    let retrieve = Retrieve::new(|query| {
        let passage = Passage {
            text: format!("All about {query}."),
            source: "handbook.md".to_owned(),
            score: None,
        };
        async { Ok(vec![passage]) }.boxed()
    });
    let tools = with_knowledge(retrieve);
    let prepared = tools
        .prepare(&call("kb_lookup", json!({"query": "refunds"})))
        .expect("good");
    assert_eq!(
        prepared.status(),
        "Searching the knowledge base for \"refunds\"…"
    );
    let output = prepared.run().await;
    assert_eq!(output.outcome, ToolOutcome::Success);
    assert_eq!(output.content, "[1] handbook.md\nAll about refunds.");

    let prepared = tools
        .prepare(&call("current_time", json!({"timezone": "UTC"})))
        .expect("good");
    let output = prepared.run().await;
    assert_eq!(
        output.content,
        "In UTC it is Friday, 20 November 2026, 13:05:09 (UTC+00:00)."
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_and_silence_are_results() {
    let tools = with_knowledge(Retrieve::new(|query| match query.as_str() {
        "panic" => async { panic!("a bug") }.boxed(),
        _ => futures::future::pending().boxed(),
    }));
    let prepare = |query: &str| {
        tools
            .prepare(&call("kb_lookup", json!({"query": query})))
            .expect("good")
    };
    let output = prepare("panic").run().await;
    assert_eq!(output.outcome, ToolOutcome::Error);
    assert_eq!(output.content, "The tool failed unexpectedly.");
    let output = prepare("silence").run().await;
    assert_eq!(output.outcome, ToolOutcome::Error);
    assert_eq!(output.content, "The tool did not answer within 10s.");
}

/// docs/tools.md shows a tool that exists, so that the page is compiled and tested.
#[test]
fn the_page_on_tools_shows_the_real_thing() {
    let page = include_str!("../../../../docs/tools.md");
    let source = include_str!("../../src/current_time.rs");
    let tool = source.split("\n#[cfg(test)]").next().expect("a first part");
    assert!(
        page.contains(tool),
        "docs/tools.md differs from src/tools/current_time.rs"
    );
    let list = include_str!("../../src/lib.rs");
    assert!(
        page.contains("current_time::CurrentTime,") && list.contains("current_time::CurrentTime,")
    );
}
