//! Where backups stand when there is no folder beside the medium: in the medium's own pages.
//!
//! They do not outlive the medium then; an exported file does.

use crate::codec::{self, PAGE_BYTES};
use crate::error::Result;
use crate::store::medium::{Burst, Key, Medium, Pending, Put, Scan, Table, Value};
use crate::store::redo::{Redo, RedoFile};
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Kind of the pages, and first part of the keys in `meta`.
pub(super) const BACKUP: &str = "backup";
/// Pages written in one transaction.
const AT_ONCE: usize = 64;

/// Files in the pages of a medium.
pub(in crate::store) struct Shelf {
    pub medium: Rc<dyn Medium>,
    pub clock: Rc<dyn Fn() -> i64>,
}

/// What `meta` says of a file.
#[derive(Default, Serialize, Deserialize)]
struct Length {
    bytes: u64,
    modified: i64,
}

fn length_key(file: &str) -> Key {
    Key(vec![BACKUP.into(), file.into()])
}

fn put(table: Table, key: Key, bytes: Vec<u8>) -> Put {
    Put {
        table,
        key,
        value: Value::bytes(bytes),
    }
}

impl Shelf {
    async fn length(&self, file: &str) -> Result<Length> {
        let found = self.medium.read(Table::Meta, &[length_key(file)]).await?;
        let found = found.into_iter().next().flatten();
        let told = found.and_then(|value| serde_json::from_slice(&value.bytes).ok());
        Ok(told.unwrap_or_default())
    }

    async fn pages(&self, file: &str, from: u64, to: u64) -> Result<Vec<u8>> {
        let keys: Vec<Key> = (from..to).map(|n| Key::page(BACKUP, file, n)).collect();
        let mut bytes = Vec::new();
        for page in self.medium.read(Table::Pages, &keys).await? {
            // A page that is missing or rotten is a stretch of nothing, which no checksum accepts.
            let content =
                page.and_then(|page| Some(codec::read_page(&page.bytes).ok()?.into_owned()));
            bytes.extend(content.unwrap_or_else(|| vec![0; PAGE_BYTES]));
        }
        Ok(bytes)
    }
}

impl Redo for Shelf {
    fn files(&self) -> Pending<'_, Vec<RedoFile>> {
        Box::pin(async move {
            let scan = Scan::of(Table::Meta, [BACKUP.into()]);
            let found = self.medium.scan(scan).await?;
            let file = |(key, value): (Key, Value)| {
                let length: Length = serde_json::from_slice(&value.bytes).ok()?;
                Some(RedoFile {
                    name: key.text(1).to_owned(),
                    bytes: length.bytes,
                    modified_ms: length.modified,
                })
            };
            Ok(found.into_iter().filter_map(file).collect())
        })
    }

    fn read<'a>(&'a self, file: &'a str, from: u64, length: u64) -> Pending<'a, Vec<u8>> {
        Box::pin(async move {
            let there = self.length(file).await?.bytes;
            let (from, to) = (from.min(there), from.saturating_add(length).min(there));
            let page = PAGE_BYTES as u64;
            let first = from / page;
            let bytes = self.pages(file, first, to.div_ceil(page)).await?;
            let skip = (from - first * page) as usize;
            let wanted = skip..skip + (to - from) as usize;
            Ok(bytes.get(wanted).unwrap_or_default().to_vec())
        })
    }

    fn append<'a>(&'a self, file: &'a str, bytes: Vec<u8>, durable: bool) -> Pending<'a, ()> {
        Box::pin(async move {
            let there = self.length(file).await?.bytes;
            let page = PAGE_BYTES as u64;
            let first = there / page;
            let mut all = match there % page {
                0 => Vec::new(),
                _ => self.pages(file, first, first + 1).await?,
            };
            all.truncate((there % page) as usize);
            let start = first * page;
            all.extend(bytes);
            let mut written = 0;
            let pages: Vec<&[u8]> = all.chunks(PAGE_BYTES).collect();
            // Also a file without bytes is one.
            for (at, group) in pages
                .chunks(AT_ONCE)
                .chain(pages.is_empty().then_some(&[][..]))
                .enumerate()
            {
                let mut burst = Burst {
                    durable,
                    ..Burst::default()
                };
                for (n, content) in group.iter().enumerate() {
                    let n = first + (at * AT_ONCE + n) as u64;
                    let page = codec::page(content);
                    burst
                        .puts
                        .push(put(Table::Pages, Key::page(BACKUP, file, n), page));
                    written += content.len() as u64;
                }
                let length = Length {
                    bytes: start + written,
                    modified: (self.clock)(),
                };
                let told = serde_json::to_vec(&length).expect("numbers always can be written");
                burst.puts.push(put(Table::Meta, length_key(file), told));
                self.medium.write(&burst).await?;
            }
            Ok(())
        })
    }

    fn remove<'a>(&'a self, file: &'a str) -> Pending<'a, ()> {
        Box::pin(async move {
            let pages = self.length(file).await?.bytes.div_ceil(PAGE_BYTES as u64);
            let pages = (0..pages).map(|n| (Table::Pages, Key::page(BACKUP, file, n)));
            let burst = Burst {
                deletes: pages.chain([(Table::Meta, length_key(file))]).collect(),
                ..Burst::default()
            };
            self.medium.write(&burst).await
        })
    }

    fn note(&self) -> Pending<'_, Option<Vec<u8>>> {
        Box::pin(async { Ok(None) })
    }

    fn set_note(&self, _note: Vec<u8>) -> Pending<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn close(&self) {}
}
