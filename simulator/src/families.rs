//! Model families of Bedrock: what each accepts, and how it behaves.
//!
//! The table follows the model cards and guides of AWS and Anthropic, and published errors. It is independent of
//! the request builder of the product, so that a mistake there is found. Where nothing is published, the table
//! has the stricter value.

pub mod family;
pub mod lookup;

mod claude;
mod nova;
mod others;
