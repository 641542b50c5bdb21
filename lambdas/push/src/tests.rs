//! Events of services, with an emulated table and scripted posts.

mod envelopes;
mod posts;
mod requests;
mod stage;
