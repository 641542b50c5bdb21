//! Simulates the services that Longwire uses, for development and tests only: Bedrock Runtime, a Bedrock
//! Knowledge Base, Open-Meteo and an OpenID Connect issuer. `README.md` describes how to start it; this page is
//! the reference of its interface.
//!
//! # Bedrock Runtime
//! `POST /model/{modelId}/converse-stream` and `POST /model/{modelId}/converse`, with any model id. Frames,
//! the order of events, and errors are those of Bedrock. A request that Bedrock rejects is rejected with
//! `ValidationException`; `maxTokens` is validated and has no other effect. The response comes from the first
//! of these sources that applies:
//! 1. The scenario `<name>`, if the prompt begins with `sim:<name>`. The prompt is the last user message with
//!    text.
//! 2. The upstream model, if `SIM_UPSTREAM` is set.
//! 3. A rule-based model. It returns greetings; it calls `get_weather{location}`, `kb_lookup{query}`,
//!    `current_time{timezone}` and `top_song{sign}` if they are on offer and the prompt asks for them, with
//!    one parallel call per place; it converts tool results to a sentence; it uses the name and the prompts
//!    of earlier turns; otherwise it repeats the prompt. The prompt `call <tool> {json}` calls any tool on
//!    offer.
//!
//! By default the first delta is sent after 60 ms, and then 100 deltas per second.
//!
//! # Model families
//! The model id selects a row of the table in [`families`]: a bare id, an inference profile's id, or the ARN of
//! either. The row says which tools, cache points, settings and content blocks a request may have; any other is
//! rejected before the response, a retired model with `ResourceNotFoundException`. An id of no family, such as
//! `simulator`, has only the rules that all models share.
//!
//! The rule-based model behaves as the family: it reasons by default or by the family's setting, with empty text
//! where that is the default display; it stops with `end_turn` after tool calls (gpt-oss; Claude Sonnet 4.5 and
//! 4.6 after a prompt with an odd number of bytes); it writes `<thinking>` into the text (Nova). Tool use ids have
//! the format of the family. Scenarios are played unchanged, but for these ids, and the upstream model's responses
//! as well.
//!
//! # Scenarios
//! `PUT /_sim/scenarios/<name>` adds a scenario ([`scenario::definition::Scenario`]); the response is 204, or
//! 400 with a `message` that names the invalid field. `GET` returns it. `DELETE` removes it and restores a
//! built-in one of that name. `GET /_sim/scenarios` returns all names with their descriptions.
//! ```json
//! { "steps": [
//!   { "ttft_ms": 60, "deltas_per_s": 100, "chars_per_delta": 4, "interleaved": false,
//!     "blocks": [ { "reasoning": "…" }, { "text": "…" }, { "tool": "get_weather", "input": { "location": "Rome" } } ],
//!     "stop_reason": "tool_use",
//!     "fault": { "kind": "exception", "exception": "throttling", "after_deltas": 3, "times": 1 } },
//!   { "trace": [ { "at_ms": 700, "text": "recorded " }, { "at_ms": 748.5, "text": "rhythm" } ] }
//! ], "repeat": false }
//! ```
//! Step *n* is the response to the *n*-th model call of a run: the call after *n* messages with tool results
//! since the prompt, counted from 0. After the last step, the response is a sentence that ends the run, or
//! the last step again with `repeat`. Every field of a step has a default. Kinds of block: `text`; `tool` with
//! `input`, or with `input_text`, which is sent verbatim; `reasoning` with an optional `signature`, or `unsigned`;
//! `redacted` (base64).
//!
//! A step may play arbitrary frames with `events` in place of `blocks` ([`scenario::entry::Entry`]), in order, at
//! the pace of the step, where each entry counts as a delta. Nothing is added, not even `messageStop`:
//! ```json
//! { "steps": [ { "ttft_ms": 0, "events": [
//!   ["messageStart", { "role": "assistant" }],
//!   ["contentBlockDelta", { "contentBlockIndex": 0, "delta": { "text": "Hi" } }],
//!   { "pause_ms": 500 },
//!   ["bytes", "AAAAEA=="],
//!   ["error:InternalFailure", "It failed."],
//!   ["exception:throttlingException", { "message": "…" }] ] } ], "context_bytes": 60000 }
//! ```
//! The type of an event or exception may be one that Bedrock does not have. The ids of tool calls are literal and
//! may repeat; a signature is valid with the reasoning text of its block. `Converse` rejects such a step.
//!
//! A request whose messages, system prompt and tools exceed `context_bytes` of a scenario, as JSON, is rejected
//! with "Input is too long for requested model."
//!
//! Faults before the stream: `throttling`, `internal_server` (or `5xx`), `service_unavailable`, `validation`,
//! `access_denied`, `model_not_ready`, `model_timeout`, `model_error`, `resource_not_found`. Faults in the
//! stream: `exception`, `stall`, `cut` (inside a frame), `no_message_stop`. With `times`, the fault applies to
//! that number of requests with the same messages and `requestMetadata`, and not to later ones.
//!
//! # Records
//! - `GET /_sim/requests`: `[{id, operation, model, at, headers, body, error?: {status, type, message}}]`
//! - `GET /_sim/streams`: `[{id, model, requestMetadata, started, ended?, state, deltas, firstDeltaAt?}]`.
//!   `state` is `running`, `finished` (the simulator sent the complete response, including its fault) or
//!   `dropped` (the client closed the connection; detected immediately)
//! - `GET /_sim/calls`: calls of the other services, `[{path, started, ended?, state, status?}]`
//!
//! Each list has the last 1,000 records, oldest first, with times in epoch milliseconds. `DELETE` on the same
//! path clears it. `GET /_sim/health` returns 200 while the simulator is running.
//!
//! # Reasoning
//! Reasoning text is signed together with the model id, without the prefix of an inference profile. A changed text
//! or an invalid signature is rejected. The signature of another model is accepted. A block with
//! `"unsigned": true` has no signature.
//!
//! With the thinking type `enabled`, a request with tool results is rejected if its assistant message lacks the
//! reasoning that preceded the tool calls, or if the first assistant message with tool calls since the prompt does not
//! begin with reasoning. Adaptive thinking tolerates both, and so does a request without thinking.
//!
//! For the families with the prefix check (Claude 5.5, Fable 5.1 and later), a signature is also bound to the system
//! prompt, the tools and every message before the block. After a change of these the request is rejected with
//! "Invalid `signature` in `thinking` block. The block is bound to a different conversation". Reasoning may be left
//! out from the oldest end, from the newest end, or completely, and not be restored later. Cache points and settings
//! may change. Signatures that a scenario sets are not bound.
//!
//! # Knowledge Base
//! `POST /knowledgebases/KBSIM00001/retrieve` ([`ids::KNOWLEDGE_BASE`]) returns sections of the documents in
//! `knowledge/` (or `--knowledge DIR`), ranked by BM25, with scores between 0 and 1. `numberOfResults` is
//! 1–100, by default 5.
//!
//! # Weather
//! `GET /weather/v1/search` and `GET /weather/v1/forecast` have Open-Meteo's format, for a table of cities. New
//! York is sunny. The forecast of Slowville takes 60 s, that of Stormbridge fails with status 500. For unknown
//! names the response has no `results`.
//!
//! # Issuer
//! An OpenID Connect issuer that vouches for anybody. Its URL is `http://<host>/issuer`, with the host that the
//! request names.
//! - `GET /issuer/.well-known/openid-configuration`: `issuer`, `jwks_uri`, `token_endpoint` and the algorithms
//! - `GET /issuer/jwks.json`: the public keys, one for each of `RS256`, `ES256` and `EdDSA`. Keys are generated at
//!   their first use, in up to some seconds
//! - `POST /issuer/token`: signs a token, `{access_token, token_type, expires_in}`. Every field of the body but `sub`
//!   has a default:
//! ```json
//! { "sub": "alice", "groups": ["staff"], "audience": "longwire-local", "expiresIn": 3600,
//!   "notBefore": 1795700000, "alg": "RS256", "claims": { "email": "alice@example.com", "iat": null } }
//! ```
//! `expiresIn` is in seconds from now, and may be negative; `notBefore` is in seconds since 1970. Without `notBefore`
//! and `groups` the token lacks `nbf` and `groups`. `claims` replace others of their name, and `null` removes one.
//!
//! `POST /issuer/rotate` generates new keys, which sign from then on. The former keys stay published; with the body
//! `{"withdraw": true}` all of them are removed.
//!
//! `PUT /issuer/fault` lets the three endpoints above fail: `{"status": 503}` is the status of every response,
//! `{"stallMs": 5000}` delays every response, and both can be given. `DELETE` ends the fault.

pub mod error;
pub mod ids;
pub mod options;
pub mod server;
pub mod shutdown;

pub mod conversation;
pub mod families;
pub mod knowledge;
pub mod records;
pub mod response;
pub mod scenario;

mod bad_request;
mod clock;
mod converse;
mod issuer;
mod playback;
mod reasoning;
mod rules;
mod state;
mod upstream;
mod validation;
mod weather;
