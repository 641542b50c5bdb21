//! Keys of the issuer: generated at their first use, replaced by a rotation, published until they are withdrawn.

use std::sync::Arc;

use tokio::{sync::Mutex, task::spawn_blocking};

use super::signing_key::{Algorithm, SigningKey};

/// Keys that are generated together, one for each algorithm.
#[derive(Debug)]
pub(crate) struct KeySet {
    rs256: SigningKey,
    es256: SigningKey,
    ed_dsa: SigningKey,
}

impl KeySet {
    fn generate() -> Self {
        Self {
            rs256: SigningKey::generate(Algorithm::Rs256),
            es256: SigningKey::generate(Algorithm::Es256),
            ed_dsa: SigningKey::generate(Algorithm::EdDsa),
        }
    }

    /// Returns the key of an algorithm.
    pub(crate) fn key(&self, algorithm: Algorithm) -> &SigningKey {
        match algorithm {
            Algorithm::Rs256 => &self.rs256,
            Algorithm::Es256 => &self.es256,
            Algorithm::EdDsa => &self.ed_dsa,
        }
    }
}

/// All keys of one issuer.
#[derive(Debug, Default)]
pub(crate) struct Keys(Mutex<Contents>);

#[derive(Debug, Default)]
struct Contents {
    /// Keys that sign; absent before their first use.
    current: Option<Arc<KeySet>>,
    /// Keys that signed before, and are still published.
    former: Vec<Arc<KeySet>>,
}

impl Keys {
    /// Returns the keys that sign.
    pub(crate) async fn current(&self) -> Arc<KeySet> {
        self.0.lock().await.current().await
    }

    /// Returns the keys that are published.
    pub(crate) async fn published(&self) -> Vec<Arc<KeySet>> {
        let mut contents = self.0.lock().await;
        let current = contents.current().await;
        contents.former.iter().cloned().chain([current]).collect()
    }

    /// Replaces the keys that sign. The former ones stay published unless `withdraw` is set.
    pub(crate) async fn rotate(&self, withdraw: bool) {
        let mut contents = self.0.lock().await;
        let replaced = contents.current.replace(generate().await);
        if withdraw {
            contents.former.clear();
        } else {
            contents.former.extend(replaced);
        }
    }
}

impl Contents {
    async fn current(&mut self) -> Arc<KeySet> {
        match &self.current {
            Some(current) => Arc::clone(current),
            None => Arc::clone(self.current.insert(generate().await)),
        }
    }
}

/// Generates keys on a thread for blocking work, because RSA takes long.
async fn generate() -> Arc<KeySet> {
    let generated = spawn_blocking(KeySet::generate).await;
    Arc::new(generated.expect("the task does not panic and is not cancelled"))
}
