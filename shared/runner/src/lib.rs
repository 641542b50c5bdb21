//! x

pub mod advance;
pub mod attempt;
pub mod control_poll;
pub mod deadlines;
pub mod delivery;
pub mod deps;
pub mod finish;
pub mod hand_over;
pub mod load;
pub mod pages;
pub mod replay;
pub mod running;
pub mod settings;
pub mod start;
pub mod supervisor;
pub mod taken;
pub mod writer;
