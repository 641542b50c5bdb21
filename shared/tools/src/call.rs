//! A tool call that is ready to run.

use std::fmt;
use std::time::Duration;

use longwire_core::approval::ApprovalTerms;

use crate::guard::{Output, guard};
use crate::repeat::Repeat;
use crate::tool::Work;

/// Call whose tool exists and whose arguments are valid. Nothing happens before it is run.
pub struct PreparedCall {
    pub(crate) name: &'static str,
    pub(crate) limit: Duration,
    pub(crate) repeat: Repeat,
    pub(crate) approval: Option<ApprovalTerms>,
    pub(crate) work: Work,
}

impl PreparedCall {
    /// Text for people, shown while the call runs.
    pub fn status(&self) -> &str {
        &self.work.status
    }

    /// Policy for the call if its worker crashes during it.
    pub fn repeat(&self) -> Repeat {
        self.repeat
    }

    /// Terms on which the call may be approved; `None` when it needs no approval.
    pub fn approval(&self) -> Option<&ApprovalTerms> {
        self.approval.as_ref()
    }

    /// The call as one that is never started twice, whatever the tool declares.
    pub fn once(self) -> Self {
        Self {
            repeat: Repeat::Never,
            ..self
        }
    }

    /// Makes the call within the tool's time limit. Dropping the future cancels the call.
    pub async fn run(self) -> Output {
        guard(self.name, self.limit, self.work.result).await
    }
}

impl fmt::Debug for PreparedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedCall")
            .field("name", &self.name)
            .field("status", &self.work.status)
            .finish_non_exhaustive()
    }
}
