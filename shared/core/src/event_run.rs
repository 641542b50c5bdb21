//! Run that an event of a service started.

use serde::{Deserialize, Serialize};

use crate::ids::{MessageId, RunId, ThreadId};

/// Beginning of the ids of runs that events start. Clients cannot choose such an id, so that none takes the place of the run.
pub const RUN_PREFIX: &str = "svc_";

/// Characters of an event's name that stand in the ids of its run.
const NAME: usize = 16;

/// Run that an event of a service started. Rows and frames contain it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventRun {
    /// Thread of the run, of the user for whom the event was.
    pub thread_id: ThreadId,
    /// Id of the run. The same event has the same one on each thread, so that it starts one run there.
    pub run_id: RunId,
}

impl EventRun {
    /// Run of the event with this name, which consists of hexadecimal digits; on a new thread unless one is given.
    pub fn new(event: &str, thread_id: Option<ThreadId>) -> Self {
        let name: String = event.chars().take(NAME).collect();
        Self {
            thread_id: thread_id.unwrap_or_else(|| ThreadId::trusted(format!("t_{name}"))),
            run_id: RunId::trusted(format!("{RUN_PREFIX}{name}")),
        }
    }

    /// Id of the user message of the run.
    pub fn message_id(&self) -> MessageId {
        let run = self.run_id.as_str();
        MessageId::trusted(format!("m_{}", run.trim_start_matches(RUN_PREFIX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_a_run_are_those_of_its_event() {
        let run = EventRun::new("0123456789abcdef0123456789abcdef", None);
        assert_eq!(run.thread_id.as_str(), "t_0123456789abcdef");
        assert_eq!(run.run_id.as_str(), "svc_0123456789abcdef");
        assert_eq!(run.message_id().as_str(), "m_0123456789abcdef");
        let named = EventRun::new("0123456789abcdef", Some(ThreadId::trusted("t1")));
        assert_eq!(named.thread_id.as_str(), "t1");
    }
}
