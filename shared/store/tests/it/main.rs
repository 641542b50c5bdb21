//! How a worker takes a run and writes it, against a table that answers what a test tells it: the answers
//! are DynamoDB's own JSON, and the client is the real one.

mod cancel;
mod claim;
mod lease;
mod table;
