//! What the worker works with, built once.

use std::sync::Arc;

use shared::aws::connections::Connections;
use shared::aws::queue::Queue;
use shared::aws::threads::Threads;
use shared::model::Model;
use shared::sender::post::Post;
use shared::tools::Tools;

use crate::settings::Settings;

/// What the worker works with.
pub(crate) struct Deps {
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
    /// Where the jobs of runs that were given up go.
    pub dead_letters: Queue,
    /// The way to a socket.
    pub post: Post,
    /// How it works.
    pub settings: Settings,
}
