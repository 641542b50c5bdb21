//! Cache of an issuer's keys, and the times at which they are read again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::issuer::{Issuer, IssuerError};
use crate::key_set::KeySet;

/// Age from which on the keys are read again with the next token. Issuers publish a new key long before they sign with it,
/// and withdraw a stolen one at any time.
const REFRESH_AFTER: Duration = Duration::from_secs(10 * 60);

/// Pause between two reads while keys are there: for a key that they lack, or because the issuer is down. Anybody can send
/// tokens that name unknown keys.
const PAUSE: Duration = Duration::from_secs(60);

/// Pause between two reads while no keys were ever read. Until then every token is refused.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// Keys of one issuer.
#[derive(Debug)]
pub(crate) struct KeyCache {
    issuer: Issuer,
    /// Locked while the keys are read, so that tokens that need them at the same time wait for one read.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: Option<Arc<KeySet>>,
    read_at: Option<Instant>,
    tried_at: Option<Instant>,
}

impl KeyCache {
    pub(crate) fn new(issuer: Issuer) -> Self {
        Self {
            issuer,
            state: Mutex::default(),
        }
    }

    /// Keys for a token that names the key `wanted`. Keys that are there are used also while the issuer is down; the
    /// token's key may be missing among them. Returns `None` when no keys were ever read.
    pub(crate) async fn keys(&self, wanted: Option<&str>) -> Option<Arc<KeySet>> {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        if state.read_is_due(wanted, now) {
            let read = self.issuer.keys(state.keys.is_some()).await;
            // After the read, so that one that was given up does not count.
            state.tried_at = Some(now);
            match read {
                Ok(keys) => {
                    state.keys = Some(Arc::new(keys));
                    state.read_at = Some(now);
                }
                Err(error) => log(&error),
            }
        }
        state.keys.clone()
    }
}

impl State {
    fn read_is_due(&self, wanted: Option<&str>, now: Instant) -> bool {
        let passed = |since: Option<Instant>, time: Duration| {
            since.is_none_or(|since| now.duration_since(since) >= time)
        };
        match &self.keys {
            None => passed(self.tried_at, FIRST_PAUSE),
            Some(keys) => {
                let needed = keys.find(wanted).is_none() || passed(self.read_at, REFRESH_AFTER);
                needed && passed(self.tried_at, PAUSE)
            }
        }
    }
}

fn log(error: &IssuerError) {
    tracing::warn!(event = "issuer_keys_not_read", %error, "the keys of the issuer were not read");
}
