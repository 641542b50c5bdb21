//! The sender against connections that are slow, broken or gone. Time is paused: the figures are exact.

mod end;
mod figures;
mod lines;
mod property;
mod stage;
mod trouble;
