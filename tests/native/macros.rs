//! Macros in texts, and how many tokens a text may have.

use cardkeep::error::Kind;
use cardkeep::prompt::macros::{self, Filled, Options};
use cardkeep::prompt::tokens::estimate;

fn options() -> Options {
    Options {
        character: "Ann".to_owned(),
        user: "Bea".to_owned(),
        values: [("Persona".to_owned(), "a pilot {{char}}".to_owned())].into(),
        ..Options::default()
    }
}

fn fill(text: &str) -> Filled {
    macros::fill(text, &options()).unwrap()
}

#[test]
fn every_macro_is_filled_in_any_spelling() {
    for (written, filled) in [
        ("", ""),
        (
            "{{char}}{{CHAR}}{{ Char }}<BOT><bot><CHAR>",
            "AnnAnnAnnAnnAnnAnn",
        ),
        ("{{user}} <USER> <user>", "Bea Bea Bea"),
        ("a{{// any {thing}: here }}b", "ab"),
        ("{{reverse:Zoë}}{{reverse::ab}}", "ëoZba"),
        ("{{reverse:{{char}}}}", "nnA"),
        ("x{{newline}}y{{space}}z{{noop}}", "x\ny z"),
        ("a\n\n{{trim}}\n\nb", "ab"),
        ("{{persona}}", "a pilot {{char}}"),
        ("{{pick:only}}{{random: only }}", "onlyonly"),
        (r"{{random:a\,b}}", "a,b"),
        ("{{roll:1}}{{roll:d1}}{{roll:3d1+2}}{{roll 2d1}}", "1152"),
        ("{{", "{{"),
        ("}} {{char", "}} {{char"),
        ("{{a {{char}}", "{{a Ann"),
        ("é{é}é<é>é", "é{é}é<é>é"),
        ("{{{char}}}", "{Ann}"),
    ] {
        assert_eq!(fill(written).text, filled, "{written}");
    }
}

#[test]
fn what_is_not_known_stays_and_is_told_once() {
    let filled = fill("{{getvar::x}} {{getvar::x}} {{roll:d0}} {{Char}}");
    assert_eq!(filled.text, "{{getvar::x}} {{getvar::x}} {{roll:d0}} Ann");
    assert_eq!(filled.unknown, ["getvar::x", "roll:d0"]);
}

#[test]
fn a_name_that_is_not_given_leaves_its_macro_as_it_is() {
    let filled = macros::fill(
        "{{char}} & <BOT> & {{user}}",
        &Options {
            user: "Bea".to_owned(),
            ..Options::default()
        },
    );
    let filled = filled.unwrap();
    assert_eq!(filled.text, "{{char}} & <BOT> & Bea");
    assert_eq!(filled.unknown, ["char"]);
}

#[test]
fn hidden_keys_and_comments_are_told_and_not_shown() {
    let filled = fill("a{{hidden_key:{{user}}}}b{{comment: for you }}c{{HiddenKey::k}}");
    assert_eq!(filled.text, "abc");
    assert_eq!(filled.hidden_keys, ["Bea", "k"]);
    assert_eq!(filled.comments, ["for you"]);
}

#[test]
fn chance_is_the_same_for_the_same_seed_and_reaches_every_item() {
    let text = "{{random:a,b,c}}{{random:a,b,c}}{{roll:d6}}|{{pick:a,b,c}}";
    assert_eq!(fill(text), fill(text));
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let options = Options { seed, ..options() };
        let filled = macros::fill(text, &options).unwrap().text;
        let one = |at: usize| filled.as_bytes()[at];
        assert!((b'1'..=b'6').contains(&one(2)), "{filled}");
        seen.insert((0, one(0)));
        seen.insert((1, one(1)));
        seen.insert((2, one(2)));
        seen.insert((4, one(4)));
    }
    assert_eq!(seen.len(), 3 + 3 + 6 + 3);
    // What is picked does not hang on what is drawn before it.
    let picked = |text: &str| fill(text).text.pop();
    assert_eq!(
        picked("{{random:a,b}}{{pick:a,b,c}}"),
        picked("{{random:x,y}}{{pick:a,b,c}}")
    );
}

#[test]
fn no_text_runs_away() {
    let long = Options {
        values: [("x".to_owned(), "y".repeat(1000))].into(),
        most: 10_000,
        ..Options::default()
    };
    let error = macros::fill(&"{{x}}".repeat(20), &long).unwrap_err();
    assert_eq!(error.kind(), Kind::TooLarge);
    let deep = "{{reverse:".repeat(5000) + &"}}".repeat(5000);
    assert!(fill(&deep).text.len() <= deep.len());
    let open = "{{".repeat(100_000);
    assert_eq!(fill(&open).text, open);
}

#[test]
fn an_estimate_is_near_what_common_vocabularies_count() {
    // As the vocabulary o200k counts.
    for (text, counted) in [
        ("The quick brown fox jumps over the lazy dog.", 10),
        (
            "She smiled, tilting her head. \"You're late again, aren't you?\"",
            18,
        ),
        ("{{char}} is a 27-year-old engineer from Reykjavík.", 13),
        (
            "那天晚上，她站在窗前，看着外面的雨。没有人知道她在想什么。",
            22,
        ),
    ] {
        let estimated = estimate(text);
        let off = estimated.abs_diff(counted) * 100 / counted;
        assert!(off <= 35, "{text}: {estimated} for {counted}");
    }
}

#[test]
fn what_is_trimmed_stops_at_a_noop() {
    for (text, want) in [
        ("a\n\n{{trim}}\nb", "ab"),
        ("a{{trim}}{{noop}}\nb", "a\nb"),
        ("a\n{{noop}}{{trim}}b", "a\nb"),
        ("{{reverse:a{{noop}}b}}", "ba"),
        ("{{x{{noop}}}}", "{{x}}"),
    ] {
        let filled = macros::fill(text, &Options::default()).unwrap();
        assert_eq!(filled.text, want, "{text}");
        assert!(filled.unknown.iter().all(|name| name == "x"));
    }
}

#[test]
fn a_value_may_have_any_name() {
    let names = ["first name", "getvar::mood", "Time: now"];
    let options = Options {
        values: names.map(|name| (name.to_owned(), "v".to_owned())).into(),
        ..Options::default()
    };
    let filled = macros::fill("{{First Name}} {{getvar::mood}} {{time: now}}", &options).unwrap();
    assert_eq!(filled.text, "v v v");
}
