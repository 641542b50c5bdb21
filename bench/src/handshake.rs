//! Handshakes of clients, each with a credential of its own, and their authorization.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::events::{self, Credential};
use crate::function::Function;
use crate::stage::Stage;

/// Time for which the identity of a ticket is valid, in seconds.
const EXPIRES_IN: u64 = 3600;

/// Kind of credential.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Token with an RSA signature.
    Rs256,
    /// Token with a signature of the curve P-256.
    Es256,
    /// One-time ticket.
    Ticket,
}

impl Kind {
    /// All kinds.
    pub(crate) const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::Ticket];

    /// Name, also in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "token-RS256",
            Self::Es256 => "token-ES256",
            Self::Ticket => "ticket",
        }
    }
}

/// Clients that connect with credentials.
pub(crate) struct Clients<'s> {
    stage: &'s Stage,
    /// Function that makes tickets.
    ticket: Function,
}

/// Handshake that has not been authorized.
pub(crate) struct Handshake {
    user: String,
    event: Value,
}

/// Times of a handshake that was allowed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Authorized {
    /// Time from the event to the response.
    pub(crate) response: Duration,
    /// Part of it that the requests to the table took there.
    pub(crate) storage: Duration,
    /// Requests to the table.
    pub(crate) storage_requests: usize,
}

impl Authorized {
    /// Time from the event to the response, without that of the table.
    pub(crate) fn own(&self) -> Duration {
        self.response.saturating_sub(self.storage)
    }
}

impl<'s> Clients<'s> {
    /// Starts the function `ticket` in `folder`.
    pub(crate) async fn start(stage: &'s Stage, folder: &Path) -> Result<Self> {
        let (environment, log) = (stage.environment(), stage.log("ticket"));
        let ticket = Function::start_ready(&folder.join("ticket"), &environment, &log).await?;
        Ok(Self { stage, ticket })
    }

    /// Makes a handshake of a user, with a new credential.
    pub(crate) async fn handshake(&self, kind: Kind, user: &str) -> Result<Handshake> {
        let issuer = &self.stage.issuer;
        let credential = match kind {
            Kind::Rs256 => Credential::Token(issuer.token("RS256", user).await?),
            Kind::Es256 => Credential::Token(issuer.token("ES256", user).await?),
            Kind::Ticket => Credential::Ticket(self.ticket(user).await?),
        };
        Ok(Handshake {
            user: user.to_owned(),
            event: events::handshake(user, &credential)?,
        })
    }

    async fn ticket(&self, user: &str) -> Result<String> {
        let request = json!({ "sub": user, "expiresInSeconds": EXPIRES_IN });
        let response = self.ticket.invoke(&request).await?.response;
        let ticket = response["ticket"].as_str();
        Ok(ticket.context("no ticket was made")?.to_owned())
    }

    /// Invokes the authorizer. Fails unless it allows exactly this handshake for its user.
    pub(crate) async fn authorize(
        &self,
        authorizer: &Function,
        handshake: &Handshake,
    ) -> Result<Authorized> {
        self.stage.recorder.take();
        let invocation = authorizer.invoke(&handshake.event).await?;
        let observed = self.stage.recorder.take();
        check(handshake, &invocation.response)?;
        Ok(Authorized {
            response: invocation.ended - invocation.started,
            storage: observed.storage_time,
            storage_requests: observed.storage_requests.len(),
        })
    }
}

/// Compares a response with the policy that allows the method of the handshake, and no other, for its user.
fn check(handshake: &Handshake, response: &Value) -> Result<()> {
    let user = &handshake.user;
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": "execute-api:Invoke",
            "Resource": handshake.event["methodArn"],
        }],
    });
    let allowed = response["policyDocument"] == policy;
    ensure!(allowed, "the handshake was not allowed: {response}");
    let identified = response["principalId"] == **user && response["context"]["user"] == **user;
    ensure!(identified, "the user is not {user}: {response}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHOD: &str = "arn:aws:execute-api:us-east-1:123456789012:abcd1234/live/$connect";

    fn response(effect: &str, resource: &str, user: &str) -> Value {
        json!({
            "principalId": user,
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [{ "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource }],
            },
            "context": { "user": user, "exp": "1764000000" },
        })
    }

    fn handshake() -> Handshake {
        let credential = Credential::Ticket("t".to_owned());
        Handshake {
            user: "u_7".to_owned(),
            event: events::handshake("c_1", &credential).expect("an event"),
        }
    }

    #[test]
    fn only_a_policy_for_the_method_and_the_user_of_the_handshake_counts() {
        let counts = |response: Value| check(&handshake(), &response).is_ok();
        assert!(counts(response("Allow", METHOD, "u_7")));
        assert!(!counts(response("Deny", METHOD, "u_7")));
        assert!(!counts(response("Allow", "*", "u_7")));
        assert!(!counts(response("Allow", METHOD, "u_8")));
        assert!(!counts(Value::Null));
    }

    #[test]
    fn a_policy_with_another_statement_or_user_of_the_context_does_not_count() {
        let mut more = response("Allow", METHOD, "u_7");
        let statement = more["policyDocument"]["Statement"][0].clone();
        more["policyDocument"]["Statement"] = json!([statement, statement]);
        assert!(check(&handshake(), &more).is_err());
        let mut other = response("Allow", METHOD, "u_7");
        other["context"]["user"] = json!("u_8");
        assert!(check(&handshake(), &other).is_err());
    }

    #[test]
    fn own_time_is_that_without_the_table() {
        let authorized = Authorized {
            response: Duration::from_micros(9500),
            storage: Duration::from_micros(8100),
            storage_requests: 2,
        };
        assert_eq!(authorized.own(), Duration::from_micros(1400));
    }
}
