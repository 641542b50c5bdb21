//! Events of services, with emulated tables and scripted posts.

mod envelopes;
mod inbox;
mod posts;
mod prompts;
mod repeated_prompts;
mod requests;
mod rooms;
mod stage;
