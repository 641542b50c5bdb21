//! Command line options.

use clap::Parser;

/// Plays random sequences of the store's operations and checks the invariants.
#[derive(Debug, Clone, Parser)]
pub(crate) struct Options {
    /// Endpoint of DynamoDB and SQS of a running stack; by default each case has an emulator in memory.
    #[arg(long)]
    pub endpoint: Option<String>,
    /// Deployed table of threads, from which the table of each case copies keys and indexes.
    #[arg(long, default_value = "longwire-threads")]
    pub like: String,
    /// Deployed table of connections.
    #[arg(long, default_value = "longwire-connections")]
    pub connections: String,
    /// Number of cases.
    #[arg(long, default_value_t = 100)]
    pub cases: u64,
    /// Most transitions of a case.
    #[arg(long, default_value_t = 32)]
    pub length: usize,
    /// Number of cases that are played in parallel. A case spends most of its time waiting for responses.
    #[arg(long, default_value_t = 12)]
    pub side_by_side: usize,
    /// Seed of all random choices; random by default.
    #[arg(long, default_value_t = rand::random::<u32>().into())]
    pub seed: u64,
    /// Number of the only case to play.
    #[arg(long)]
    pub case: Option<u64>,
}
