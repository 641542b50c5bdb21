//! The reply of one model call.

use longwire_core::message::Message;
use longwire_protocol::numbered::Draft;

use crate::outcome::Stop;

/// Reply of one model call. Its blocks are closed for the client; its step is not.
#[derive(Debug)]
pub(super) struct Reply {
    /// Assistant message.
    pub message: Message,
    /// End of the call.
    pub stop: Stop,
    /// STEP_FINISHED event, emitted by the loop before the tools run or, when the run ends, after the results
    /// of calls that were not run.
    pub step_finished: Draft,
}
