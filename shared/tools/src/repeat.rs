//! Policy for a call whose worker crashed.

/// Policy for a call whose worker crashed during it: whether the worker that reclaims the run may repeat the call,
/// although it may have taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The call is repeated: the tool only reads, or a repeated call has no further effect.
    Safe,
    /// The call is never started twice. The step is stored before its calls start, which costs a write.
    Never,
}
