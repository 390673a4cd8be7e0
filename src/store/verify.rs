//! Reading back what was written, for writes that must not be taken on trust.

use super::engine::Store;
use super::medium::{Burst, Key, Put, Table, Value};
use crate::codec;
use crate::error::{Error, Kind, Result};
use std::collections::HashSet;

/// Keys asked for at once after a removal.
const AT_ONCE: usize = 64;
/// What was put is read back in portions of this size: one transaction for many rows.
const BYTES_AT_ONCE: usize = 4 << 20;

impl Store {
    /// Compares what the medium has with what a burst sent. Somebody else may have written
    /// since: a row that is newer is no fault, nor is one that was removed, as the second copy
    /// tells, nor a value that its writer took away.
    ///
    /// # Errors
    /// `corrupt`, naming the record where it is one, and what the medium reports.
    pub(super) async fn read_back(&self, burst: &Burst) -> Result<()> {
        let mut missing = None;
        let mut passed_by = false;
        for table in Table::ALL {
            // Of several values under one key the last one counts, and a removal above all.
            let mut later: HashSet<&Key> = burst.removed(table).collect();
            let mut puts: Vec<&Put> = burst.puts.iter().filter(|put| put.table == table).collect();
            puts.reverse();
            puts.retain(|put| later.insert(&put.key));
            let mut rest = puts.as_slice();
            while !rest.is_empty() {
                let puts;
                (puts, rest) = rest.split_at(portion(rest));
                let keys: Vec<Key> = puts.iter().map(|put| put.key.clone()).collect();
                let found = self.medium().read(table, &keys).await?;
                for (put, found) in puts.iter().zip(found) {
                    match found {
                        Some(found) if is_same(table, &found, &put.value) => {}
                        Some(found) if found.rev > put.value.rev => passed_by = true,
                        _ if table == Table::Rows
                            && self.copy.has_removed(&put.key, put.value.rev).await =>
                        {
                            passed_by = true;
                        }
                        Some(_) => return Err(differs(burst, table, &put.key)),
                        None => missing = missing.or(Some((table, put.key.clone()))),
                    }
                }
            }
            let removed: Vec<Key> = burst.removed(table).cloned().collect();
            for keys in removed.chunks(AT_ONCE) {
                let found = self.medium().read(table, keys).await?;
                let there = found.iter().zip(keys).find(|(value, _)| value.is_some());
                if let Some((_, key)) = there {
                    return Err(differs(burst, table, key));
                }
            }
        }
        match missing {
            Some((table, key)) if !passed_by => Err(differs(burst, table, &key)),
            _ => Ok(()),
        }
    }
}

/// A page that another tab wrote with the same content may have another form.
fn is_same(table: Table, found: &Value, written: &Value) -> bool {
    let content = |page: &Value| codec::read_page(&page.bytes).map(|page| page.into_owned());
    found == written
        || table == Table::Pages
            && matches!((content(found), content(written)), (Ok(a), Ok(b)) if a == b)
}

/// How many of the first values fit a portion, one at least.
fn portion(puts: &[&Put]) -> usize {
    let mut bytes = 0;
    let fits = |put: &&&Put| {
        bytes += put.value.bytes.len();
        bytes <= BYTES_AT_ONCE
    };
    puts.iter().take_while(fits).count().max(1)
}

impl Burst {
    fn removed(&self, table: Table) -> impl Iterator<Item = &Key> {
        let of_table = move |(of, _): &&(Table, Key)| *of == table;
        self.deletes.iter().filter(of_table).map(|(_, key)| key)
    }
}

/// A page is named by the record it came with, where there is but one.
fn differs(burst: &Burst, table: Table, key: &Key) -> Error {
    let detail = format!(
        "what the storage gives back from {} {} is not what was written",
        table.name(),
        key.to_json()
    );
    let error = Kind::Corrupt.because(detail);
    let is_record = |put: &&Put| put.table == Table::Rows && put.key.0.len() == 2;
    let mut records = burst.puts.iter().filter(is_record);
    match (table, records.next(), records.next()) {
        (Table::Rows, ..) => error.of(key.text(0), key.text(1)),
        (_, Some(put), None) => error.of(put.key.text(0), put.key.text(1)),
        _ => error,
    }
}
