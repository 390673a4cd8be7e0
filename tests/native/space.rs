//! Running out of space, on a medium that has a quota.

use crate::store::clock;
use crate::turn::now;
use cardkeep::error::{Kind, Result};
use cardkeep::keep::{CheckOptions, Domain, Keep};
use cardkeep::store::*;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A disk that is counted.
#[derive(Clone, Default)]
struct Disk {
    quota: Rc<Cell<u64>>,
    /// Grows only, as a log-structured database does until it is compacted.
    database: Rc<Cell<u64>>,
    redo: MemoryRedo,
}

impl Disk {
    fn take(&self, bytes: u64) -> Result<()> {
        let backups = now(self.redo.beside().files())?;
        let backups: u64 = backups.iter().map(|file| file.bytes).sum();
        if self.database.get() + backups + bytes > self.quota.get() {
            return Err(Kind::Quota.because("QuotaExceededError: the disk of this test is full"));
        }
        Ok(())
    }
}

/// A medium that refuses what does not fit, when the transaction ends.
struct Narrow {
    medium: MemoryMedium,
    disk: Disk,
}

impl Medium for Narrow {
    fn read<'a>(&'a self, table: Table, keys: &'a [Key]) -> Pending<'a, Vec<Option<Value>>> {
        self.medium.read(table, keys)
    }
    fn scan(&self, scan: Scan) -> Pending<'_, Vec<(Key, Value)>> {
        self.medium.scan(scan)
    }
    fn find<'a>(&'a self, by: &'a str) -> Pending<'a, Vec<(Key, Value)>> {
        self.medium.find(by)
    }
    fn write<'a>(&'a self, burst: &'a Burst) -> Pending<'a, ()> {
        Box::pin(async move {
            let bytes: usize = burst.puts.iter().map(|put| put.value.bytes.len()).sum();
            self.disk.take(bytes as u64)?;
            self.medium.write(burst).await?;
            self.disk
                .database
                .set(self.disk.database.get() + bytes as u64);
            Ok(())
        })
    }
    fn close(&self) {}
}

struct Stage {
    keep: Keep,
    disk: Disk,
    medium: MemoryMedium,
    told: Rc<RefCell<Vec<&'static str>>>,
}

/// A keep with this much space left behind what it has.
fn open(left: u64) -> Stage {
    let (medium, disk) = (MemoryMedium::new(), Disk::default());
    disk.quota.set(u64::MAX);
    let narrow = Rc::new(Narrow {
        medium: medium.clone(),
        disk: disk.clone(),
    });
    let redo: Rc<dyn Redo> = Rc::new(disk.redo.clone());
    let options = Options {
        redo: Some(redo),
        ..clock()
    };
    let keep = now(Keep::open(narrow, options, Rc::new(|_, _| {}))).expect("the keep opens");
    let told: Rc<RefCell<Vec<&'static str>>> = Rc::default();
    let hears = Rc::clone(&told);
    let listener: LogListener = Rc::new(move |entry| {
        if ["full", "room-again", "backup-gave-room"].contains(&entry.event) {
            hears.borrow_mut().push(entry.event);
        }
    });
    keep.log().listen(listener);
    disk.quota.set(disk.database.get() + left);
    Stage {
        keep,
        disk,
        medium,
        told,
    }
}

/// A world of about so many bytes that do not compress.
fn world(name: &str, bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let noise: String = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'!' + 1 + (state >> 24) as u8 % 56)
    })
    .take(bytes)
    .collect();
    json!({ "current_position": "0,0,0", "note": noise, "metadata": { "name": name } })
        .to_string()
        .into_bytes()
}

#[test]
fn what_does_not_fit_is_refused_whole_and_told_once() {
    let stage = open(20_000);
    let before = stage.medium.dump();
    for name in ["one", "two"] {
        let import = now(stage
            .keep
            .worlds()
            .import(&world(name, 40_000), &Default::default()));
        assert_eq!(import.unwrap_err().kind(), Kind::Quota);
        assert!(stage.keep.is_full());
    }
    assert_eq!(stage.medium.dump(), before);
    assert_eq!(*stage.told.borrow(), ["full"]);
    // Reading goes on, and so does saving as soon as there is room.
    assert!(now(stage.keep.list(Domain::Worlds, false)).is_ok());
    stage.disk.quota.set(u64::MAX);
    now(stage
        .keep
        .worlds()
        .import(&world("one", 40_000), &Default::default()))
    .unwrap();
    assert!(!stage.keep.is_full());
    assert_eq!(*stage.told.borrow(), ["full", "room-again"]);
}

#[test]
fn an_import_is_estimated_by_what_it_takes_at_least() {
    let stage = open(0);
    // In the database and in the second copy; a chat is compressed.
    assert_eq!(stage.keep.space_for(false, 1_000), 2_000);
    assert_eq!(stage.keep.space_for(true, 1_000), 500);
    let alone = now(Keep::open(
        Rc::new(MemoryMedium::new()),
        clock(),
        Rc::new(|_, _| {}),
    ))
    .unwrap();
    assert_eq!(alone.space_for(false, 1_000), 1_000);
}

#[test]
fn backups_give_way_from_the_oldest_and_only_as_far_as_needed() {
    let stage = open(u64::MAX / 2);
    let import = |name: &str, bytes| {
        now(stage
            .keep
            .worlds()
            .import(&world(name, bytes), &Default::default()))
    };
    let back_up = |reason: &str, pin| {
        let new = NewBackup {
            reason: reason.to_owned(),
            pin,
        };
        now(stage.keep.backups().create(&new)).unwrap()
    };
    let reasons = || -> Vec<String> {
        let listed = now(stage.keep.backups().list()).unwrap();
        listed.into_iter().map(|one| one.reason).collect()
    };
    import("there", 40_000).unwrap();
    back_up("pinned", true);
    for reason in ["first", "second", "third", "newest"] {
        back_up(reason, false);
    }
    let each = now(stage.keep.backups().list()).unwrap()[0].bytes;
    stage.disk.quota.set(stage.disk.database.get() + 5 * each);

    // Two of them make room for one more world.
    import("more", 70_000).unwrap();
    assert_eq!(reasons(), ["pinned", "third", "newest"]);
    assert_eq!(*stage.told.borrow(), ["backup-gave-room"; 2]);
    assert!(!stage.keep.is_full());

    // What does not fit without all of them either costs those that can go, and nothing else.
    let error = import("too much", 400_000).unwrap_err();
    assert_eq!(error.kind(), Kind::Quota);
    assert_eq!(reasons(), ["pinned", "newest"]);
    assert!(stage.keep.is_full());
}

#[test]
fn a_full_disk_is_told_by_health_and_looked_through_all_the_same() {
    let stage = open(10);
    assert!(now(stage.keep.worlds().create("too much")).is_err());
    let codes = || -> Vec<&'static str> {
        let health = now(stage.keep.health()).unwrap();
        health.warnings.iter().map(|one| one.code).collect()
    };
    assert!(codes().contains(&"full"), "{:?}", codes());
    let mut check = now(stage.keep.check(CheckOptions { full: true })).unwrap();
    while now(check.step()).unwrap() {}
    assert_eq!(check.report().findings, []);
    stage.disk.quota.set(u64::MAX);
    now(stage.keep.worlds().create("room")).unwrap();
    assert!(!codes().contains(&"full"));
}

#[test]
fn a_backup_that_is_being_copied_in_stays() {
    let stage = open(u64::MAX / 2);
    let new = NewBackup {
        reason: "by hand".to_owned(),
        pin: false,
    };
    let world = world("gone", 200_000);
    let kept = now(stage.keep.worlds().import(&world, &Default::default())).unwrap();
    let backup = now(stage.keep.backups().create(&new)).unwrap();
    let id = kept["entry"]["id"].as_str().unwrap();
    now(stage.keep.trash_can().delete(Domain::Worlds, id, None)).unwrap();
    let later = now(stage.keep.backups().create(&new)).unwrap();
    let both = later.bytes + backup.bytes;
    stage.disk.quota.set(stage.disk.database.get() + both);
    let copied = now(stage.keep.backups().copy(&backup.id, None));
    assert_eq!(copied.unwrap_err().kind(), Kind::Quota);
    assert!(now(stage.keep.backups().verify(&backup.id)).unwrap().ok);
}
