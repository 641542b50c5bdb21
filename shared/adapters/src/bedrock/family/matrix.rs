//! The tables of `docs/models.md`, written from the rows.

use std::path::Path;

use crate::bedrock::family::{
    AskFor, Cache, CacheTurns, CallIds, DefaultReasoning, Family, ForcedChoice, Sampling, Support,
    TextBesideTools, Tools, rows,
};

/// Lines of the page between which a table stands.
const BEGIN: &str = "<!-- begin of the table: ";
const END: &str = "<!-- end of the table -->\n";

const REQUESTS: &str = "\
| family | ids begin with | tools | cache points | result status | text beside tool blocks | sampling | reasoning sent back |
| --- | --- | --- | --- | --- | --- | --- | --- |
";

const ABILITIES: &str = "\
| family | reasoning | asked for with | `thinking.type` | forced tool choice | structured output | images | documents | context | output | not confirmed |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
";

fn requests(family: &Family) -> String {
    let mut tools = match family.tools {
        Tools::Streamed => "streamed",
        Tools::Unstreamed => "without streaming only",
        Tools::Refused => "none",
    }
    .to_owned();
    if family.call_ids == CallIds::NineCharacters {
        tools.push_str("; call ids of 9 characters");
    }
    if !family.system_prompt {
        tools.push_str("; no system prompt");
    }
    let ids: Vec<_> = family.ids.iter().map(|id| format!("`{id}`")).collect();
    row(&[
        &name(family),
        &ids.join(", "),
        &tools,
        &cache(family.cache),
        yes(family.result_status),
        match family.beside {
            TextBesideTools::CallsAndResults => "yes",
            TextBesideTools::Calls => "calls only",
            TextBesideTools::Neither => "no",
        },
        match family.sampling {
            Sampling::Both => "temperature, top-p",
            Sampling::One => "one of both; none with thinking",
            Sampling::None => "none",
        },
        match family.reasoning.sent_back {
            true => "signed",
            false => "no",
        },
    ])
}

fn abilities(family: &Family) -> String {
    let types: Vec<_> = family
        .reasoning
        .types
        .iter()
        .map(|kind| format!("`{kind}`"))
        .collect();
    let size = |tokens: Option<u64>| tokens.map_or("?".to_owned(), |tokens| tokens.to_string());
    row(&[
        &name(family),
        match family.reasoning.default {
            DefaultReasoning::Never => "none",
            DefaultReasoning::Off => "off",
            DefaultReasoning::On => "on",
            DefaultReasoning::Always => "always",
            DefaultReasoning::Unknown => "?",
        },
        match family.reasoning.ask_for {
            AskFor::Nothing => "nothing",
            AskFor::Adaptive => "`thinking` adaptive",
            AskFor::AdaptiveSummarized => "`thinking` adaptive, summarized",
            AskFor::Budget => "`thinking` enabled, budget of half of `MAX_TOKENS`",
            AskFor::ReasoningConfig => "`reasoningConfig`, low",
            AskFor::ReasoningEffort => "`reasoning_effort` medium",
        },
        &types.join(", "),
        match family.forced_choice {
            ForcedChoice::Yes => "yes",
            ForcedChoice::WithoutThinking => "not with thinking",
            ForcedChoice::WithoutBudget => "not with `enabled`",
            ForcedChoice::No => "no",
            ForcedChoice::Unknown => "?",
        },
        answer(family.structured_output),
        answer(family.images),
        answer(family.documents),
        &size(family.context),
        &size(family.max_output.map(u64::from)),
        family.unconfirmed,
    ])
}

fn name(family: &Family) -> String {
    match family.retired {
        Some(when) => format!("{} (ended {when})", family.name),
        None => family.name.to_owned(),
    }
}

fn cache(cache: Cache) -> String {
    let turns = match cache.turns {
        CacheTurns::All => "user turns",
        CacheTurns::WithoutTools => "user turns without results",
        CacheTurns::None => "",
    };
    let places = [
        if cache.tools { "tools" } else { "" },
        if cache.system { "system" } else { "" },
        turns,
    ];
    let places: Vec<_> = places
        .into_iter()
        .filter(|place| !place.is_empty())
        .collect();
    match places.is_empty() {
        true => "none".to_owned(),
        false => places.join(", "),
    }
}

fn answer(answer: Support) -> &'static str {
    match answer {
        Support::Yes => "yes",
        Support::No => "no",
        Support::Unknown => "?",
    }
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

fn row(cells: &[&str]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn table(head: &str, row: fn(&Family) -> String) -> String {
    rows().fold(head.to_owned(), |table, family| table + &row(family))
}

/// The page with its tables replaced by the ones of the rows.
fn written(page: &str) -> String {
    let mut written = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (name, after) = after.split_once(" -->\n").expect("the end of the comment");
        let (_, after) = after.split_once(END).expect("the end of the table");
        let table = match name {
            "requests" => table(REQUESTS, requests),
            "abilities" => table(ABILITIES, abilities),
            other => panic!("no table is called {other}"),
        };
        written += &format!("{before}{BEGIN}{name} -->\n\n{table}\n{END}");
        rest = after;
    }
    written + rest
}

#[test]
fn the_page_shows_the_rows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/models.md");
    let page = std::fs::read_to_string(path).expect("docs/models.md");
    assert_eq!(page.matches(BEGIN).count(), 2);
    let written = written(&page);
    assert!(page == written, "docs/models.md should be:\n{written}");
}
