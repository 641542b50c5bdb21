//! A [`Request`] as the input of ConverseStream or Converse.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_bedrockruntime::error::BuildError;
use aws_sdk_bedrockruntime::operation::converse::builders::ConverseFluentBuilder;
use aws_sdk_bedrockruntime::operation::converse_stream::builders::ConverseStreamFluentBuilder;
use aws_sdk_bedrockruntime::types::{
    InferenceConfiguration, Message, SystemContentBlock, Tool, ToolConfiguration, ToolInputSchema,
    ToolSpecification,
};
use aws_smithy_types::Document;
use longwire_agent::model::{ModelError, Part, Request, Turn};
use longwire_core::tool::ToolSpec;
use serde_json::{Value, json};

use crate::bedrock::document::document;
use crate::bedrock::errors;
use crate::bedrock::family::{Family, Sampling, Tools};
use crate::bedrock::fields;
use crate::bedrock::fit::fit;
use crate::bedrock::messages::{cache_point, messages};
use crate::bedrock::settings::Settings;

/// Longest value in the metadata of a request, in characters (Bedrock API reference, "ConverseStream",
/// requestMetadata).
const MAX_METADATA: usize = 256;

/// Input of a call, for Converse and ConverseStream alike.
pub(super) struct Input {
    system: Option<Vec<SystemContentBlock>>,
    messages: Vec<Message>,
    tools: Option<ToolConfiguration>,
    inference: InferenceConfiguration,
    fields: Option<Document>,
    metadata: HashMap<String, String>,
}

/// Sets the input of a call. A macro, because the two builders have the same methods but no trait.
macro_rules! fill {
    ($call:expr, $input:expr, $model_id:expr) => {
        $call
            .model_id($model_id)
            .set_system($input.system)
            .set_messages(Some($input.messages))
            .set_tool_config($input.tools)
            .inference_config($input.inference)
            .set_additional_model_request_fields($input.fields)
            .set_request_metadata(Some($input.metadata))
    };
}

impl Input {
    /// Input of a request, as the family takes it.
    pub(super) fn new(
        mut request: Request,
        settings: &Settings,
        family: &Family,
    ) -> Result<Self, ModelError> {
        if !family.system_prompt {
            begin_with_system_prompt(&mut request);
        }
        let metadata = metadata(&request);
        let tools = tools(&request, family).map_err(errors::invalid_request)?;
        request.turns = fit(request.turns, family);
        let fields = fields::fields(&request, settings.fields.as_ref(), family);
        let inference = inference(request.max_tokens, settings, family, fields.as_ref());
        let system = system(request.system, family).map_err(errors::invalid_request)?;
        let messages = messages(request.turns, family).map_err(errors::invalid_request)?;
        Ok(Self {
            system,
            messages,
            tools,
            inference,
            fields: fields.as_ref().map(document),
            metadata,
        })
    }

    /// The input contains tools.
    pub(super) fn has_tools(&self) -> bool {
        self.tools.is_some()
    }

    /// Sets the input of ConverseStream.
    pub(super) fn streamed(
        self,
        call: ConverseStreamFluentBuilder,
        model_id: &str,
    ) -> ConverseStreamFluentBuilder {
        fill!(call, self, model_id)
    }

    /// Sets the input of Converse.
    pub(super) fn unstreamed(
        self,
        call: ConverseFluentBuilder,
        model_id: &str,
    ) -> ConverseFluentBuilder {
        fill!(call, self, model_id)
    }
}

/// Moves the system prompt to the beginning of the first turn, which is the user's.
fn begin_with_system_prompt(request: &mut Request) {
    let system = std::mem::take(&mut request.system);
    if let Some(turn) = request.turns.first_mut()
        && !system.trim().is_empty()
    {
        turn.parts.insert(0, Part::Text(system));
    }
}

fn metadata(request: &Request) -> HashMap<String, String> {
    HashMap::from([
        ("run".to_owned(), metadata_value(request.run_id.as_str())),
        (
            "thread".to_owned(),
            metadata_value(request.thread_id.as_str()),
        ),
    ])
}

/// Inference parameters that the family takes. The token limit is set whenever it is taken, because Bedrock deducts it
/// from the quota when the model starts, and without it deducts the most that the model can generate (Bedrock user
/// guide, "Token burndown"). Nova 2 takes no parameter with its highest effort (Nova user guide, "Extended thinking").
fn inference(
    max_tokens: u32,
    settings: &Settings,
    family: &Family,
    fields: Option<&Value>,
) -> InferenceConfiguration {
    let parameters = InferenceConfiguration::builder();
    if fields::highest_effort(fields) {
        return parameters.build();
    }
    let (temperature, top_p) = match family.sampling {
        Sampling::Both => (settings.temperature, settings.top_p),
        Sampling::One if fields::thinks(fields) => (None, None),
        Sampling::One => {
            let top_p = settings.top_p.filter(|_| settings.temperature.is_none());
            (settings.temperature, top_p)
        }
        Sampling::None => (None, None),
    };
    parameters
        .max_tokens(i32::try_from(max_tokens).unwrap_or(i32::MAX))
        .set_temperature(temperature)
        .set_top_p(top_p)
        .build()
}

fn system(text: String, family: &Family) -> Result<Option<Vec<SystemContentBlock>>, BuildError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let mut blocks = vec![SystemContentBlock::Text(text)];
    if family.cache.system {
        blocks.push(SystemContentBlock::CachePoint(cache_point()?));
    }
    Ok(Some(blocks))
}

/// Tools of the request. Bedrock refuses a conversation with tool calls but without tools, so when no tools are
/// offered, those that the conversation calls are declared.
fn tools(request: &Request, family: &Family) -> Result<Option<ToolConfiguration>, BuildError> {
    if family.tools == Tools::Refused {
        return Ok(None);
    }
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
    if family.cache.tools {
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
