//! What the store can say of the soundness of its own values, and how one of them is
//! replaced. Looking writes nothing; replacing keeps what was there in quarantine.
//!
//! Knows rows and pages. What a record means, and what to do about one that is broken, is
//! decided above.

use super::backup::NewBackup;
use super::engine::Store;
use super::medium::{Burst, Check, Key, KeyPart, Put, Scan, Table, Value};
use super::quarantine;
use super::row::{Row, part_keys};
use crate::codec::{self, Part};
use crate::error::{Error, Kind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Pages read at once.
const PAGES: usize = 64;

impl Store {
    /// How many values a table has.
    pub(crate) async fn count(&self, table: Table) -> Result<u64> {
        self.medium().count(Scan::of(table, [])).await
    }

    /// The keys of a range, in order.
    pub(crate) async fn keys(&self, scan: Scan) -> Result<Vec<Key>> {
        self.medium().keys(scan).await
    }

    /// Some rows in key order, as they stand.
    pub(crate) async fn rows_behind(&self, after: Option<Key>, limit: u32) -> Result<Vec<Row>> {
        let scan = Scan::of(Table::Rows, []).chunk(after, limit);
        let rows = self.medium().scan(scan).await?;
        Ok(rows
            .into_iter()
            .map(|(key, value)| Row::of(key, value))
            .collect())
    }

    /// The rows among these that are there, as they stand.
    pub(crate) async fn rows_at(&self, keys: &[Key]) -> Result<Vec<Row>> {
        let found = self.medium().read(Table::Rows, keys).await?;
        let rows = keys.iter().zip(found);
        Ok(rows
            .filter_map(|(key, value)| Some(Row::of(key.clone(), value?)))
            .collect())
    }

    /// One row as it stands.
    pub(crate) async fn row(&self, key: &Key) -> Result<Option<Row>> {
        Ok(self.rows_at(std::slice::from_ref(key)).await?.pop())
    }

    /// The pages among these that are missing or rotten on the medium.
    pub(crate) async fn bad_pages(&self, keys: &[Key]) -> Result<Vec<Key>> {
        let mut bad = Vec::new();
        for keys in keys.chunks(PAGES) {
            let pages = self.medium().read(Table::Pages, keys).await?;
            let rotten = |page: &Option<Value>| {
                page.as_ref()
                    .is_none_or(|page| codec::read_page(&page.bytes).is_err())
            };
            let found = keys.iter().zip(pages).filter(|(_, page)| rotten(page));
            bad.extend(found.map(|(key, _)| key.clone()));
        }
        Ok(bad)
    }

    /// The pages of a part that are missing or rotten on the medium; all of them when they
    /// are sound, but not the part.
    pub(crate) async fn flaws(&self, part: &Part) -> Result<Vec<Key>> {
        let mut bad = Vec::new();
        let mut sum = codec::Hashing::default();
        for from in (0..part.pages()).step_by(PAGES) {
            let keys = part_keys(part, from..part.pages().min(from + PAGES as u64));
            let pages = self.medium().read(Table::Pages, &keys).await?;
            for (key, page) in keys.into_iter().zip(pages) {
                match page.as_ref().map(|page| codec::read_page(&page.bytes)) {
                    Some(Ok(content)) => sum.add(&content),
                    _ => bad.push(key),
                }
            }
        }
        if bad.is_empty() && sum.finish() != part.hash {
            bad = part_keys(part, 0..part.pages());
        }
        Ok(bad)
    }

    /// The highest number among the pages of a kind and owner.
    pub(crate) async fn last_page(&self, kind: &str, owner: &str) -> Result<Option<u64>> {
        let scan = Scan::of(Table::Pages, [kind.into(), owner.into()]);
        let last = self.medium().scan(scan).await?.pop();
        Ok(last.and_then(|(key, _)| match key.0.last() {
            Some(KeyPart::Number(number)) => Some(*number),
            _ => None,
        }))
    }

    /// What the second copy has under a key.
    pub(crate) async fn copied(&self, table: Table, key: &Key) -> Option<Value> {
        self.copy.look(table, key).await
    }

    /// The rows that the second copy has and the medium lacks, or has in an older state.
    pub(crate) async fn lost_rows(&self) -> Result<Vec<Key>> {
        self.copy.lost_rows(self.medium()).await
    }

    /// Those of these rows and revisions that the second copy lacks.
    pub(crate) async fn uncopied(&self, rows: &[(Key, u64)]) -> Result<Vec<(Key, u64)>> {
        self.copy.lacking(rows).await
    }

    /// Makes a complete second copy. Whether it is one tells [`Store::second_copy`].
    pub(crate) async fn copy_again(&self) -> Result<()> {
        self.copy.renew();
        self.maintain(i64::MAX).await.map(drop)
    }

    /// What was remembered under a name.
    pub(crate) async fn remembered<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let found = self.medium().read(Table::Meta, &[Key::meta(name)]).await?;
        let found = found.into_iter().next().flatten();
        // What cannot be read says no more than what is not there: that nobody has looked.
        Ok(found.and_then(|value| serde_json::from_slice(&value.bytes).ok()))
    }

    /// Remembers what was done last, under a name.
    pub(crate) async fn remember<T: Serialize>(&self, name: &str, told: &T) -> Result<()> {
        let bytes = serde_json::to_vec(told)
            .map_err(|cause| Kind::Bug.because("a note is not JSON").caused_by(cause))?;
        let mut burst = self.guarded()?;
        burst.durable = false;
        burst.puts.push(Put {
            table: Table::Meta,
            key: Key::meta(name),
            value: Value::bytes(bytes),
        });
        self.write(burst).await
    }

    /// Makes a backup of everything as it stands, and gives its id. Where not all of it fits, the
    /// parts are left out: what it is made before changes none of them.
    pub(crate) async fn before_image(&self, reason: &str, pin: bool) -> Result<String> {
        let before = NewBackup {
            reason: reason.to_owned(),
            pin,
        };
        let made = match self.create_backup(&before).await {
            Err(error) if error.kind() == Kind::Quota => self.back_up(&before, true).await,
            made => made,
        };
        Ok(made?.id)
    }

    /// Puts pages back from the second copy, and gives those that it does not have.
    pub(crate) async fn restore_pages(&self, keys: &[Key]) -> Result<Vec<Key>> {
        let mut missing = Vec::new();
        for keys in keys.chunks(PAGES) {
            let mut burst = self.guarded()?;
            for key in keys {
                match self.copied(Table::Pages, key).await {
                    Some(value) => burst.puts.push(Put {
                        table: Table::Pages,
                        key: key.clone(),
                        value,
                    }),
                    None => missing.push(key.clone()),
                }
            }
            if !burst.puts.is_empty() {
                self.write(burst).await?;
            }
        }
        Ok(missing)
    }

    /// Replaces a row, or removes it where there is nothing to put. `why` the bytes that stood
    /// there are kept in quarantine; without it they are not.
    pub(crate) async fn replace_row(
        &self,
        key: &Key,
        there: Option<&Value>,
        with: Option<Value>,
        why: Option<&Error>,
    ) -> Result<()> {
        let mut burst = self.guarded()?;
        burst.checks.push(Check::Rev {
            key: key.clone(),
            rev: there.map(|there| there.rev),
        });
        if let (Some(there), Some(why)) = (there, why) {
            let (kind, reason) = (why.kind(), why.detail());
            let puts = quarantine::row(key, there, kind, reason, self.now());
            burst.puts.extend(puts);
        }
        match with {
            Some(value) => burst.puts.push(Put {
                table: Table::Rows,
                key: key.clone(),
                value,
            }),
            None => burst.deletes.push((Table::Rows, key.clone())),
        }
        self.write(burst).await
    }

    /// Takes an entry of the journal over into quarantine; nothing when it is gone.
    pub(crate) async fn quarantine_entry(&self, key: &Key, why: &Error) -> Result<()> {
        let found = self
            .medium()
            .read(Table::Journal, std::slice::from_ref(key))
            .await?;
        let Some(there) = found.into_iter().next().flatten() else {
            return Ok(());
        };
        let mut burst = self.guarded()?;
        let (kind, reason) = (why.kind(), why.detail());
        burst.puts = quarantine::value(Table::Journal, key, &there, kind, reason, self.now());
        burst.deletes.push((Table::Journal, key.clone()));
        self.write(burst).await
    }

    pub(super) fn guarded(&self) -> Result<Burst> {
        self.refuse_read_only()?;
        Ok(Burst {
            checks: vec![self.fence()],
            durable: true,
            ..Burst::default()
        })
    }
}
