//! The agent loop, driven by a model that plays a script, read through the real sender.

mod answers;
mod context_window;
mod every_moment;
mod handing_over;
mod limits;
mod once;
mod script;
mod stage;
mod stops;
mod tool_box;
