//! Refusals of the model so far, shared by the clones of the adapter.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::bedrock::family::Family;
use crate::bedrock::refusal::{ALL, Refusal};

/// Set of refusals, a bit each.
#[derive(Debug, Clone, Default)]
pub(super) struct Learned(Arc<AtomicU16>);

impl Learned {
    /// Adds a refusal. Returns whether it is new to the process.
    pub(super) fn add(&self, refusal: Refusal) -> bool {
        let bit = bit(refusal);
        self.0.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    /// The family without what was refused.
    pub(super) fn applied(&self, family: Family) -> Family {
        let bits = self.0.load(Ordering::Relaxed);
        let learned = ALL.into_iter().filter(|refusal| bits & bit(*refusal) != 0);
        learned.fold(family, |family, refusal| refusal.applied(family))
    }
}

fn bit(refusal: Refusal) -> u16 {
    1 << refusal as u8
}
