//! A [`Request`] as the input of ConverseStream.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::operation::converse_stream::builders::ConverseStreamFluentBuilder;
use aws_sdk_bedrockruntime::types::{
    InferenceConfiguration, SystemContentBlock, Tool, ToolConfiguration, ToolInputSchema,
    ToolSpecification,
};
use longwire_agent::model::{ModelError, Part, Request, Turn};
use longwire_core::tool::ToolSpec;
use serde_json::json;

use crate::bedrock::document::document;
use crate::bedrock::errors;
use crate::bedrock::family::Family;
use crate::bedrock::messages::{cache_point, messages};
use crate::bedrock::settings::Settings;

/// Longest value in the metadata of a request, in characters (Bedrock API reference, "ConverseStream",
/// requestMetadata).
const MAX_METADATA: usize = 256;

/// Sets the input of a call.
pub(super) fn fill(
    call: ConverseStreamFluentBuilder,
    request: Request,
    settings: &Settings,
    family: Family,
) -> Result<ConverseStreamFluentBuilder, ModelError> {
    let metadata = HashMap::from([
        ("run".to_owned(), metadata_value(request.run_id.as_str())),
        (
            "thread".to_owned(),
            metadata_value(request.thread_id.as_str()),
        ),
    ]);
    let tools = tools(&request, family).map_err(errors::invalid_request)?;
    let system = system(request.system, family).map_err(errors::invalid_request)?;
    let messages = messages(request.turns, family).map_err(errors::invalid_request)?;
    Ok(call
        .model_id(&settings.model_id)
        .set_system(system)
        .set_messages(Some(messages))
        .set_tool_config(tools)
        .inference_config(inference(request.max_tokens, settings))
        .set_additional_model_request_fields(settings.fields.as_ref().map(document))
        .set_request_metadata(Some(metadata)))
}

/// Inference parameters. The token limit is always set, because Bedrock deducts it from the quota when the model
/// starts, and without it deducts the most that the model can generate (Bedrock user guide, "Token burndown").
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

/// Tools of the request. Bedrock refuses a conversation with tool calls but without tools, so when no tools are
/// offered, those that the conversation calls are declared.
fn tools(request: &Request, family: Family) -> Result<Option<ToolConfiguration>, BuildError> {
    let called;
    let specs = if request.tools.is_empty() {
        called = called_tools(&request.turns);
        &called
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

/// Declares the tools that the conversation calls as not available.
fn called_tools(turns: &[Turn]) -> Vec<ToolSpec> {
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
    // Bedrock refuses a blank description, but accepts none.
    let description = Some(&spec.description).filter(|text| !text.trim().is_empty());
    let spec = ToolSpecification::builder()
        .name(&spec.name)
        .set_description(description.cloned())
        .input_schema(schema);
    spec.build().map(Tool::ToolSpec)
}

/// Value of the metadata, with illegal characters replaced: `[a-zA-Z0-9\s:_@$#=/+,-.]{0,256}`.
fn metadata_value(name: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || ":_@$=/+-.".contains(c);
    let value = name.chars().map(|c| if legal(c) { c } else { '_' });
    value.take(MAX_METADATA).collect()
}
