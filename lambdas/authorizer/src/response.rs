//! Response that allows a handshake.

use longwire_core::identity::{AuthorizerContext, Identity};
use serde::Serialize;

/// Response that allows a handshake.
///
/// The type of `aws_lambda_events` writes fields that are absent as `null`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Allow {
    principal_id: String,
    policy_document: Policy,
    context: AuthorizerContext,
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

impl Allow {
    /// Allows one method of the API for this identity.
    pub(crate) fn new(identity: &Identity, method_arn: &str) -> Self {
        Self {
            principal_id: identity.user.to_string(),
            policy_document: Policy {
                version: "2012-10-17",
                statement: [Statement {
                    effect: "Allow",
                    action: "execute-api:Invoke",
                    resource: method_arn.to_owned(),
                }],
            },
            context: AuthorizerContext::from(identity),
        }
    }
}
