//! Usage of runs, for users and for the report of a month.
//!
//! The runs of a month are spread over 16 partitions, so that the report of all users reads 16 of them, and no user writes
//! to the partition of the whole deployment. The runs of one user are in one partition, ordered by day.

use std::collections::{BTreeMap, BTreeSet};

use longwire_core::ids::{RunId, UserId};
use longwire_core::message::Usage;
use longwire_core::thread_key::ThreadKey;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::to_item;
use sha2::{Digest as _, Sha256};

use crate::error::StoreError;
use crate::item::{read, s};
use crate::update::held;
use crate::users::Users;
use crate::users::dates::Dates;

/// Time for which the usage of a run is kept, in seconds: 400 days.
const KEEP: u64 = 400 * 24 * 3600;

/// Partitions of a month.
const PARTS: u8 = 16;

/// Usage of a run that has ended.
#[derive(Debug, Clone, Copy)]
pub struct RunUsage<'a> {
    /// User who pays for the run.
    pub user: &'a UserId,
    /// Thread.
    pub key: &'a ThreadKey,
    /// Run.
    pub run_id: &'a RunId,
    /// Time at which the run was started, in seconds since 1970. Its day is that of the usage.
    pub started_at: u64,
    /// Model.
    pub model: &'a str,
    /// Tokens.
    pub usage: Usage,
    /// Cost in millionths of a US dollar; `None` when the price of the model is not known.
    pub cost_micros: Option<u64>,
}

/// Usage of a user on a day, of one model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayUsage {
    /// Number of runs.
    pub runs: u64,
    /// Input tokens, with those of the prompt cache.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Cost in millionths of a US dollar; `None` unless every run had a price.
    pub cost_micros: Option<u64>,
}

/// Usage of a user by day (`2026-11-26`) and model.
pub type UsageByDay = BTreeMap<(String, String), DayUsage>;

/// Item of a run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    user: String,
    item: String,
    payer: UserId,
    /// Year, month and day: 20261126.
    day: u32,
    thread: String,
    run: RunId,
    model: String,
    /// Input tokens, with those of the prompt cache.
    input_tokens: u64,
    cached_input_tokens: u64,
    cache_write_input_tokens: u64,
    output_tokens: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost_micros: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    estimated: bool,
    ttl: u64,
}

impl Users {
    /// Writes the usage of a run that has ended, at `now` in seconds since 1970, unless it is written.
    pub async fn put_usage(&self, run: &RunUsage<'_>, now: u64) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(run.row(now))?))
            .condition_expression("attribute_not_exists(#item)")
            .expression_attribute_names("#item", super::SORT)
            .send()
            .await;
        held(put.map_err(StoreError::from)).map(drop)
    }

    /// Reads what a user has used in the last `days` days, that of `now` included.
    pub async fn usage(
        &self,
        user: &UserId,
        days: u16,
        now: u64,
    ) -> Result<UsageByDay, StoreError> {
        let dates = Dates::last(days, now);
        let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
            return Ok(UsageByDay::new());
        };
        let mut total = UsageByDay::new();
        let months: BTreeSet<u32> = dates.iter().map(|dates| dates.month).collect();
        for month in months {
            let mut pages = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("#user = :part AND #item BETWEEN :first AND :last")
                .expression_attribute_names("#user", super::PARTITION)
                .expression_attribute_names("#item", super::SORT)
                .expression_attribute_values(":part", s(partition(user, month)))
                .expression_attribute_values(":first", s(first_key(user, first, month)))
                .expression_attribute_values(":last", s(last_key(user, last, month)))
                .into_paginator()
                .items()
                .send();
            while let Some(item) = pages.try_next().await? {
                add(&mut total, read::<Row>(item)?);
            }
        }
        Ok(total)
    }
}

impl RunUsage<'_> {
    fn row(&self, now: u64) -> Row {
        let Self {
            user,
            key,
            run_id,
            usage,
            ..
        } = self;
        let thread = key.thread_id.as_str();
        let Dates { day, month } = Dates::of(self.started_at);
        Row {
            user: partition(user, month),
            item: format!("{user}#{:02}#{thread}#{run_id}", day % 100),
            payer: (*user).clone(),
            day,
            thread: thread.to_owned(),
            run: (*run_id).clone(),
            model: self.model.to_owned(),
            input_tokens: usage.all_input_tokens(),
            cached_input_tokens: usage.cache_read_input_tokens,
            cache_write_input_tokens: usage.cache_write_input_tokens,
            output_tokens: usage.output_tokens,
            cost_micros: self.cost_micros,
            estimated: usage.estimated,
            ttl: now + KEEP,
        }
    }
}

fn add(total: &mut UsageByDay, row: Row) {
    let (year, month, day) = (row.day / 10_000, row.day / 100 % 100, row.day % 100);
    let date = format!("{year:04}-{month:02}-{day:02}");
    let sum = total.entry((date, row.model)).or_insert(DayUsage {
        cost_micros: Some(0),
        ..DayUsage::default()
    });
    sum.runs += 1;
    sum.input_tokens += row.input_tokens;
    sum.output_tokens += row.output_tokens;
    let sums = sum.cost_micros.zip(row.cost_micros);
    sum.cost_micros = sums.map(|(sum, cost)| sum + cost);
}

/// Partition of a user's runs of a month (`202611`).
fn partition(user: &UserId, month: u32) -> String {
    let part = Sha256::digest(user.as_str())[0] % PARTS;
    format!("usage#{month}#{part:x}")
}

/// Least sort key of the days of a month from `first` on.
fn first_key(user: &UserId, first: &Dates, month: u32) -> String {
    let day = if first.month == month {
        first.day % 100
    } else {
        0
    };
    format!("{user}#{day:02}#")
}

/// Sort key after those of the days of a month until `last`: no id contains a character after `~`.
fn last_key(user: &UserId, last: &Dates, month: u32) -> String {
    let day = if last.month == month {
        last.day % 100
    } else {
        99
    };
    format!("{user}#{day:02}#~")
}

#[cfg(test)]
mod tests {
    use longwire_core::ids::{Owner, ThreadId};

    use super::*;

    /// 26 November 2026, 12:00.
    const NOON: u64 = 1_795_694_400;

    fn row(user: &str) -> Row {
        let key = ThreadKey {
            owner: Owner::anonymous(),
            thread_id: ThreadId::trusted("t_1"),
        };
        let run = RunUsage {
            user: &UserId::trusted(user),
            key: &key,
            run_id: &RunId::trusted("r_1"),
            started_at: NOON,
            model: "m",
            usage: Usage {
                input_tokens: 5,
                output_tokens: 2,
                cache_read_input_tokens: 10,
                ..Usage::default()
            },
            cost_micros: Some(7),
        };
        run.row(NOON + 60)
    }

    #[test]
    fn a_run_is_in_a_partition_of_its_month_that_depends_on_the_user_alone() {
        let row = row("u_7");
        assert_eq!(row.item, "u_7#26#t_1#r_1");
        assert_eq!(row.user, partition(&UserId::trusted("u_7"), 202_611));
        assert!(row.user.starts_with("usage#202611#"));
        let users = (0..200).map(|number| UserId::trusted(format!("u_{number}")));
        let parts: BTreeSet<String> = users.map(|user| partition(&user, 202_611)).collect();
        assert_eq!(parts.len(), usize::from(PARTS));
    }

    #[test]
    fn the_keys_of_a_query_enclose_the_days_of_each_month() {
        let user = UserId::trusted("u_7");
        let dates = Dates::last(30, NOON);
        let (first, last) = (dates[0], dates[29]);
        let within = |key: &str, month| {
            first_key(&user, &first, month).as_str() <= key
                && key <= last_key(&user, &last, month).as_str()
        };
        assert!(within(&row("u_7").item, 202_611));
        assert!(within("u_7#01#t_1#r_1", 202_611));
        assert!(!within("u_7#27#t_1#r_1", 202_611));
        assert!(within("u_7#28#t_1#r_1", 202_610));
        assert!(!within("u_7#27#t_1#r_1", 202_610));
        assert!(!within("u_70#26#t_1#r_1", 202_611));
    }

    #[test]
    fn runs_of_a_day_and_a_model_are_added_up() {
        let mut total = UsageByDay::new();
        add(&mut total, row("u_7"));
        let unpriced = Row {
            cost_micros: None,
            ..row("u_7")
        };
        add(&mut total, unpriced);
        let expected = DayUsage {
            runs: 2,
            input_tokens: 30,
            output_tokens: 4,
            cost_micros: None,
        };
        let day = ("2026-11-26".to_owned(), "m".to_owned());
        assert_eq!(total, UsageByDay::from([(day, expected)]));
    }
}
