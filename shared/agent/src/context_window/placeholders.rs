//! What the model is told where something is missing. Brackets keep it apart from what people said.

/// In place of a user's turn in which nothing can be read.
pub(super) const EMPTY: &str = "[The message was empty.]";

/// After an answer that was cancelled while it was being given.
pub(super) const STOPPED: &str = "[The answer above was stopped before its end.]";

/// After an answer that was cancelled before its first word.
pub(super) const STOPPED_AT_ONCE: &str = "[The answer was stopped before it began.]";

/// When the conversation ends with the model's own words: newer models refuse to be given a beginning.
pub(super) const GO_ON: &str = "[Go on.]";

/// The result of a call that was never answered.
pub(super) const NO_RESULT: &str = "The call was interrupted: there is no result.";

/// The result of a call that was begun by a worker that then died.
pub(super) const RESULT_LOST: &str =
    "The call was interrupted: there is no result, but it may have taken effect.";

/// In place of a result in which nothing can be read.
pub(super) const BLANK_RESULT: &str = "The tool returned nothing.";
