//! Comparison of a user's item with what is expected.

use super::expected::{Check, Expected, Period};
use super::item::Item;

impl Expected {
    /// Compares the item after a request of the time `now`. A reservation that the item does not contain any more was
    /// released, and must have expired.
    pub(super) fn compare(&mut self, item: &Item, now: u64) -> Check {
        for (name, open) in &mut self.open {
            let is_open = item.open.get(name) == Some(&open.day.date);
            if !is_open && !open.released && open.until > now {
                return Err(format!("{name} was released before it expired"));
            }
            open.released |= !is_open;
        }
        let day = self.total(Period::Day(self.today), 0);
        let month = self.total(Period::Month(self.today.month()), 0);
        let signed = |number: u64| i64::try_from(number).expect("a small number");
        let open = self.open.iter().filter(|(_, open)| !open.released);
        let expected = Item {
            day: self.today.date,
            month: self.today.month(),
            day_prompts: signed(day.prompts),
            day_tokens: signed(day.tokens),
            month_tokens: signed(month.tokens),
            month_micros: signed(month.micros),
            open: open
                .map(|(name, open)| (name.clone(), open.day.date))
                .collect(),
        };
        if *item != expected {
            return Err(format!("the item is {item:?}, and not {expected:?}"));
        }
        Ok(())
    }
}
