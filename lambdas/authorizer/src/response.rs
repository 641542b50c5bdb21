//! Response to a handshake: a policy.

use longwire_core::identity::{AuthorizerContext, Identity};
use serde::Serialize;

/// Principal of a refusal, which API Gateway requires. No user has this id.
const NOBODY: &str = "@";

/// Response to a handshake.
///
/// A refusal is a policy, too, to which API Gateway answers 403. The error `Unauthorized`, to which it answers 401, would
/// count as an error of the function: anybody could raise its alarm.
///
/// A type of its own, because that of `aws_lambda_events` writes absent fields as `null`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    principal_id: String,
    policy_document: Policy,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<AuthorizerContext>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    version: &'static str,
    statement: [Statement; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: &'static str,
    action: &'static str,
    resource: String,
}

impl Response {
    /// Allows one method of the API for this identity.
    pub(crate) fn allow(identity: &Identity, method_arn: &str) -> Self {
        Self {
            principal_id: identity.user.to_string(),
            policy_document: Policy::new("Allow", method_arn),
            context: Some(AuthorizerContext::from(identity)),
        }
    }

    /// Refuses one method of the API.
    pub(crate) fn deny(method_arn: &str) -> Self {
        Self {
            principal_id: NOBODY.to_owned(),
            policy_document: Policy::new("Deny", method_arn),
            context: None,
        }
    }
}

impl Policy {
    fn new(effect: &'static str, method_arn: &str) -> Self {
        Self {
            version: "2012-10-17",
            statement: [Statement {
                effect,
                action: "execute-api:Invoke",
                resource: method_arn.to_owned(),
            }],
        }
    }
}
