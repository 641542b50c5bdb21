//! Plays, on one machine and for development only, the services that Longwire uses: Bedrock Runtime, a
//! Knowledge Base, Open-Meteo. `README.md` beside this crate says how to start it; this is the reference.
//!
//! # Bedrock Runtime
//! `POST /model/{modelId}/converse-stream` and `POST /model/{modelId}/converse`, with any model id. Frames,
//! order of events and errors are Bedrock's. What Bedrock refuses is refused, with `ValidationException`;
//! `maxTokens` is checked but cuts nothing. Who answers:
//! 1. a prompt (the last user message with words) that begins with `sim:<name>`: that scenario;
//! 2. else the real model behind `SIM_UPSTREAM`, if one is set;
//! 3. else a few rules: they greet, call `get_weather{location}`, `kb_lookup{query}`,
//!    `current_time{timezone}`, `top_song{sign}` when they are offered and asked for (several places: several
//!    calls at once), make a sentence of what the tools said, remember names and earlier prompts, and
//!    otherwise repeat the prompt. `call <tool> {json}` calls any tool on offer.
//!
//! First token after 60 ms, then 100 deltas a second.
//!
//! # Scenarios
//! `PUT /_sim/scenarios/<name>` takes one ([`scenario::definition::Scenario`]); 204, or 400 with a `message`
//! that names the field. `GET` shows it, `DELETE` takes it away (a shipped one is as shipped again), `GET
//! /_sim/scenarios` lists all with what they are for.
//! ```json
//! { "steps": [
//!   { "ttft_ms": 60, "deltas_per_s": 100, "chars_per_delta": 4, "interleaved": false,
//!     "blocks": [ { "reasoning": "…" }, { "text": "…" }, { "tool": "get_weather", "input": { "location": "Rome" } } ],
//!     "stop_reason": "tool_use",
//!     "fault": { "kind": "exception", "exception": "throttling", "after_deltas": 3, "times": 1 } },
//!   { "trace": [ { "at_ms": 700, "text": "recorded " }, { "at_ms": 748.5, "text": "rhythm" } ] }
//! ], "repeat": false }
//! ```
//! Step *n* answers the *n*-th model call of a run: the one after *n* tool-result turns since the prompt. After
//! the last step a closing sentence ends the run, or the last step comes again (`repeat`). Every field of a
//! step has a default. Blocks: `text`; `tool` with `input`, or `input_text` sent verbatim; `reasoning`
//! with an optional `signature`; `redacted` (base64).
//!
//! Faults before the stream: `throttling`, `internal_server` (or `5xx`), `service_unavailable`, `validation`,
//! `access_denied`, `model_not_ready`, `model_timeout`, `model_error`, `resource_not_found`. In it: `exception`,
//! `stall`, `cut` (inside a frame), `no_message_stop`. With `times`, only so many requests with the same
//! messages and `requestMetadata` meet it, then it is over.
//!
//! # Records
//! - `GET /_sim/requests`: `[{id, operation, model, at, headers, body, error?: {status, type, message}}]`
//! - `GET /_sim/streams`: `[{id, model, requestMetadata, started, ended?, state, deltas, firstDeltaAt?}]`;
//!   `state` is `running`, `finished` (the simulator did all it had to, faults included) or `dropped` (the
//!   client went away, noticed at once)
//! - `GET /_sim/calls`: the other services' `[{path, started, ended?, state, status?}]`
//!
//! Oldest first, the last 1,000 of each, times in epoch milliseconds. `DELETE` on each clears it.
//! `GET /_sim/health` answers when the simulator does.
//!
//! # Reasoning
//! Thought is signed by model and text. A changed or made-up signature is refused; so is a tool turn whose
//! assistant message does not bring back the thought that came with its calls. Another model's signature passes.
//!
//! # Knowledge Base
//! `POST /knowledgebases/KBSIM00001/retrieve` ([`KNOWLEDGE_BASE_ID`]): sections of the documents in `knowledge/`
//! (or `--knowledge DIR`), ranked by BM25, scores between 0 and 1, `numberOfResults` 1–100, 5 by default.
//!
//! # Weather
//! `GET /weather/v1/search` and `GET /weather/v1/forecast` in Open-Meteo's shapes, for the places of a small
//! table. New York is sunny. Slowville answers its forecast after 60 s, Stormbridge with 500, other names
//! have no `results`.

pub mod error;
pub mod options;
pub mod server;
pub mod stop;

pub mod converse;
pub mod journal;
pub mod knowledge;
pub mod play;
pub mod scenario;

mod clock;
mod ids;
mod reasoning;
mod records;
mod script;
mod state;
mod upstream;
mod validate;
mod weather;

/// The one Knowledge Base there is.
pub const KNOWLEDGE_BASE_ID: &str = "KBSIM00001";
