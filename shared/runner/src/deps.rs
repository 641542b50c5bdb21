//! What the worker works with, built once.

use std::sync::Arc;

use longwire_agent::model::Model;
use longwire_queue::Queue;
use longwire_store::connections::Connections;
use longwire_store::threads::Threads;
use longwire_stream::post::Post;
use longwire_tools::toolbox::Tools;

use crate::settings::Settings;

/// What the worker works with.
pub struct Deps {
    /// Who answers.
    pub model: Arc<dyn Model>,
    /// What the model may call.
    pub tools: Tools,
    /// Conversations and runs.
    pub threads: Threads,
    /// Sockets.
    pub connections: Connections,
    /// Where jobs come from and go to.
    pub queue: Queue,
    /// Scheduler.
    pub scheduler: longwire_scheduler::Scheduler,
    /// Where the jobs of runs that were given up go.
    pub dead_letters: Queue,
    /// The way to a socket.
    pub post: Post,
    /// How it works.
    pub settings: Settings,
}
