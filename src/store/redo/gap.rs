//! The mark of a gap: what the medium remembers, under `second-copy` in `meta`, of bursts that the
//! log refused.
//!
//! That there is one says that the log lacks something, until a new complete copy is made. What
//! was saved without the log is in the medium all the same; only what was removed without it looks
//! as if the medium had lost it. So the mark names removed records, as frames that the log would
//! have: a line of text that makes every mark another one, then the frames. A mark of earlier
//! builds has no frames, and their marks take the place of others.

use super::frame;
use crate::error::Result;
use crate::store::medium::{Burst, Check, Key, Medium, Put, Table, Value};
use crate::store::row::is_version;
use std::collections::HashMap;

/// Bytes of the mark. What is removed beyond may be taken for lost.
const MOST: usize = 1 << 20;
/// How often it is tried: others write theirs meanwhile, and nothing else remembers what it names.
const ATTEMPTS: u32 = 3;

/// When the medium removed what, of which the log does not know, and in which revision: 0 where
/// that is not said.
pub(super) type Unheard = HashMap<(Table, Key), (i64, u64)>;

/// The key of the mark.
pub(super) fn key() -> Key {
    Key::meta("second-copy")
}

/// The mark as it stands.
pub(super) async fn read(medium: &dyn Medium) -> Result<Option<Vec<u8>>> {
    let found = medium.read(Table::Meta, &[key()]).await?;
    Ok(found.into_iter().next().flatten().map(|value| value.bytes))
}

/// Marks that the log lacks a burst; `line`: what no other mark says.
pub(super) async fn write(
    medium: &dyn Medium,
    line: &str,
    burst: &Burst,
    at_ms: i64,
) -> Result<()> {
    let frame = removals(burst).map(|burst| frame::write(&burst, at_ms));
    let frame = frame.unwrap_or_default();
    let mut attempts = ATTEMPTS;
    loop {
        attempts -= 1;
        let before = match read(medium).await {
            Err(_) if attempts > 0 => continue,
            read => read?,
        };
        let known = frames(before.as_deref());
        let mut mark = format!("{line}\n").into_bytes();
        mark.extend_from_slice(known);
        if mark.len() + frame.len() <= MOST {
            mark.extend_from_slice(&frame);
        }
        let put = Put {
            table: Table::Meta,
            key: key(),
            value: Value::bytes(mark),
        };
        let marking = Burst {
            checks: vec![is(before)],
            puts: vec![put],
            ..Burst::default()
        };
        match medium.write(&marking).await {
            Err(_) if attempts > 0 => {}
            settled => return settled,
        }
    }
}

/// Takes a mark away, unless there is another one by now: then it is `conflict`.
pub(super) async fn remove(medium: &dyn Medium, mark: Vec<u8>) -> Result<()> {
    let unmark = Burst {
        checks: vec![is(Some(mark))],
        deletes: vec![(Table::Meta, key())],
        ..Burst::default()
    };
    medium.write(&unmark).await
}

/// What a mark names.
pub(super) fn unheard(mark: Option<&[u8]>) -> Unheard {
    let headers = frame::headers(frames(mark));
    let ops = headers.flat_map(|header| header.ops.into_iter().map(move |op| (op, header.at_ms)));
    ops.map(|(op, at_ms)| ((op.table, op.key), (at_ms, op.rev)))
        .collect()
}

fn frames(mark: Option<&[u8]>) -> &[u8] {
    let mark = mark.unwrap_or_default();
    let line = mark.iter().position(|byte| *byte == b'\n');
    line.map_or(&[], |line| &mark[line + 1..])
}

fn is(mark: Option<Vec<u8>>) -> Check {
    Check::Same {
        table: Table::Meta,
        key: key(),
        bytes: mark,
    }
}

/// What a burst removes for good together with a record. States that gave way to newer ones, and
/// parts, which may come again at any time, are not missed where they come back.
fn removals(burst: &Burst) -> Option<Burst> {
    let is_record = |(table, key): &&(Table, Key)| *table == Table::Rows && !is_version(key);
    burst.deletes.iter().find(is_record)?;
    let is_last = |(table, key): &&(Table, Key)| match table {
        Table::Rows => true,
        Table::Pages => key.text(0) == "tail",
        Table::Journal | Table::Meta => false,
    };
    Some(Burst {
        checks: burst.checks.clone(),
        deletes: burst.deletes.iter().filter(is_last).cloned().collect(),
        ..Burst::default()
    })
}
