//! Budgets of users against an emulator of DynamoDB: single cases, and a thousand users on a simulated clock.

mod cases;

mod thousand_users;

mod calls;
mod choices;
mod end;
mod player;
mod report;
mod run;
mod world;

mod operation;
mod reserving;
mod settling;

mod compare;
mod dates;
mod expected;
mod limits;

mod emulator;
mod gate;
mod item;
