//! What a model may know where the player of a run is: within its bounds, and with what is missing told.

use crate::keep::open;
use crate::turn::now;
use crate::worlds::{character, lore};
use cardkeep::error::{Kind, Limits};
use cardkeep::json::Document;
use cardkeep::keep::{
    ContextOptions, Domain, Keep, PatchDocument, PlaythroughFilter, WorldContext,
};
use cardkeep::store::{MemoryMedium, Write};
use serde_json::json;

/// A keep with a run in a harbor where Ann is, whose lore knows ships, and Bea.
fn harbor() -> (Keep, String, [String; 2]) {
    let keep = open(&MemoryMedium::new());
    let lore = json!([
        lore(1, "Ships", "ships", "Ships of the crown are grey.", true),
        lore(
            2,
            "Harbor",
            "harbor",
            "The harbor is older than the town.",
            true
        ),
        lore(3, "Moon", "moon", "The moon is a lie.", true),
    ]);
    let ann = character(&keep, "Ann", lore);
    let bea = character(&keep, "Bea", json!([]));
    for (id, text) in [(&ann, "A sailor."), (&bea, "A thief of some renown.")] {
        let patch = PatchDocument {
            id: id.clone(),
            patch: Document::parse(
                &json!({ "description": text, "personality": "Calm." }).to_string(),
            )
            .unwrap(),
            if_rev: None,
        };
        now(keep.patch_many(Domain::Characters, &[patch], Write::default())).unwrap();
    }
    let state = json!({ "current_position": "0,0,0", "locations": {
        "0,0,0": { "location_id": "harbor", "name": "Harbor", "description": "Gulls and tar.", "npcs": [ann, "gone", bea] },
        "1,0,0": { "location_id": "field" },
    } });
    let told = now(keep
        .worlds()
        .import(state.to_string().as_bytes(), &Limits::default()))
    .unwrap();
    let world = told["entry"]["id"].as_str().map(str::to_owned);
    let new = PlaythroughFilter {
        world,
        ..PlaythroughFilter::default()
    };
    let run = now(keep.playthroughs().create(&new, Write::default())).unwrap();
    (keep, run["id"].as_str().unwrap().to_owned(), [ann, bea])
}

fn context(keep: &Keep, run: &str, messages: &[&str], budget: usize) -> WorldContext {
    let messages = messages.iter().map(|one| (*one).to_owned()).collect();
    now(keep
        .worlds()
        .context(run, &ContextOptions { messages, budget }))
    .expect("it is told")
}

fn names(context: &WorldContext) -> (Vec<&str>, Vec<&str>) {
    (
        context.npcs.iter().map(|one| &*one.name).collect(),
        context.lore.iter().map(|one| &*one.name).collect(),
    )
}

#[test]
fn the_place_who_is_there_and_the_lore_that_fires_are_told() {
    let (keep, run, [ann, _]) = harbor();
    let told = context(&keep, &run, &["Look at the ships!"], 2000);
    assert_eq!(
        told.location
            .as_ref()
            .map(|place| (&*place.name, &*place.text)),
        Some(("Harbor", "Gulls and tar."))
    );
    assert_eq!(names(&told).0, ["Ann", "Bea"]);
    assert_eq!(told.npcs[0].text, "A sailor.\n\nCalm.");
    // The harbor is called for by the place itself, the moon by nobody.
    let mut lore = names(&told).1;
    lore.sort_unstable();
    assert_eq!(lore, ["Harbor", "Ships"]);
    assert!(
        told.lore
            .iter()
            .all(|entry| entry.character.as_deref() == Some(&*ann))
    );
    let left: Vec<_> = told.left.iter().map(|left| (&*left.id, left.why)).collect();
    assert_eq!(left, [("gone", "missing")]);
    let sum = told
        .location
        .iter()
        .chain(&told.npcs)
        .chain(&told.lore)
        .map(|one| one.tokens)
        .sum::<usize>();
    assert_eq!(told.tokens, sum);
}

#[test]
fn no_budget_is_ever_passed_and_what_stays_out_is_told() {
    let (keep, run, _) = harbor();
    let whole = context(&keep, &run, &["ships"], 2000);
    let all = 1 + whole.npcs.len() + whole.lore.len();
    for budget in 0..=whole.tokens {
        let told = context(&keep, &run, &["ships"], budget);
        assert!(told.tokens <= budget);
        let there = usize::from(told.location.is_some()) + told.npcs.len() + told.lore.len();
        let left = told.left.iter().filter(|left| left.why == "budget").count();
        assert_eq!(there + left, all, "{budget}");
    }
    assert_eq!(context(&keep, &run, &["ships"], whole.tokens), whole);
}

#[test]
fn who_came_and_went_in_the_run_counts_and_who_is_in_the_trash_is_told() {
    let (keep, run, [ann, bea]) = harbor();
    let patch = PatchDocument {
        id: run.clone(),
        patch: Document::parse(
            &json!({ "places": { "harbor": { "went": [ann] }, "field": { "came": [ann, bea] } } })
                .to_string(),
        )
        .unwrap(),
        if_rev: None,
    };
    now(keep.patch_many(Domain::Playthroughs, &[patch], Write::default())).unwrap();
    assert_eq!(names(&context(&keep, &run, &[], 2000)).0, ["Bea"]);
    now(keep.trash(Domain::Characters, &bea, None)).unwrap();
    now(keep.playthroughs().move_to(&run, "1,0,0", Write::default())).unwrap();
    let told = context(&keep, &run, &[], 2000);
    assert_eq!((names(&told).0, told.left[0].why), (vec!["Ann"], "trashed"));
    assert_eq!(
        now(keep.worlds().context("x", &ContextOptions::default()))
            .unwrap_err()
            .kind(),
        Kind::NotFound
    );
}
