//! Limits and names of the WebSocket frames.

/// Subprotocol of clients that accept several JSON lines per frame.
pub const SUBPROTOCOL: &str = "longwire.v1";

/// Largest frame from a client, in bytes of UTF-8: one frame of API Gateway ("Quotas for WebSocket APIs").
pub const MAX_REQUEST_BYTES: usize = 32 * 1024;

/// Largest frame sent to a client, in bytes of UTF-8. The limit of API Gateway for one frame is 32 KB ("Quotas
/// for WebSocket APIs"); the rest is kept free for the envelope of other formats.
pub const MAX_FRAME_BYTES: usize = 28_672;
