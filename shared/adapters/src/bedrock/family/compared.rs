//! Comparison of the table with that of the simulator, which was written from the documents and not from this one: one
//! table for both would agree with every mistake.

use std::collections::BTreeSet;

use simulator::families::family::{self as simulated, ToolUse};
use simulator::families::lookup;

use crate::bedrock::family::{CacheTurns, CallIds, Family, Sampling, TextBesideTools, Tools, rows};

/// Every beginning of an id in both tables.
fn ids() -> BTreeSet<&'static str> {
    let ours = rows().flat_map(|row| row.ids);
    let theirs = lookup::all().flat_map(|row| row.ids);
    ours.chain(theirs).copied().collect()
}

/// Columns in which a request under our row has what the simulator's row refuses.
fn refused(ours: &Family, theirs: &simulated::Family) -> Vec<&'static str> {
    let tools = match theirs.tools {
        ToolUse::Streaming => ours.tools != Tools::Refused,
        ToolUse::WithoutStreaming => ours.tools == Tools::Unstreamed,
        ToolUse::Unsupported => ours.tools == Tools::Refused,
    };
    let cache = theirs.cache_points;
    let turns = match ours.cache.turns {
        CacheTurns::All => cache.messages && cache.beside_tool_blocks,
        CacheTurns::WithoutTools => cache.messages,
        CacheTurns::None => true,
    };
    let beside = match ours.beside {
        TextBesideTools::CallsAndResults => {
            theirs.text_beside_tool_use && theirs.text_beside_tool_result
        }
        TextBesideTools::Calls => theirs.text_beside_tool_use,
        TextBesideTools::Neither => true,
    };
    let sampling = match theirs.sampling {
        simulated::Sampling::Both => true,
        simulated::Sampling::One => ours.sampling != Sampling::Both,
        simulated::Sampling::Defaults => ours.sampling == Sampling::None,
    };
    let nine = theirs.call_ids == simulated::CallIds::NineAlphanumerics;
    let types = |kind: &&str| theirs.thinking_types.contains(kind);
    let outputs = (ours.max_output, theirs.max_output_tokens);
    [
        ("tools", tools),
        ("cache points in tools", cache.tools || !ours.cache.tools),
        ("cache points in system", cache.system || !ours.cache.system),
        ("cache points in turns", turns),
        ("result status", theirs.result_status || !ours.result_status),
        ("text beside tool blocks", beside),
        ("sampling", sampling),
        (
            "ids of calls",
            !nine || ours.call_ids == CallIds::NineCharacters,
        ),
        ("system prompt", theirs.system_prompt || !ours.system_prompt),
        ("types of thinking", ours.reasoning.types.iter().all(types)),
        (
            "reasoning sent back",
            theirs.reasoning_in_history || !ours.reasoning.sent_back,
        ),
        (
            "most output",
            matches!(outputs, (None, _) | (_, None)) || outputs.0 <= outputs.1,
        ),
    ]
    .into_iter()
    .filter_map(|(column, accepted)| (!accepted).then_some(column))
    .collect()
}

#[test]
fn no_request_has_what_the_simulator_refuses() {
    let differences: Vec<_> = ids()
        .into_iter()
        .filter_map(|id| {
            let ours = Family::of(id, None);
            let ours = ours.is_known().then_some(ours)?;
            let theirs = lookup::by_model_id(id)?;
            let refused = refused(&ours, theirs);
            // Every request to a model that has ended is refused.
            (!theirs.retired && !refused.is_empty()).then_some((id, refused))
        })
        .collect();
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn every_family_of_the_simulator_has_a_row() {
    let ours: Vec<_> = rows().flat_map(|row| row.ids).collect();
    let covered = |id: &str| {
        ours.iter()
            .any(|begin| begin.starts_with(id) || id.starts_with(**begin))
    };
    let missing: Vec<_> = lookup::all()
        .flat_map(|row| row.ids)
        .filter(|id| !covered(id))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn models_that_have_ended_have_ended_in_the_simulator() {
    for row in rows().filter(|row| row.retired.is_some()) {
        for id in row.ids {
            let theirs = lookup::by_model_id(id);
            assert!(theirs.is_some_and(|theirs| theirs.retired), "{id}");
        }
    }
}
