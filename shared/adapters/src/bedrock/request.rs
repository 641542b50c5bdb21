//! [`Request`] → ConverseStream's input.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::operation::converse_stream::builders::ConverseStreamFluentBuilder;
use aws_sdk_bedrockruntime::types::{
    InferenceConfiguration, SystemContentBlock, Tool, ToolConfiguration, ToolInputSchema,
    ToolSpecification,
};
use serde_json::json;

use crate::bedrock::Settings;
use crate::bedrock::document::document;
use crate::bedrock::errors;
use crate::bedrock::family::Family;
use crate::bedrock::messages::{cache_point, messages};
use longwire_agent::model::{ModelError, Part, Request, Turn};
use longwire_core::tool::ToolSpec;

/// The longest value in a request's metadata, in characters ("ConverseStream", requestMetadata).
const MAX_METADATA: usize = 256;

/// Fills the question in.
pub(super) fn fill(
    question: ConverseStreamFluentBuilder,
    request: Request,
    settings: &Settings,
    family: Family,
) -> Result<ConverseStreamFluentBuilder, ModelError> {
    let metadata = HashMap::from([
        ("run".to_owned(), labelled(request.run_id.as_str())),
        ("thread".to_owned(), labelled(request.thread_id.as_str())),
    ]);
    let tools = tools(&request, family).map_err(errors::unbuilt)?;
    let system = system(request.system, family).map_err(errors::unbuilt)?;
    let messages = messages(request.turns, family).map_err(errors::unbuilt)?;
    Ok(question
        .model_id(&settings.model_id)
        .set_system(system)
        .set_messages(Some(messages))
        .set_tool_config(tools)
        .inference_config(inference(request.max_tokens, settings))
        .set_additional_model_request_fields(settings.fields.as_ref().map(document))
        .set_request_metadata(Some(metadata)))
}

/// The most tokens are always said: the quota is debited with them when the model starts, and left unsaid
/// they are all the model has ("Token burndown").
fn inference(max_tokens: u32, settings: &Settings) -> InferenceConfiguration {
    InferenceConfiguration::builder()
        .max_tokens(i32::try_from(max_tokens).unwrap_or(i32::MAX))
        .set_temperature(settings.temperature)
        .set_top_p(settings.top_p)
        .build()
}

fn system(text: String, family: Family) -> Result<Option<Vec<SystemContentBlock>>, BuildError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let mut blocks = vec![SystemContentBlock::Text(text)];
    if family.cached_text {
        blocks.push(SystemContentBlock::CachePoint(cache_point()?));
    }
    Ok(Some(blocks))
}

/// What the model may call. A conversation with calls in it is refused without tools, so when none are
/// offered any more, those of the conversation are named.
fn tools(request: &Request, family: Family) -> Result<Option<ToolConfiguration>, BuildError> {
    let past;
    let specs = if request.tools.is_empty() {
        past = past_tools(&request.turns);
        &past
    } else {
        &request.tools
    };
    if specs.is_empty() {
        return Ok(None);
    }
    let mut tools = specs.iter().map(tool).collect::<Result<Vec<_>, _>>()?;
    if family.cached_tools {
        tools.push(Tool::CachePoint(cache_point()?));
    }
    let config = ToolConfiguration::builder().set_tools(Some(tools));
    config.build().map(Some)
}

fn past_tools(turns: &[Turn]) -> Vec<ToolSpec> {
    let parts = turns.iter().flat_map(|turn| &turn.parts);
    let names: BTreeSet<_> = parts
        .filter_map(|part| match part {
            Part::ToolCall { name, .. } => Some(name),
            _ => None,
        })
        .collect();
    let spec = |name: &String| ToolSpec {
        name: name.clone(),
        description: "No longer available. Do not call it.".to_owned(),
        input_schema: json!({"type": "object"}),
    };
    names.into_iter().map(spec).collect()
}

fn tool(spec: &ToolSpec) -> Result<Tool, BuildError> {
    let schema = ToolInputSchema::Json(document(&spec.input_schema));
    // A blank description is refused; a missing one is not.
    let description = Some(&spec.description).filter(|text| !text.trim().is_empty());
    let spec = ToolSpecification::builder()
        .name(&spec.name)
        .set_description(description.cloned())
        .input_schema(schema);
    spec.build().map(Tool::ToolSpec)
}

/// A name as Bedrock's invocation log takes it: `[a-zA-Z0-9\s:_@$#=/+,-.]{0,256}`.
fn labelled(name: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || ":_@$=/+-.".contains(c);
    let shown = name.chars().map(|c| if legal(c) { c } else { '_' });
    shown.take(MAX_METADATA).collect()
}
