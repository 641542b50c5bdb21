//! Tools as the agent uses them: offered, prepared, run.

mod weather;

use futures::FutureExt;
use longwire_core::ids::{CallId, MessageId};
use longwire_core::tool::{ToolCall, ToolOutcome};
use longwire_tools::deps::Deps;
use longwire_tools::get_weather::open_meteo::Service;
use longwire_tools::kb_lookup::retrieve::{Passage, Retrieve};
use longwire_tools::once::Once;
use longwire_tools::repeat::Repeat;
use longwire_tools::toolbox::Tools;
use longwire_tools::web;
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

#[expect(clippy::needless_pass_by_value, reason = "callers pass literals")]
fn call(name: &str, input: Value) -> ToolCall {
    ToolCall {
        id: CallId::random(),
        name: name.to_owned(),
        arguments: input.to_string(),
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
fn a_tool_without_its_client_is_not_offered() {
    let names: Vec<_> = Tools::new(&deps())
        .specs()
        .into_iter()
        .map(|spec| spec.name)
        .collect();
    let offered = |name: &str| names.iter().any(|offered| offered == name);
    assert!(offered("get_weather") && !offered("kb_lookup"), "{names:?}");
}

#[test]
fn a_refused_call_has_a_reason_for_the_model() {
    let tools = Tools::new(&deps());
    let error = |name: &str, input| tools.prepare(&call(name, input)).expect_err("refused");
    let unknown = error("kb_lookup", json!({"query": "x"}));
    assert!(
        unknown.starts_with("There is no tool named \"kb_lookup\". The tools are: get_weather, ")
    );
    assert!(error(&"n".repeat(500), json!({})).len() < 200);
    assert_eq!(
        error("get_weather", json!({"location": ["Rome"]})),
        "The argument \"location\" is no good: invalid type: sequence, expected a string."
    );
    assert_eq!(
        error("current_time", Value::Null),
        "The arguments are no good: missing field `timezone`."
    );
}

#[test]
fn a_deployment_lists_tools_that_are_not_repeated() {
    let repeat = |tools: &Tools| {
        let call = call("current_time", json!({"timezone": "UTC"}));
        tools.prepare(&call).expect("the tool is offered").repeat()
    };
    assert_eq!(repeat(&Tools::new(&deps())), Repeat::Safe);
    let once = Once::try_from("current_time".to_owned()).expect("the name of a tool");
    assert_eq!(repeat(&Tools::new(&deps()).with_once(once)), Repeat::Never);
}

#[tokio::test]
async fn a_prepared_call_has_a_status_and_runs() {
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
        .expect("valid arguments");
    assert_eq!(
        prepared.status(),
        "Searching the knowledge base for \"refunds\"…"
    );
    let output = prepared.run().await;
    assert_eq!(output.outcome, ToolOutcome::Success);
    assert_eq!(output.content, "[1] handbook.md\nAll about refunds.");

    let prepared = tools
        .prepare(&call("current_time", json!({"timezone": "UTC"})))
        .expect("valid arguments");
    let output = prepared.run().await;
    assert_eq!(
        output.content,
        "In UTC it is Friday, 20 November 2026, 13:05:09 (UTC+00:00)."
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_and_an_exceeded_time_limit_become_results() {
    let tools = with_knowledge(Retrieve::new(|query| match query.as_str() {
        "panic" => async { panic!("a bug") }.boxed(),
        _ => futures::future::pending().boxed(),
    }));
    let prepare = |query: &str| {
        tools
            .prepare(&call("kb_lookup", json!({"query": query})))
            .expect("valid arguments")
    };
    let output = prepare("panic").run().await;
    assert_eq!(output.outcome, ToolOutcome::Error);
    assert_eq!(output.content, "The tool failed unexpectedly.");
    let output = prepare("silence").run().await;
    assert_eq!(output.outcome, ToolOutcome::Error);
    assert_eq!(output.content, "The tool did not answer within 10s.");
}

/// Compares docs/tools.md with the source, so that the code on the page is compiled and tested.
#[test]
fn the_tools_page_shows_the_source_of_current_time() {
    let page = include_str!("../../../../docs/tools.md");
    let source = include_str!("../../src/current_time.rs");
    let tool = source.split("\n#[cfg(test)]").next().expect("a first part");
    assert!(
        page.contains(tool),
        "docs/tools.md differs from shared/tools/src/current_time.rs"
    );
    let lib = include_str!("../../src/lib.rs");
    let start = lib.find("const ALL").expect("the list of all tools");
    let end = lib[start..].find("];").expect("the end of the list");
    assert!(
        page.contains(&lib[start..start + end]),
        "docs/tools.md differs from shared/tools/src/lib.rs"
    );
}
