//! What the test is told.

use clap::Parser;

/// Plays random sequences of the store's operations against a running stack and looks at what becomes of them.
#[derive(Debug, Clone, Parser)]
pub(crate) struct Options {
    /// Where DynamoDB and SQS are.
    #[arg(long)]
    pub endpoint: String,
    /// The table whose keys and indexes the test's own tables get.
    #[arg(long, default_value = "longwire-threads")]
    pub like: String,
    /// The deployed table of connections.
    #[arg(long, default_value = "longwire-connections")]
    pub connections: String,
    /// How many sequences are played.
    #[arg(long, default_value_t = 100)]
    pub cases: u64,
    /// The most transitions in a sequence.
    #[arg(long, default_value_t = 24)]
    pub length: usize,
    /// How many are played side by side: most of the time they wait.
    #[arg(long, default_value_t = 12)]
    pub side_by_side: usize,
    /// What all chance comes from; another one each time when it is not given.
    #[arg(long, default_value_t = rand::random::<u32>().into())]
    pub seed: u64,
    /// Only this sequence of the seed's.
    #[arg(long)]
    pub case: Option<u64>,
}
