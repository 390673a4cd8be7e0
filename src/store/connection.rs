//! A connection that outlives its own end: it is opened again, and what may be repeated
//! is repeated.
//!
//! Knows when a burst may be repeated and when nobody can tell any more whether it was
//! stored. How one connects is the matter of a [`Connector`].

use super::keep_meta::KeepMeta;
use super::medium::{
    Burst, Check, Gate, Key, Known, Medium, Passed, Pending, Put, Scan, Table, Value,
};
use super::redo::Redo;
use crate::error::{Error, Kind, Result};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};

/// How often an operation is tried again.
const REPEATS: u32 = 3;
/// How often a lost connection is opened again before the keep is given up.
const REOPENINGS: u32 = 6;
/// The first wait in milliseconds; each one after it is twice as long, give or take half.
const FIRST_WAIT_MS: f64 = 100.0;

/// How a connection ended without being closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was taken away: cleared data, a storage process that died.
    Lost,
    /// Another tab upgrades or deletes the storage, and this one has let go.
    GivenUp,
}

/// What the owner of a [`Connection`] is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The connection was lost and is there again.
    Reopened,
    /// The connection is gone for good.
    Closed,
}

/// A future that cannot fail.
pub type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Where connections come from.
pub trait Connector {
    /// Connects; `make` allows to make a storage where there is none, else that is
    /// `not-found`. `ended` hears of the end that nobody here asked for.
    fn connect(&self, make: bool, ended: Rc<dyn Fn(Ending)>) -> Pending<'_, Rc<dyn Medium>>;
    /// Makes another place where all further connections lead, the first one being left as it is.
    ///
    /// # Errors
    /// What there is against it: no such place, or somebody who still writes to the first one.
    fn go_elsewhere(&self) -> Pending<'_, ()>;
    /// Settles after so many milliseconds.
    fn wait(&self, milliseconds: f64) -> Task<'_>;
    /// A random number from 0 up to 1.
    fn chance(&self) -> f64;
    /// Runs a task beside everything else.
    fn spawn(&self, task: Task<'static>);
    /// Tells of a turn.
    fn tell(&self, turn: Turn);
}

/// A medium behind a connection that may be lost.
pub struct Connection {
    connector: Rc<dyn Connector>,
    /// What another place is filled from.
    copy: Option<Rc<dyn Redo>>,
    /// With its number, so that the end of an earlier connection is no end of this one.
    current: RefCell<Option<(u64, Rc<dyn Medium>)>>,
    /// How many there were.
    made: Cell<u64>,
    /// The keep that was opened on it. Before that nothing is repeated: what opening found
    /// is worth nothing on another connection.
    keep: RefCell<Option<String>>,
    reopening: Cell<bool>,
    this: Weak<Connection>,
}

impl Connection {
    /// Connects, and makes the storage first where there is none. One that fails for good is
    /// left for another place when the second copy can fill it.
    ///
    /// # Errors
    /// What the connector reports.
    pub async fn open(
        connector: Rc<dyn Connector>,
        copy: Option<Rc<dyn Redo>>,
    ) -> Result<Rc<Connection>> {
        let connection = Rc::new_cyclic(|this| Connection {
            connector,
            copy,
            current: RefCell::default(),
            made: Cell::new(0),
            keep: RefCell::default(),
            reopening: Cell::new(false),
            this: this.clone(),
        });
        connection.renew().await?;
        Ok(connection)
    }

    /// Gives up the connection for a new one, while the keep on it is being opened.
    ///
    /// # Errors
    /// What the connector reports.
    pub async fn renew(&self) -> Result<()> {
        self.close();
        let mut attempt = 0;
        let fresh = loop {
            match self.connect(true).await {
                Err(error) if error.kind() == Kind::Medium && attempt < REPEATS => {
                    self.wait(attempt).await;
                    attempt += 1;
                }
                Err(error) if error.kind() == Kind::Medium => {
                    self.go_elsewhere(error).await?;
                    break self.connect(true).await?;
                }
                settled => break settled?,
            }
        };
        self.current.replace(Some(fresh));
        Ok(())
    }

    /// Without a second copy the other place would be empty, and a keep that may only be out
    /// of reach would look like one that has nothing.
    async fn go_elsewhere(&self, error: Error) -> Result<()> {
        let files = match &self.copy {
            Some(copy) => copy.files().await.unwrap_or_default(),
            None => Vec::new(),
        };
        if files.is_empty() || self.connector.go_elsewhere().await.is_err() {
            return Err(error);
        }
        Ok(())
    }

    async fn connect(&self, make: bool) -> Result<(u64, Rc<dyn Medium>)> {
        let number = self.made.get() + 1;
        self.made.set(number);
        let this = self.this.clone();
        let ended = move |ending| {
            let current = |c: &Rc<Connection>| c.current().is_ok_and(|(n, _)| n == number);
            if let Some(connection) = this.upgrade().filter(current) {
                connection.ended(ending, number);
            }
        };
        let medium = self.connector.connect(make, Rc::new(ended)).await?;
        Ok((number, medium))
    }

    fn ended(self: Rc<Connection>, ending: Ending, number: u64) {
        if self.keep.borrow().is_none() {
            return;
        }
        match ending {
            Ending::GivenUp => self.end(),
            Ending::Lost => {
                let connector = Rc::clone(&self.connector);
                connector.spawn(Box::pin(async move {
                    // Whoever uses the connection gets the reason.
                    let _ = self.reopen(number).await;
                }));
            }
        }
    }

    fn end(&self) {
        if self.current.borrow().is_some() {
            self.close();
            self.connector.tell(Turn::Closed);
        }
    }

    fn current(&self) -> Result<(u64, Rc<dyn Medium>)> {
        let current = self.current.borrow().clone();
        current.ok_or_else(|| Kind::Closed.because("the keep is closed"))
    }

    async fn wait(&self, turn: u32) {
        let wait = FIRST_WAIT_MS * f64::from(1 << turn.min(10));
        let jitter = 0.5 + self.connector.chance();
        self.connector.wait(wait * jitter).await;
    }

    /// Opens the connection with this number again; whoever comes meanwhile waits for it.
    async fn reopen(&self, number: u64) -> Result<()> {
        while self.reopening.get() {
            self.connector.wait(FIRST_WAIT_MS / 4.0).await;
        }
        if self.current()?.0 != number {
            return Ok(());
        }
        self.reopening.set(true);
        let _over = Over(&self.reopening);
        let mut attempt = 0;
        let found = loop {
            match self.same_keep().await {
                Err(error) if passes(error.kind()) && attempt < REOPENINGS => {
                    self.wait(attempt).await;
                    attempt += 1;
                }
                settled => break settled,
            }
        };
        match found {
            // Closed in the meantime.
            Ok((_, medium)) if self.current.borrow().is_none() => {
                medium.close();
                Err(Kind::Closed.because("the keep is closed"))
            }
            Ok(fresh) => {
                if let Some((_, before)) = self.current.replace(Some(fresh)) {
                    before.close();
                }
                self.connector.tell(Turn::Reopened);
                Ok(())
            }
            Err(error) => {
                self.end();
                Err(Kind::Closed
                    .because("the storage went away and did not come back")
                    .caused_by(error))
            }
        }
    }

    /// A new connection to the keep that was open. Another one, or none, would be written
    /// over as if it were the one that is gone: only opening it anew, which looks into the
    /// second copy, can tell what it is.
    async fn same_keep(&self) -> Result<(u64, Rc<dyn Medium>)> {
        let (number, medium) = self.connect(false).await?;
        let found = medium.read(Table::Meta, &[Key::meta(KeepMeta::KEY)]).await;
        let found = found.inspect_err(|_| medium.close())?;
        let keep = found.into_iter().next().flatten();
        let keep = keep.and_then(|value| serde_json::from_slice::<KeepMeta>(&value.bytes).ok());
        if keep.map(|keep| keep.id) == *self.keep.borrow() {
            medium.opened(self.keep.borrow().as_deref().unwrap_or_default());
            return Ok((number, medium));
        }
        medium.close();
        Err(Kind::NotFound.because("another keep, or none, is where this one was"))
    }

    /// Waits until it is worth to try again. An error says that it is not.
    async fn ready(&self, number: u64, attempt: u32, error: &Error) -> Result<()> {
        let repeated = self.keep.borrow().is_some() && attempt < REPEATS;
        match error.kind() {
            Kind::Aborted if repeated => {
                self.wait(attempt).await;
                Ok(())
            }
            Kind::Closed | Kind::Medium if repeated => self.reopen(number).await,
            // Long enough for one call; the next one shall not wait as long again.
            Kind::Timeout if repeated => {
                let _ = self.reopen(number).await;
                Err(error.clone())
            }
            _ => Err(error.clone()),
        }
    }

    async fn repeated<T>(&self, work: impl AsyncFn(&dyn Medium) -> Result<T>) -> Result<T> {
        let mut attempt = 0;
        loop {
            let (number, medium) = self.current()?;
            match work(&*medium).await {
                Ok(value) => return Ok(value),
                Err(error) => self.ready(number, attempt, &error).await?,
            }
            attempt += 1;
        }
    }

    /// Whether a reading that failed again and again failed for what it read: a storage that
    /// still gives the keep's own record is damaged in places.
    async fn is_damaged(&self, table: Table, error: &Error) -> bool {
        if error.kind() != Kind::Medium || table == Table::Meta || self.keep.borrow().is_none() {
            return false;
        }
        let Ok((_, medium)) = self.current() else {
            return false;
        };
        let keep = medium.read(Table::Meta, &[Key::meta(KeepMeta::KEY)]).await;
        keep.is_ok_and(|found| found.iter().any(Option::is_some))
    }

    /// Each value alone. One that the storage has and cannot give is as good as rotten: empty
    /// bytes, which no frame and no page accepts, so its reader looks into the second copy.
    async fn one_by_one(&self, table: Table, keys: &[Key]) -> Result<Vec<Option<Value>>> {
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            let (_, medium) = self.current()?;
            values.push(match medium.read(table, std::slice::from_ref(key)).await {
                Err(error) if error.kind() == Kind::Medium => Some(Value::bytes(Vec::new())),
                read => read?.into_iter().next().flatten(),
            });
        }
        Ok(values)
    }

    /// Writes, and repeats it. When it is not known whether an attempt was stored, and the
    /// next one is refused, the storage itself says what was there.
    async fn written(&self, burst: &Burst, gate: &Gate) -> Result<()> {
        let mut attempt = 0;
        let mut unsure: Option<Error> = None;
        loop {
            let (number, medium) = self.current().map_err(|closed| match unsure.take() {
                Some(first) => first,
                None => closed,
            })?;
            let error = match (medium.write_behind(burst, gate).await, &unsure) {
                (Err(refusal), Some(first))
                    if matches!(refusal.kind(), Kind::Conflict | Kind::TooNew) =>
                {
                    let first = first.clone();
                    return self
                        .repeated(async |medium| {
                            Ok(found(medium, burst).await?.outcome(&refusal, &first))
                        })
                        .await?;
                }
                (Ok(()), _) => return Ok(()),
                (Err(error), _) => error,
            };
            // An abort is the one failure that says that nothing was stored.
            if error.kind() != Kind::Aborted && passes(error.kind()) {
                unsure.get_or_insert_with(|| error.clone());
            }
            self.ready(number, attempt, &error).await?;
            attempt += 1;
        }
    }
}

/// Whether a failure may be gone the next time.
fn passes(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Aborted | Kind::Closed | Kind::Medium | Kind::Timeout | Kind::Quota
    )
}

/// What the storage has of a burst whose repetition was refused.
enum Found {
    /// Its own values: the first attempt was stored.
    Own,
    /// Something that came after it, or instead of it: nobody can tell.
    Later,
    /// What somebody else wrote in its place.
    Foreign,
}

impl Found {
    fn outcome(self, refusal: &Error, first: &Error) -> Result<()> {
        match self {
            Found::Own => Ok(()),
            Found::Later => Err(first.clone()),
            Found::Foreign => Err(refusal.clone()),
        }
    }
}

/// Looks at the keys that the burst checks and changes: each of them tells alone, since
/// all of a burst is stored or nothing.
async fn found(medium: &dyn Medium, burst: &Burst) -> Result<Found> {
    let puts: HashMap<(Table, &Key), &Put> = burst
        .puts
        .iter()
        .map(|put| ((put.table, &put.key), put))
        .collect();
    let mut later = false;
    for check in &burst.checks {
        let (table, key) = match check {
            Check::Rev { key, .. } => (Table::Rows, key),
            Check::Same { table, key, .. } => (*table, key),
        };
        let there = medium.read(table, std::slice::from_ref(key)).await?;
        match (puts.get(&(table, key)), there.into_iter().next().flatten()) {
            (Some(put), Some(there)) if there == put.value => return Ok(Found::Own),
            (Some(put), Some(there)) => later |= there.rev > put.value.rev,
            (None, None) if burst.deletes.contains(&(table, key.clone())) => {
                return Ok(Found::Own);
            }
            _ => {}
        }
    }
    Ok(if later { Found::Later } else { Found::Foreign })
}

/// Resets a mark also when its future is dropped.
struct Over<'a>(&'a Cell<bool>);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Medium for Connection {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        Box::pin(async move {
            match self
                .repeated(async |medium| medium.read(table, keys).await)
                .await
            {
                Err(error) if self.is_damaged(table, &error).await => {
                    self.one_by_one(table, keys).await
                }
                read => read,
            }
        })
    }

    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        Box::pin(async move {
            let scanned = self.repeated(async |medium| medium.scan(scan.clone()).await);
            match scanned.await {
                Err(error) if self.is_damaged(scan.table, &error).await => {
                    let (_, medium) = self.current()?;
                    let keys = medium.keys(scan.clone()).await.map_err(|_| error)?;
                    let values = self.one_by_one(scan.table, &keys).await?;
                    let there = keys.into_iter().zip(values);
                    Ok(there
                        .filter_map(|(key, value)| Some((key, value?)))
                        .collect())
                }
                read => read,
            }
        })
    }

    fn count(&self, scan: Scan) -> Pending<'_, u64> {
        Box::pin(self.repeated(async move |medium| medium.count(scan.clone()).await))
    }

    fn keys(&self, scan: Scan) -> Pending<'_, Vec<Key>> {
        Box::pin(self.repeated(async move |medium| medium.keys(scan.clone()).await))
    }

    fn moment<'a>(&'a self, ranges: &'a [Scan], known: Known<'a>) -> Pending<'a, Vec<Passed>> {
        Box::pin(self.repeated(async move |medium| medium.moment(ranges, known).await))
    }

    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        Box::pin(self.repeated(async move |medium| medium.find(by).await))
    }

    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        Box::pin(async move { self.written(burst, &Gate::opened()).await })
    }

    fn write_behind<'a>(&'a self, burst: &'a Burst, gate: &'a Gate) -> Pending<'a, ()> {
        Box::pin(self.written(burst, gate))
    }

    fn close(&self) {
        if let Some((_, medium)) = self.current.take() {
            medium.close();
        }
    }

    fn opened(&self, keep: &str) {
        self.keep.replace(Some(keep.to_owned()));
        if let Ok((_, medium)) = self.current() {
            medium.opened(keep);
        }
    }

    fn rest(&self) {
        if let Ok((_, medium)) = self.current() {
            medium.rest();
        }
    }

    fn wake(&self) {
        if let Ok((_, medium)) = self.current() {
            medium.wake();
        }
    }
}
