//! The declaration of a tool.

use std::time::Duration;

use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::approval::Approval;
use crate::arguments;
use crate::deps::Deps;
use crate::repeat::Repeat;

/// Declaration of a tool. The file of each tool has one.
pub(crate) struct Tool {
    /// Name of the tool for the model, `[a-zA-Z0-9_-]{1,64}`.
    pub(crate) name: &'static str,
    /// Purpose of the tool, for the model.
    pub(crate) description: &'static str,
    /// Makes the JSON Schema of the arguments.
    pub(crate) schema: fn() -> Value,
    /// Time limit of a call.
    pub(crate) limit: Duration,
    /// Policy for a call whose worker crashed.
    pub(crate) repeat: Repeat,
    /// Approval that the calls need.
    pub(crate) approval: Approval,
    /// Group of the claims that a user needs to approve calls; `None` lets any user of the thread.
    pub(crate) approval_group: Option<&'static str>,
    /// Creates the tool from the deployment's clients; `None` when the deployment does not offer it.
    pub(crate) offered: fn(&Deps) -> Option<Prepare>,
}

/// Prepares a call from the arguments that the model wrote. The error is written for the model.
pub(crate) type Prepare = Box<dyn Fn(&Value) -> Result<Work, String> + Send + Sync>;

/// Work of a call. Nothing happens before the future is polled; dropping it cancels the call.
pub(crate) struct Work {
    /// Text for people, shown while the call runs.
    pub(crate) status: String,
    /// Result for the model: an answer, or an error that says how to correct the call.
    pub(crate) result: BoxFuture<'static, Result<String, String>>,
}

/// Makes a tool's [`Prepare`]: it checks the arguments, then describes the call with `status` and makes it with
/// `call`.
pub(crate) fn prepare<A, F>(
    status: fn(&A) -> String,
    call: impl Fn(A) -> F + Send + Sync + 'static,
) -> Prepare
where
    A: DeserializeOwned + 'static,
    F: Future<Output = Result<String, String>> + Send + 'static,
{
    Box::new(move |input| {
        let args = arguments::parse(input)?;
        Ok(Work {
            status: status(&args),
            result: Box::pin(call(args)),
        })
    })
}
