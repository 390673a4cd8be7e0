//! Every call that a keep makes to its medium and its log fails once, in every way.
//!
//! The scenario runs once for each call and each lie; of the calls only one in [`STRIDE`] unless
//! `CARDKEEP_LIES=all` is set. An operation that fails is tried
//! again, as an app would; then the keep is opened without lies, once on what the medium
//! holds and once on the log alone.

use crate::disk::Disk;
use crate::frozen;
use crate::lying::{Call, Lie};
use crate::oracle::{DOMAINS, Op, Outcome, Run};
use crate::turn::settled;
use cardkeep::error::Kind;
use cardkeep::keep::Domain;

/// A prime, so that every kind of failure has its turn.
const STRIDE: usize = 13;

/// Which calls are lied to; each test begins at another one.
fn is_chosen(call: usize, first: usize) -> bool {
    let all = std::env::var("CARDKEEP_LIES").is_ok_and(|which| which == "all");
    all || call % STRIDE == first
}

enum Step {
    Act(Op),
    Reopen,
}

/// Every domain and verb.
fn scenario() -> Vec<Step> {
    use Domain::{Characters, Chats, Worlds};
    use Step::{Act, Reopen};
    let mut steps = vec![
        Act(Op::Import(Characters, 'a')),
        Act(Op::Import(Chats, 'a')),
        Act(Op::Import(Worlds, 'a')),
        Act(Op::Change(Characters, 'a', 1)),
        Act(Op::Change(Worlds, 'a', 2)),
        Act(Op::Move('a', false)),
        Act(Op::Set(20)),
        Act(Op::Maintain),
    ];
    // Long messages among them fill the tail.
    steps.extend((1..8).map(|n| Act(Op::Change(Chats, 'a', n))));
    steps.extend([
        Act(Op::Edit('a', 1, 10)),
        Act(Op::Edit('a', 9, 11)),
        Act(Op::Remove('a', 2)),
        Act(Op::Change(Chats, 'a', 8)),
        Act(Op::Look),
        Reopen,
        Act(Op::Change(Chats, 'a', 12)),
        Act(Op::RestoreVersion(Chats, 'a', 1)),
        Act(Op::RestoreVersion(Characters, 'a', 0)),
        Act(Op::Set(30)),
        Act(Op::Import(Characters, 'b')),
        Act(Op::Trash(Characters, 'a')),
        Act(Op::Trash(Chats, 'a')),
        Act(Op::Restore(Chats, 'a')),
        Act(Op::Change(Chats, 'a', 13)),
        Act(Op::Maintain),
        Reopen,
        Act(Op::Change(Characters, 'b', 14)),
        Act(Op::Look),
    ]);
    steps
}

/// Plays the scenario. Whoever is refused an operation three times, twice over, gives up: what
/// was refused may still be there later, so every further one doubles what is possible.
fn play(run: &mut Run, allowed: Option<Kind>) -> Result<(), String> {
    let mut refused = 0;
    for step in scenario() {
        let Step::Act(op) = step else {
            run.close(0);
            continue;
        };
        let mut settled = false;
        for _ in 0..3 {
            match run.act(0, op)? {
                Outcome::Done | Outcome::Idle => {
                    settled = true;
                    break;
                }
                Outcome::Failed(kind) if Some(kind) == allowed || kind == Kind::Conflict => {}
                Outcome::Failed(kind) => return Err(format!("{op:?} failed with {}", kind.code())),
                Outcome::Stopped => {
                    run.crash();
                    return Ok(());
                }
            }
        }
        refused += u32::from(!settled);
        if refused == 2 {
            return Ok(());
        }
    }
    Ok(())
}

/// What is left is whole: as the medium has it, and as the log has it.
fn check_what_is_left(run: &mut Run) -> Result<(), String> {
    let covered = run.is_covered();
    run.crash();
    run.browser.script.heal();
    for wiped in [false, true] {
        if wiped {
            run.browser.wipe();
        }
        if run.open(0) != Outcome::Done {
            return Err(format!("wiped {wiped}: it does not open"));
        }
        run.close(0);
        let seen = run
            .browser
            .look()
            .map_err(|wrong| format!("wiped {wiped}: {wrong}"))?;
        if wiped && !covered {
            run.oracle.see_older(seen)?;
        } else {
            run.oracle
                .see(&seen)
                .map_err(|wrong| format!("wiped {wiped}: {wrong}"))?;
        }
    }
    Ok(())
}

/// Fails every call of those that `calls` names, one in each run.
fn lie_at_every(
    first: usize,
    calls: impl Fn(Call) -> bool,
    lasting: bool,
    lie: impl Fn(usize) -> Lie,
) {
    let mut healthy = Run::new(Disk::default(), 1);
    play(&mut healthy, None).expect("the scenario works");
    let trace = healthy.browser.script.calls();
    check_what_is_left(&mut healthy).expect("the scenario leaves a sound keep");
    assert!(trace.len() > 150, "only {} calls", trace.len());
    let mut broken = Vec::new();
    let chosen = trace.iter().enumerate().filter(|(_, call)| calls(**call));
    let mut runs = 0;
    for (n, _) in chosen.filter(|(n, _)| is_chosen(*n, first)) {
        runs += 1;
        let lie = lie(n);
        let mut run = Run::new(Disk::default(), 1);
        run.browser.script.plan(n, lie, lasting);
        let allowed = match lie {
            Lie::Before(kind) | Lie::After(kind) => Some(kind),
            Lie::Stop | Lie::StopAfter => None,
        };
        let played = play(&mut run, allowed);
        assert!(run.browser.script.told() > 0, "nobody was lied to at {n}");
        if let Err(wrong) = played.and_then(|()| check_what_is_left(&mut run)) {
            broken.push(format!("call {n}, {:?}, {lie:?}: {wrong}", trace[n]));
        }
    }
    assert!(
        broken.is_empty(),
        "{} of {runs} broken:\n\n{}",
        broken.len(),
        broken.join("\n\n")
    );
}

/// The kinds that media give, in turn.
fn kind(n: usize) -> Kind {
    const KINDS: [Kind; 5] = [
        Kind::Aborted,
        Kind::Timeout,
        Kind::Closed,
        Kind::Quota,
        Kind::Medium,
    ];
    KINDS[n % KINDS.len()]
}

#[test]
fn a_call_that_fails_costs_nothing_that_was_acknowledged() {
    lie_at_every(0, |_| true, false, |n| Lie::Before(kind(n)));
}

#[test]
fn a_call_that_fails_although_it_was_done_costs_nothing_either() {
    let writes = |call| matches!(call, Call::Write | Call::LogWrite);
    lie_at_every(2, writes, false, |n| Lie::After(kind(n)));
}

#[test]
fn storage_that_fails_from_some_call_on_leaves_everything_acknowledged() {
    lie_at_every(4, |_| true, true, |n| Lie::Before(kind(n)));
}

#[test]
fn a_full_disk_from_some_call_on_leaves_everything_acknowledged() {
    let writes = |call| matches!(call, Call::Write | Call::LogWrite);
    lie_at_every(6, writes, true, |_| Lie::Before(Kind::Quota));
}

#[test]
fn a_page_that_ends_at_some_call_leaves_everything_acknowledged() {
    lie_at_every(8, |_| true, false, |_| Lie::Stop);
}

#[test]
fn a_page_that_ends_behind_some_call_leaves_everything_acknowledged() {
    let writes = |call| matches!(call, Call::Write | Call::LogWrite);
    lie_at_every(10, writes, false, |_| Lie::StopAfter);
}

/// Puts an old keep into a browser.
fn old_keep() -> Disk {
    let browser = Disk::default();
    for put in frozen::values(frozen::SCHEMA_1) {
        browser.medium.plant(put.table, put.key, put.value);
    }
    browser
}

/// What an old keep shows.
fn shown(browser: &Disk) -> Vec<String> {
    let tab = settled(browser.open())
        .expect("an answer")
        .expect("it opens");
    let mut shown = Vec::new();
    for domain in DOMAINS {
        for trashed in [false, true] {
            let list = settled(tab.keep.list(domain, trashed)).unwrap().unwrap();
            assert_eq!(list["unreadable"], serde_json::json!([]));
            for entry in list["items"].as_array().unwrap() {
                shown.push(entry.to_string());
                if !trashed {
                    let file = settled(tab.keep.export(domain, entry["id"].as_str().unwrap()));
                    shown.push(cardkeep::codec::hash(&file.unwrap().unwrap().bytes));
                }
            }
        }
    }
    shown.push(
        settled(tab.keep.settings().get())
            .unwrap()
            .unwrap()
            .to_string(),
    );
    tab.keep.close();
    shown
}

#[test]
fn a_migration_that_is_lied_to_at_any_call_ends_in_the_same_keep() {
    let healthy = old_keep();
    let want = shown(&healthy);
    for lie in [
        Lie::Before(Kind::Aborted),
        Lie::After(Kind::Timeout),
        Lie::Stop,
        Lie::StopAfter,
    ] {
        for n in (0..).filter(|n| is_chosen(*n, 0)) {
            let browser = old_keep();
            browser.script.plan(n, lie, false);
            if let Some(Err(error)) = settled(browser.open()) {
                let kind = error.kind();
                assert!([Kind::Aborted, Kind::Timeout].contains(&kind), "{error}");
            }
            if browser.script.told() == 0 {
                assert!(n > 10, "a migration makes several calls");
                break;
            }
            browser.script.heal();
            assert_eq!(shown(&browser), want, "call {n}, {lie:?}");
            assert_eq!(shown(&browser), want, "call {n}, {lie:?}, opened again");
        }
    }
}
