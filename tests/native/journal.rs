//! Edits that are saved later: journalled, made, replayed after any end, or kept as drafts.

use crate::store::clock;
use crate::turn::now;
use cardkeep::error::{Kind, Limits};
use cardkeep::keep::{Domain, Edit, Keep, Making, Replayed};
use cardkeep::store::*;
use serde_json::{Value as Json, json};
use std::cell::Cell;
use std::rc::Rc;

const GONE: &str = "gone";

fn open_on(medium: Rc<dyn Medium>, redo: Option<Rc<dyn Redo>>) -> Keep {
    let options = Options { redo, ..clock() };
    now(Keep::open(medium, options, Rc::new(|_, _| {}))).expect("the keep opens")
}

fn open(medium: &MemoryMedium) -> Keep {
    open_on(Rc::new(medium.clone()), None)
}

fn edit(seq: u64, domain: &str, id: &str, patch: Json) -> Edit {
    Edit {
        seq,
        domain: domain.to_owned(),
        id: id.to_owned(),
        base: None,
        at: 1_700_000_000_500,
        patch: patch.to_string(),
    }
}

fn journalled(keep: &Keep, writer: &str, edits: Vec<Edit>) {
    now(keep.journal().write(writer, edits, false)).expect("the journal is written");
}

fn replay(keep: &Keep, slot: Option<&Json>) -> Replayed {
    let slot = slot.map(Json::to_string);
    now(keep.journal().replay(GONE, slot.as_deref())).expect("the journal can be read")
}

fn replayed(applied: u64, drafts: u64, left: u64) -> Replayed {
    Replayed {
        applied,
        drafts,
        left,
        unreadable: 0,
    }
}

fn pending(keep: &Keep) -> usize {
    now(keep.journal().list()).unwrap()["items"]
        .as_array()
        .unwrap()
        .len()
}

fn drafts(keep: &Keep) -> Vec<Json> {
    let drafts = now(keep.drafts().list()).unwrap();
    drafts.as_array().unwrap().clone()
}

/// A keep with a record of each domain; their ids.
struct Ids {
    card: String,
    world: String,
    chat: String,
}

fn filled(keep: &Keep) -> Ids {
    let card = json!({ "spec": "chara_card_v2", "spec_version": "2.0", "data": { "name": "Ann", "description": "old" } });
    let card = now(keep
        .characters()
        .import(card.to_string().as_bytes(), &Limits::default()))
    .unwrap();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    Ids {
        card: text(&card["entry"]["id"]),
        world: text(&now(keep.worlds().create("Here")).unwrap()["id"]),
        chat: text(&now(keep.chats().create(r#"{"title":"Talk"}"#)).unwrap()["id"]),
    }
}

fn card(keep: &Keep, id: &str) -> Json {
    serde_json::from_str(
        &now(keep.characters().get(id))
            .unwrap()
            .expect("the card is there"),
    )
    .unwrap()
}

fn stat(keep: &Keep, id: &str, stat: &str) -> Json {
    let world: Json = serde_json::from_str(&now(keep.worlds().get(id)).unwrap().unwrap()).unwrap();
    world["state"]["player"][stat].clone()
}

fn unsent(keep: &Keep, id: &str) -> Json {
    serde_json::from_str(&now(keep.journal().unsent(id)).unwrap()).unwrap()
}

fn setting(keep: &Keep, key: &str) -> Json {
    now(keep.settings().get()).unwrap()[key].clone()
}

/// One edit of everything that can be edited later.
fn everything(ids: &Ids) -> Vec<Edit> {
    vec![
        edit(1, "characters", &ids.card, json!({ "description": "new" })),
        edit(
            2,
            "worlds",
            &ids.world,
            json!({ "player": { "health": 7 } }),
        ),
        edit(3, "settings", "userName", json!({ "value": "Ana" })),
        edit(
            4,
            "chats",
            &ids.chat,
            json!({ "draft": "not sent \u{1F988}" }),
        ),
    ]
}

fn assert_everything(keep: &Keep, ids: &Ids) {
    assert_eq!(card(keep, &ids.card)["card"]["description"], "new");
    assert_eq!(stat(keep, &ids.world, "health"), 7);
    assert_eq!(setting(keep, "userName"), "Ana");
    assert_eq!(unsent(keep, &ids.chat), "not sent \u{1F988}");
}

/// Writes fail from the n-th on, as when the browser is killed there.
struct Dying {
    medium: MemoryMedium,
    left: Cell<u32>,
}

impl Medium for Dying {
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
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                self.medium.write(burst)
            }
            None => Box::pin(async { Err(Kind::Aborted.because("killed")) }),
        }
    }
    fn close(&self) {}
}

#[test]
fn what_was_journalled_is_there_after_the_page_ended() {
    let medium = MemoryMedium::new();
    let ids = {
        let keep = open(&medium);
        let ids = filled(&keep);
        journalled(&keep, GONE, everything(&ids));
        ids
    };
    let keep = open(&medium);
    assert_eq!(pending(&keep), 4);
    assert_eq!(now(keep.journal().writers()).unwrap(), [GONE]);
    assert_eq!(replay(&keep, None), replayed(4, 0, 0));
    assert_everything(&keep, &ids);
    assert_eq!((pending(&keep), drafts(&keep).len()), (0, 0));
    // The state before is a version; the chat itself was not touched by what is typed for it.
    let rev = |domain, id: &str| now(keep.entry(domain, id)).unwrap().unwrap()["rev"].clone();
    assert_eq!(rev(Domain::Characters, &ids.card), 2);
    assert_eq!(rev(Domain::Chats, &ids.chat), 1);
    let history = now(keep.history(Domain::Characters, &ids.card)).unwrap();
    assert_eq!(history.as_array().unwrap().len(), 1);
}

#[test]
fn an_edit_that_is_made_takes_its_entry_along() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let ids = filled(&keep);
    journalled(&keep, "here", everything(&ids));
    for edit in everything(&ids) {
        now(keep.journal().make("here", &edit, Making::default())).unwrap();
    }
    assert_everything(&keep, &ids);
    assert_eq!(pending(&keep), 0);
    // Once more is nothing more: no revision, no version.
    let before = medium.dump();
    for edit in everything(&ids) {
        now(keep.journal().make("here", &edit, Making::default())).unwrap();
    }
    assert_eq!(medium.dump(), before);
}

#[test]
fn a_hand_that_goes_on_typing_makes_one_version() {
    let keep = open(&MemoryMedium::new());
    let ids = filled(&keep);
    let mut follows = None;
    for n in 1..=20 {
        let patch = json!({ "description": format!("typed {n}") });
        let making = Making {
            follows,
            ..Making::default()
        };
        let edit = edit(n, "characters", &ids.card, patch);
        follows = Some(now(keep.journal().make("here", &edit, making)).unwrap());
    }
    let history = now(keep.history(Domain::Characters, &ids.card)).unwrap();
    assert_eq!(history.as_array().unwrap().len(), 1);
    assert_eq!(card(&keep, &ids.card)["rev"], 21);
}

#[test]
fn a_revision_that_is_not_the_wanted_one_is_a_conflict_and_the_entry_stays() {
    let keep = open(&MemoryMedium::new());
    let ids = filled(&keep);
    let [first, ..] = &everything(&ids)[..] else {
        unreachable!("there are four")
    };
    journalled(&keep, "here", vec![first.clone()]);
    let making = Making {
        if_rev: Some(7),
        ..Making::default()
    };
    let error = now(keep.journal().make("here", first, making)).unwrap_err();
    assert_eq!((error.kind(), error.found()), (Kind::Conflict, Some(1)));
    assert!(error.sides().is_some_and(|sides| sides.theirs.is_some()));
    assert_eq!(pending(&keep), 1);
    assert_eq!(card(&keep, &ids.card)["card"]["description"], "old");
}

#[test]
fn a_patch_that_does_not_fit_is_refused_by_its_code() {
    let keep = open(&MemoryMedium::new());
    let ids = filled(&keep);
    for (domain, id, patch, kind) in [
        (
            "characters",
            &*ids.card,
            json!({ "name": 1 }),
            Kind::Invalid,
        ),
        (
            "characters",
            &*ids.card,
            json!({ "nmae": "x" }),
            Kind::BadOption,
        ),
        (
            "characters",
            "nobody",
            json!({ "name": "x" }),
            Kind::NotFound,
        ),
        (
            "worlds",
            &*ids.world,
            json!({ "position": "9,9,9" }),
            Kind::Invalid,
        ),
        (
            "worlds",
            &*ids.world,
            json!({ "position": 1 }),
            Kind::Invalid,
        ),
        ("worlds", &*ids.world, json!({ "player": 1 }), Kind::Invalid),
        (
            "worlds",
            &*ids.world,
            json!({ "title": "x" }),
            Kind::BadOption,
        ),
        ("worlds", &*ids.world, json!([]), Kind::Invalid),
        ("settings", "pageSize", json!({ "value": 1 }), Kind::Invalid),
        (
            "settings",
            "pagesize",
            json!({ "value": 20 }),
            Kind::BadOption,
        ),
        ("settings", "pageSize", json!({}), Kind::Invalid),
        ("chats", &*ids.chat, json!({ "draft": 1 }), Kind::Invalid),
        (
            "chats",
            &*ids.chat,
            json!({ "draft": "x", "more": 1 }),
            Kind::BadOption,
        ),
        ("chats", "none", json!({ "draft": "x" }), Kind::NotFound),
        ("secrets", "a", json!({}), Kind::BadOption),
    ] {
        let edit = edit(1, domain, id, patch);
        let error = now(keep.journal().make("here", &edit, Making::default())).unwrap_err();
        assert_eq!(error.kind(), kind, "{edit:?}");
    }
    let unknown = edit(1, "secrets", "a", json!({}));
    let error = now(keep.journal().write("here", vec![unknown], false)).unwrap_err();
    assert_eq!(error.kind(), Kind::BadOption);
}

#[test]
fn what_no_longer_fits_becomes_a_draft_with_its_reason() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let ids = filled(&keep);
    journalled(&keep, GONE, everything(&ids));
    journalled(
        &keep,
        GONE,
        vec![edit(
            5,
            "worlds",
            "nowhere",
            json!({ "player": { "a": 1 } }),
        )],
    );
    // Meanwhile another tab: one other value, one equal value, one chat in the trash.
    let patch = cardkeep::json::Document::parse(r#"{"description":"theirs"}"#).unwrap();
    now(keep.characters().patch(&ids.card, &patch, None)).unwrap();
    now(keep.worlds().set_stat(&ids.world, "health", "7", None)).unwrap();
    now(keep.trash(Domain::Chats, &ids.chat, None)).unwrap();
    assert_eq!(replay(&keep, None), replayed(2, 3, 0));
    assert_eq!(card(&keep, &ids.card)["card"]["description"], "theirs");
    assert_eq!(setting(&keep, "userName"), "Ana");
    let mut told: Vec<_> = drafts(&keep)
        .iter()
        .map(|draft| {
            (
                draft["domain"].clone(),
                draft["record"].clone(),
                draft["reason"].clone(),
            )
        })
        .collect();
    told.sort_by_key(|(domain, ..)| domain.to_string());
    assert_eq!(
        told,
        [
            (json!("characters"), json!(ids.card), json!("conflict")),
            (json!("chats"), json!(ids.chat), json!("not-found")),
            (json!("worlds"), json!("nowhere"), json!("not-found")),
        ]
    );
    assert_eq!(pending(&keep), 0);
}

#[test]
fn a_draft_shows_both_sides_and_is_applied_or_discarded() {
    let keep = open(&MemoryMedium::new());
    let ids = filled(&keep);
    let mine = json!({ "description": "mine", "tags": ["a"] });
    journalled(
        &keep,
        GONE,
        vec![edit(1, "characters", &ids.card, mine.clone())],
    );
    let theirs = cardkeep::json::Document::parse(r#"{"description":"theirs"}"#).unwrap();
    now(keep.characters().patch(&ids.card, &theirs, None)).unwrap();
    assert_eq!(replay(&keep, None), replayed(0, 1, 0));
    let id = drafts(&keep)[0]["id"].as_str().unwrap().to_owned();
    let shown: Json = serde_json::from_str(&now(keep.drafts().get(&id)).unwrap().unwrap()).unwrap();
    assert_eq!((&shown["base"], &shown["rev"]), (&json!(1), &json!(2)));
    assert_eq!(shown["patch"], mine);
    assert_eq!(
        shown["present"],
        json!({ "description": "theirs", "tags": [] })
    );
    assert_eq!(shown["reason"], "conflict");
    let error = now(keep.drafts().apply(&id, Some(1))).unwrap_err();
    assert_eq!((error.kind(), error.found()), (Kind::Conflict, Some(2)));
    assert_eq!(now(keep.drafts().apply(&id, Some(2))).unwrap(), 3);
    assert_eq!(card(&keep, &ids.card)["card"]["description"], "mine");
    assert_eq!(drafts(&keep).len(), 0);
    assert_eq!(now(keep.drafts().get(&id)).unwrap(), None);
    let error = now(keep.drafts().discard(&id)).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    let lost = edit(2, "chats", "none", json!({ "draft": "x" }));
    journalled(&keep, GONE, vec![lost]);
    assert_eq!(replay(&keep, None), replayed(0, 1, 0));
    let id = drafts(&keep)[0]["id"].as_str().unwrap().to_owned();
    let error = now(keep.drafts().apply(&id, None)).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(drafts(&keep).len(), 1);
    now(keep.drafts().discard(&id)).unwrap();
    assert_eq!(drafts(&keep).len(), 0);
}

/// Edits of two writers on the same records, in the journal and in a slot.
fn left_behind(medium: &MemoryMedium) -> (Ids, Json) {
    let keep = open(medium);
    let ids = filled(&keep);
    journalled(&keep, GONE, everything(&ids));
    journalled(
        &keep,
        "other",
        vec![
            edit(
                11,
                "characters",
                &ids.card,
                json!({ "description": "the other's" }),
            ),
            edit(12, "settings", "pageSize", json!({ "value": 20 })),
        ],
    );
    let slot = json!({ "form": 1, "edits": [
        { "seq": 4, "domain": "chats", "id": ids.chat, "at": 1_700_000_000_600_i64, "patch": r#"{"draft":"typed further"}"# },
        { "seq": 5, "domain": "characters", "id": ids.card, "at": 1_700_000_000_600_i64, "patch": r#"{"name":"Anna"}"# },
        { "seq": 6, "domain": "worlds", "id": "nowhere", "at": 1_700_000_000_600_i64, "patch": r#"{"player":{"a":1}}"# },
    ]});
    (ids, slot)
}

/// Everything that a replay can change, without times.
fn outcome(keep: &Keep, ids: &Ids) -> Json {
    let card = card(keep, &ids.card);
    let mut drafts: Vec<_> = drafts(keep)
        .iter()
        .map(|draft| {
            json!([
                draft["id"],
                draft["domain"],
                draft["record"],
                draft["base"],
                draft["reason"]
            ])
        })
        .collect();
    drafts.sort_by_key(Json::to_string);
    let settings = now(keep.settings().get()).unwrap();
    json!([
        card["card"]["name"],
        card["card"]["description"],
        card["rev"],
        stat(keep, &ids.world, "health"),
        settings,
        unsent(keep, &ids.chat),
        drafts,
        pending(keep),
    ])
}

/// Both writers, one after the other.
fn replay_all(keep: &Keep, slot: &Json) -> Replayed {
    let first = replay(keep, Some(slot));
    let second = now(keep.journal().replay("other", None)).unwrap();
    replayed(
        first.applied + second.applied,
        first.drafts + second.drafts,
        first.left + second.left,
    )
}

#[test]
fn a_replay_cut_short_at_any_write_ends_as_if_it_had_not_been() {
    let want = {
        let medium = MemoryMedium::new();
        let (ids, slot) = left_behind(&medium);
        let keep = open(&medium);
        assert_eq!(now(keep.journal().writers()).unwrap(), [GONE, "other"]);
        assert_eq!(replay_all(&keep, &slot), replayed(6, 2, 0));
        assert_eq!(card(&keep, &ids.card)["card"]["name"], "Anna");
        assert_eq!(card(&keep, &ids.card)["card"]["description"], "new");
        assert_eq!(unsent(&keep, &ids.chat), "typed further");
        let want = outcome(&keep, &ids);
        // And once more, though nobody took the slot away: everything is there already.
        replay_all(&keep, &slot);
        assert_eq!(outcome(&keep, &ids), want);
        strip(want)
    };
    for kill in 0.. {
        let medium = MemoryMedium::new();
        let (ids, slot) = left_behind(&medium);
        let dying = Rc::new(Dying {
            medium: medium.clone(),
            left: Cell::new(kill),
        });
        let first = replay_all(&open_on(dying, None), &slot);
        let keep = open(&medium);
        replay_all(&keep, &slot);
        assert_eq!(
            strip(outcome(&keep, &ids)),
            want,
            "killed after {kill} writes"
        );
        if first.left == 0 {
            assert!(kill >= 5, "a replay has several writes");
            return;
        }
    }
}

/// Without the ids, which are new in every keep.
fn strip(mut outcome: Json) -> Json {
    for draft in outcome[6].as_array_mut().unwrap() {
        if draft[2].as_str() != Some("nowhere") {
            draft[2] = Json::Null;
        }
    }
    outcome
}

#[test]
fn entries_of_a_living_writer_are_left_alone() {
    let keep = open(&MemoryMedium::new());
    let ids = filled(&keep);
    journalled(&keep, "living", everything(&ids));
    assert_eq!(replay(&keep, None), replayed(0, 0, 0));
    assert_eq!(pending(&keep), 4);
    assert_eq!(card(&keep, &ids.card)["card"]["description"], "old");
}

#[test]
fn what_is_not_understood_stays_where_it_is_and_is_counted() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let ids = filled(&keep);
    journalled(&keep, GONE, everything(&ids));
    let (_, key, value) = medium
        .dump()
        .into_iter()
        .find(|(table, ..)| *table == Table::Journal)
        .unwrap();
    // A flipped bit, a newer form, another's key.
    let mut rotten = value.bytes.clone();
    *rotten.last_mut().unwrap() ^= 1;
    medium.plant(Table::Journal, key.clone(), Value::bytes(rotten));
    let mut newer = cardkeep::codec::read_frame(&value.bytes).unwrap().value;
    newer["form"] = json!(2);
    newer["seq"] = json!(90);
    let newer = Value::bytes(cardkeep::codec::write_frame(&newer));
    medium.plant(Table::Journal, journal_key(90, GONE), newer);
    medium.plant(Table::Journal, journal_key(91, GONE), value);
    let newer = json!({ "form": 2, "edits": [] });
    let want = Replayed {
        unreadable: 3,
        ..replayed(3, 0, 1)
    };
    assert_eq!(replay(&keep, Some(&newer)), want);
    let want = Replayed { applied: 0, ..want };
    assert_eq!(replay(&keep, Some(&json!("no slot"))), want);
    assert_eq!(
        now(keep.journal().list()).unwrap(),
        json!({ "items": [], "unreadable": 3 })
    );
    let left = medium
        .dump()
        .into_iter()
        .filter(|(table, ..)| *table == Table::Journal);
    assert_eq!(left.count(), 3);
}

#[test]
fn a_read_only_keep_replays_nothing_and_loses_nothing() {
    let medium = MemoryMedium::new();
    let ids = {
        let keep = open(&medium);
        let ids = filled(&keep);
        journalled(&keep, GONE, everything(&ids));
        ids
    };
    let (table, key, value) = medium
        .dump()
        .into_iter()
        .find(|(table, key, _)| *table == Table::Meta && key.text(0) == "keep")
        .unwrap();
    let mut meta: Json = serde_json::from_slice(&value.bytes).unwrap();
    meta["schema"] = json!(9_999);
    let newer = Value::bytes(meta.to_string().into_bytes());
    medium.plant(table, key.clone(), newer);
    let before = medium.dump();
    let keep = open(&medium);
    let edit = edit(9, "chats", &ids.chat, json!({ "draft": "x" }));
    for error in [
        now(keep.journal().write("here", vec![edit.clone()], false)).unwrap_err(),
        now(keep.journal().make("here", &edit, Making::default())).unwrap_err(),
        now(keep.journal().forget("here", &[9])).unwrap_err(),
        now(keep.journal().replay(GONE, None)).unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::ReadOnly);
    }
    assert_eq!(medium.dump(), before);
    medium.plant(table, key, value);
    assert_eq!(replay(&open(&medium), None), replayed(4, 0, 0));
}

#[test]
fn a_wiped_database_loses_no_pending_edit() {
    let redo = MemoryRedo::new();
    let with_copy =
        |medium: &MemoryMedium| open_on(Rc::new(medium.clone()), Some(Rc::new(redo.clone())));
    let medium = MemoryMedium::new();
    let keep = with_copy(&medium);
    let ids = filled(&keep);
    journalled(&keep, GONE, everything(&ids)[..2].to_vec());
    // A copy that is made anew has them too.
    now(keep.maintain(i64::MAX)).unwrap();
    journalled(&keep, GONE, everything(&ids)[2..].to_vec());
    now(keep.journal().forget(GONE, &[2])).unwrap();
    let keep = with_copy(&MemoryMedium::new());
    assert!(
        keep.report()
            .recovered
            .as_ref()
            .is_some_and(|found| found.wiped)
    );
    assert_eq!(pending(&keep), 3);
    assert_eq!(replay(&keep, None), replayed(3, 0, 0));
    assert_eq!(card(&keep, &ids.card)["card"]["description"], "new");
    assert_eq!(unsent(&keep, &ids.chat), "not sent \u{1F988}");
}

#[test]
fn an_unsent_message_is_kept_beside_its_chat_whatever_is_typed() {
    let medium = MemoryMedium::new();
    let keep = open(&medium);
    let ids = filled(&keep);
    let long = json!("words ".repeat(20_000)).to_string();
    for text in [r#""plain""#, r#""lone \ud83d half""#, &long, r#""""#] {
        now(keep.journal().set_unsent(&ids.chat, text)).unwrap();
        assert_eq!(
            now(open(&medium).journal().unsent(&ids.chat)).unwrap(),
            text
        );
    }
    let entry = now(keep.entry(Domain::Chats, &ids.chat)).unwrap().unwrap();
    assert_eq!(entry["rev"], 1);
    let error = now(keep.journal().set_unsent("none", r#""x""#)).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[test]
fn an_edit_whose_base_nobody_looked_up_goes_by_the_clock() {
    let keep = open(&MemoryMedium::new());
    let ids = filled(&keep);
    let slot = |at: i64, seq: u64| {
        json!({ "form": 1, "edits": [
            { "seq": seq, "domain": "characters", "id": ids.card, "at": at, "patch": format!(r#"{{"description":"at {at}"}}"#) },
        ]})
    };
    // The card was changed long after the one, and before the other.
    assert_eq!(
        replay(&keep, Some(&slot(1_600_000_000_000, 1))),
        replayed(0, 1, 0)
    );
    assert_eq!(
        replay(&keep, Some(&slot(1_800_000_000_000, 2))),
        replayed(1, 0, 0)
    );
    assert_eq!(
        card(&keep, &ids.card)["card"]["description"],
        "at 1800000000000"
    );
}

#[test]
fn a_slot_that_comes_again_is_left_out_and_another_one_is_not() {
    let keep = open(&MemoryMedium::new());
    let ids = filled(&keep);
    let slot = |text: &str| {
        json!({ "form": 1, "edits": [
            { "seq": 1, "domain": "characters", "id": ids.card, "base": card(&keep, &ids.card)["rev"], "at": 1_800_000_000_000_i64,
              "patch": json!({ "description": text }).to_string() },
        ]})
    };
    let first = slot("typed");
    assert_eq!(replay(&keep, Some(&first)), replayed(1, 0, 0));
    let patch = cardkeep::json::Document::parse(r#"{"description":"typed later"}"#).unwrap();
    now(keep.characters().patch(&ids.card, &patch, None)).unwrap();
    // The browser was killed before it had written that the slot is gone.
    assert_eq!(replay(&keep, Some(&first)), replayed(0, 0, 0));
    assert_eq!(drafts(&keep).len(), 0);
    assert_eq!(card(&keep, &ids.card)["card"]["description"], "typed later");
    assert_eq!(replay(&keep, Some(&slot("typed last"))), replayed(1, 0, 0));
    assert_eq!(card(&keep, &ids.card)["card"]["description"], "typed last");
}
