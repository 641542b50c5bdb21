//! Token that all users share, in a parameter of Systems Manager.

use std::time::Duration;

use aws_sdk_ssm::Client;
use longwire_parameters::read::read;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::refusal::Refusal;

/// Time after which the parameter is read again: a token that was replaced is accepted for that long. Reading it with every
/// handshake would meet the limit of 40 requests per second ("Increasing or resetting Parameter Store throughput").
const REREAD_AFTER: Duration = Duration::from_secs(60);

/// The same while no token was ever read.
const FIRST_REREAD_AFTER: Duration = Duration::from_secs(5);

/// Age from which on a token is not accepted any more while the parameter cannot be read.
const MAX_AGE: Duration = Duration::from_secs(10 * 60);

/// Token that all users share.
#[derive(Debug)]
pub(crate) struct SharedToken {
    client: Client,
    parameter: String,
    /// Locked while the parameter is read, so that handshakes that need it at the same time wait for one read.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Token, with the time at which it was read.
    token: Option<(SecretString, Instant)>,
    tried_at: Option<Instant>,
}

impl SharedToken {
    /// Names the parameter. It is not read yet.
    pub(crate) fn new(client: Client, parameter: String) -> Self {
        Self {
            client,
            parameter,
            state: Mutex::default(),
        }
    }

    /// Reads the parameter. A failure is logged only.
    pub(crate) async fn warm_up(&self) {
        self.current().await;
    }

    /// Compares a token with the shared one, in a time that does not depend on where they differ.
    pub(crate) async fn check(&self, token: &SecretString) -> Result<(), Refusal> {
        let shared = self.current().await.ok_or(Refusal::NoSharedToken)?;
        let (shared, token) = (shared.expose_secret(), token.expose_secret());
        let equal: bool = shared.as_bytes().ct_eq(token.as_bytes()).into();
        equal.then_some(()).ok_or(Refusal::OtherSharedToken)
    }

    /// Shared token. While the parameter cannot be read, the one that was read before is used for 10 minutes; then there is
    /// none.
    async fn current(&self) -> Option<SecretString> {
        let mut state = self.state.lock().await;
        let now = Instant::now();
        let pause = match state.token {
            Some(_) => REREAD_AFTER,
            None => FIRST_REREAD_AFTER,
        };
        let due = |tried: Instant| now.duration_since(tried) >= pause;
        if state.tried_at.is_none_or(due) {
            // An empty parameter is an error, because an empty token would equal it.
            let read = read(&self.client, &self.parameter).await;
            // After the read, so that one that was given up does not count.
            state.tried_at = Some(now);
            match read {
                Ok(token) => state.token = Some((token, now)),
                Err(error) => {
                    tracing::error!(event = "shared_token_not_read", %error, "the parameter of the shared token was not read");
                }
            }
        }
        let (token, read_at) = state.token.as_ref()?;
        (now.duration_since(*read_at) < MAX_AGE).then(|| token.clone())
    }
}
