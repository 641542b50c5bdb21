//! The identity of a thread.

use crate::ids::{Owner, ThreadId};

/// Identifies a thread. Two owners may use the same thread id; their threads are different partitions of the
/// `threads` table, so access to a foreign thread needs no check.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ThreadKey {
    /// User that owns the thread.
    pub owner: Owner,
    /// Id of the thread, unique per owner.
    pub thread_id: ThreadId,
}

impl ThreadKey {
    /// Partition key of the thread: `<owner>/<threadId>`. Neither part may contain a `/`.
    pub fn partition(&self) -> String {
        format!("{}/{}", self.owner, self.thread_id)
    }

    /// Parses a partition key; `None` when it is not of the form `<owner>/<threadId>`.
    pub fn parse(partition: &str) -> Option<Self> {
        let (owner, thread_id) = partition.split_once('/')?;
        Some(Self {
            owner: Owner::trusted(owner),
            thread_id: ThreadId::trusted(thread_id),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_key_parses_back_to_its_thread() {
        let key = ThreadKey {
            owner: Owner::anonymous(),
            thread_id: ThreadId::trusted("t_1"),
        };
        assert_eq!(key.partition(), "anonymous/t_1");
        assert_eq!(ThreadKey::parse("anonymous/t_1"), Some(key));
        assert_eq!(ThreadKey::parse("t_1"), None);
    }
}
