//! Macros in texts, and how many tokens a text may have.

use crate::json::Random;
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

/// With variables, a moment (2026-04-09 17:05:07.250 UTC) and an hour east of Greenwich.
fn full() -> Options {
    let named = |all: &[(&str, &str)]| {
        let all = all.iter();
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    Options {
        variables: Some(named(&[
            ("n", "3"),
            ("on", "1"),
            ("mood", "calm"),
            ("list", r#"["a","b"]"#),
            ("raw", "{{char}}"),
        ])),
        globals: Some(named(&[("toggle_dark", "1"), ("toggle_tone", "2")])),
        now_ms: Some(1_775_754_307_250),
        offset_minutes: 60,
        ..options()
    }
}

fn filled_with(text: &str) -> Filled {
    macros::fill(text, &full()).unwrap()
}

#[test]
fn functions_of_risuai_give_what_they_give_there() {
    for (written, want) in [
        (
            "{{equal::a::a}}{{equal::a::A}}{{not_equal::a::b}}{{NotEqual::a::a}}",
            "1010",
        ),
        (
            "{{greater::10::9}}{{less::10::9}}{{greater_equal::2::2}}{{lessequal::x::2}}",
            "1010",
        ),
        (
            "{{and::1::1}}{{and::1::true}}{{or::0::1}}{{not::1}}{{not::x}}",
            "10101",
        ),
        (
            "{{all::1::1}}{{all::[\"1\",\"0\"]}}{{any::0::1}}{{any::[1]}}",
            "1010",
        ),
        (
            "{{startswith::abc::ab}}{{endswith::abc::bc}}{{contains::abc::x}}",
            "110",
        ),
        ("{{replace::Hello World::o::0}}", "Hell0 W0rld"),
        (
            "{{split::a,b::,}}{{join::[\"a\",\"b\"]::-}}{{spread::[\"a\",\"b\"]}}",
            "[\"a\",\"b\"]a-ba::b",
        ),
        ("{{join::a§b::+}}", "a+b"),
        ("[{{trim::  a b }}]{{length::Zo\u{eb}\u{1f988}}}", "[a b]5"),
        (
            "{{lower::ZO\u{cb}}}{{upper::zo\u{eb} \u{df}\u{44f}\u{3c9}\u{17e}}}{{capitalize::\u{e9}t\u{e9}}}",
            "zo\u{eb}ZO\u{cb} SS\u{42f}\u{3a9}\u{17d}\u{c9}t\u{e9}",
        ),
        (
            "{{round::2.5}} {{round::-2.5}} {{floor::-1.1}} {{ceil::1.1}} {{abs::-5}}",
            "3 -2 -2 2 5",
        ),
        (
            "{{remaind::10::3}} {{remaind::-10::3}} {{pow::2::0.5}} {{pow::10::21}}",
            "1 -1 1.4142135623730951 1e+21",
        ),
        (
            "{{min::5::x::8}} {{max::[5,2,8]}} {{sum::1::2.5}} {{average::2::4::6}}",
            "0 8 3.5 4",
        ),
        (
            "{{fixnum::3.14159::2}} {{fixnumber::2::1}} {{fixnum::-2.5::0}} {{fixnum::1.005::2}} {{tonumber::a1b2.5c}}",
            "3.14 2.0 -3 1.00 12.5",
        ),
        (
            "{{fromhex::FF}} {{tohex::255}}{{tohex::0x1f}} {{fromhex::x}} {{u::41}}{{unicode_decode::66}} {{unicodeencode::AB::1}}",
            "255 ff1f NaN AB 66",
        ),
        (
            "{{makearray::a::b}}{{a::x}}{{arraylength::[1,2,3]}}{{arrayelement::[\"a\",\"b\"]::-1}}{{arrayelement::[1]::5}}",
            "[\"a\",\"b\"][\"x\"]3bnull",
        ),
        (
            "{{arrayshift::[1,\"b\"]}}{{arraypop::[1,2]}}{{arraypush::[1]::x}}{{arraysplice::[\"a\",\"b\",\"c\"]::1::1::x}}",
            "[\"b\"][1][1,\"x\"][\"a\",\"x\",\"c\"]",
        ),
        (
            "{{arrayassert::[\"a\"]::2::b}}{{arrayassert::[1]::0::b}}",
            "[\"a\",null,\"b\"][1]",
        ),
        (
            "{{filter::[\"a\",\"\",\"a\",\"\"]::all}}{{filter::[\"a\",\"\"]::nonempty}}{{filter::[\"\",\"\"]::unique}}",
            "[\"a\"][\"a\"][\"\"]",
        ),
        (
            "{{range::[3]}}{{range::[2,8,2]}}{{range::[0]}}",
            "[\"0\",\"1\",\"2\"][\"2\",\"4\",\"6\"][]",
        ),
        (
            "{{dict::a=1::b=x=y::c}}{{dictelement::{\"n\":\"J\"}::n}}{{object_element::{}::n}}",
            "{\"a\":\"1\",\"b\":\"x=y\"}Jnull",
        ),
        (
            "{{objectassert::{\"a\":1}::b::2}}{{dictassert::{\"a\":1}::a::2}}",
            "{\"a\":1,\"b\":\"2\"}{\"a\":1}",
        ),
        (
            "{{element::{\"u\":{\"n\":\"J\"} }::u::n}}{{ele::[1]::x}}",
            "Jnull",
        ),
        (
            "{{bo}}char{{bc}}{{br}}{{none}}{{decbo}}{{:}}",
            "{{char}}\n{{{:}}",
        ),
        ("{{iserror::Error: x}}{{iserror::fine}}", "10"),
    ] {
        assert_eq!(filled_with(written).text, want, "{written}");
    }
}

#[test]
fn what_is_no_place_in_a_list_is_its_beginning() {
    for (written, want) in [
        ("{{arraysplice::[2,8]::x::y::z}}", r#"["z",2,8]"#),
        ("{{arraysplice::[2,8]::1::NaN::z}}", r#"[2,"z",8]"#),
        ("{{arraysplice::[2,8]::-9::1e99::z}}", r#"["z"]"#),
        ("{{arraysplice::[2,8]::0.9::1.9::z}}", r#"["z",8]"#),
        (
            "{{arrayelement::[2,8]::x}}{{arrayelement::[2,8]::-9}}",
            "2null",
        ),
        (
            "{{unicodeencode::AB::x}} {{fixnum::2.5::x}} {{fixnum::x::1}} {{tohex::x}}",
            "65 3 NaN NaN",
        ),
    ] {
        assert_eq!(fill(written).text, want, "{written}");
    }
}

#[test]
fn sums_are_worked_out() {
    for (sum, want) in [
        ("2+2*3", "8"),
        ("(2+2)*3", "12"),
        ("2^3", "8"),
        ("-2 + 5", "3"),
        ("5 - -2", "7"),
        ("7%4", "3"),
        ("1/3", "0.3333333333333333"),
        ("1/0", "Infinity"),
        ("0.1+0.2", "0.30000000000000004"),
        ("3>2", "1"),
        ("3<=2", "0"),
        ("1==1&&2!=2", "0"),
        ("0||4", "4"),
        ("!0", "1"),
        ("$n*2", "6"),
        ("$mood+1", "1"),
        ("", "0"),
        ("((((1", "1"),
        ("1e-3", "0.001"),
    ] {
        assert_eq!(
            filled_with(&format!("{{{{calc::{sum}}}}}")).text,
            want,
            "{sum}"
        );
        assert_eq!(filled_with(&format!("{{{{? {sum}}}}}")).text, want, "{sum}");
    }
    let deep = format!("{{{{calc::{}1}}}}", "(".repeat(100_000));
    assert_eq!(filled_with(&deep).text, deep);
}

#[test]
fn variables_are_read_and_set_where_there_are_any() {
    let filled = filled_with(
        "{{getvar::n}} {{getvar::gone}} {{addvar::n::2}}{{getvar::n}} {{setvar::x::y z}}{{getvar::x}} {{setdefaultvar::x::no}}{{setdefaultvar::k::v}}{{getvar::x}}{{getvar::k}} {{getglobalvar::toggle_tone}}{{settempvar::t::q}}{{tempvar::t}}{{gettempvar::u}}",
    );
    assert_eq!(filled.text, "3 null 5 y z y zv 2q");
    let variables = filled.variables.unwrap();
    let said: Vec<_> = ["n", "x", "k", "mood"]
        .iter()
        .map(|name| variables[*name].as_str())
        .collect();
    assert_eq!(said, ["5", "y z", "v", "calm"]);
    assert!(!variables.contains_key("t"));
    // Without any they stay, and what hangs on them too.
    let text = "{{getvar::n}}{{setvar::n::1}}{{calc::$n+1}}{{#when::var::on}}x{{/when}}{{getglobalvar::g}}";
    let filled = fill(text);
    assert_eq!((filled.text.as_str(), filled.variables), (text, None));
    assert_eq!(filled.unknown.len(), 6);
}

#[test]
fn a_moment_is_told_as_it_is_asked_for() {
    for (written, want) in [
        ("{{unixtime}}", "1775754307"),
        ("{{date}} {{time}}", "2026-4-9 18:5:7"),
        ("{{isodate}} {{isotime}}", "2026-4-9 17:5:7"),
        (
            "{{date::YYYY-MM-DD}} {{time::HH:mm:ss}}",
            "2026-04-09 18:05:07",
        ),
        (
            "{{datetimeformat::dddd, DD MMMM YY, hh:mm A}}",
            "Thursday, 09 April 26, 06:05 PM",
        ),
        ("{{date::ddd MMM DDDD}}", "Thu Apr 99"),
        ("{{date::YYYY-MM-DD HH::-86400000}}", "1969-12-31 01"),
        ("{{date::DDDD::1709164800000}}", "60"),
    ] {
        assert_eq!(filled_with(written).text, want, "{written}");
    }
    assert_eq!(fill("{{time}}{{isodate}}").text, "{{time}}{{isodate}}");
}

#[test]
fn of_a_block_the_side_that_counts_is_there() {
    for (written, want) in [
        ("a{{#when::1}} b {{/when}}c", "a b c"),
        ("a{{#when 0}} b {{/when}}c", "ac"),
        (
            "{{#when true}}x{{:else}}y{{/when}}{{#when no}}x{{:else}}y{{/when}}",
            "xy",
        ),
        (
            "{{#when::{{getvar::mood}}::is::calm}}yes{{:else}}no{{/when}}",
            "yes",
        ),
        ("{{#when::not::1}}x{{:else}}y{{/}}", "y"),
        (
            "{{#when::3::>::2::and::1}}x{{/when}}{{#when::3::<=::2}}x{{:else}}y{{/when}}",
            "xy",
        ),
        (
            "{{#when::1::or::0}}x{{/when}}{{#when::a::isnot::b}}y{{/when}}",
            "xy",
        ),
        (
            "{{#when::var::on}}v{{/when}}{{#when::n::vis::3}}w{{/when}}{{#when::n::vnotis::3}}x{{/when}}",
            "vw",
        ),
        (
            "{{#when::toggle::dark}}d{{/when}}{{#when::tone::tis::2}}t{{/when}}",
            "dt",
        ),
        ("{{#when::1}}\n\n  a\n b\n\n{{/when}}", "  a\n b"),
        ("{{#when::keep::1}}\n a\n{{/when}}", "\n a\n"),
        ("{{#when::1}}\na\n{{:else}}\nb\n{{/when}}", "a"),
        ("{{#when::0}}\na\n{{:else}}\nb\n{{/when}}", "b"),
        ("{{#when::legacy::1}}\n  a\n   b\n{{/when}}", "a\nb"),
        ("{{#if {{equal::1::1}}}}\n  a\n   b\n{{/if}}", "a\nb"),
        ("{{#if 0}}a{{/if}}{{#if_pure 1}} a {{/if_pure}}", " a "),
        (
            "{{#when::1}}{{#when::0}}x{{:else}}y{{/when}}{{:else}}z{{/when}}",
            "y",
        ),
        ("{{#each [\"a\",\"b\"] as x}}{{slot::x}}-{{/each}}", "a-b-"),
        (
            "{{#each {{getvar::list}} x}}{{#when::{{slot::x}}::is::b}}!{{slot::x}}{{/when}}{{/each}}",
            "!b",
        ),
        (
            "{{#each [1,2] as x}}{{#each [3,4] as y}}{{calc::{{slot::x}}*{{slot::y}}}} {{/each}}{{/each}}",
            "3468",
        ),
        (
            "{{#pure}} {{char}} {{/pure}}{{#puredisplay}}{{user}}{{/puredisplay}}",
            "{{char}}{{user}}",
        ),
        // One within a head is none of the block's.
        ("{{#when::1::is::{{:else}}}}a{{:else}}b{{/when}}", "b"),
        // Of what does not count nothing is done.
        (
            "{{#when::0}}{{setvar::n::9}}{{comment::c}}{{/when}}{{getvar::n}}",
            "3",
        ),
    ] {
        assert_eq!(filled_with(written).text, want, "{written}");
    }
    assert!(
        filled_with("{{#when::0}}{{comment::c}}{{/when}}")
            .comments
            .is_empty()
    );
}

#[test]
fn a_block_that_nobody_knows_or_that_has_no_end_stays() {
    for text in [
        "{{#when::1}} a",
        "{{#foo 1}}a{{/foo}}",
        "a{{/when}}",
        "{{:else}}",
        "{{#func}}a{{/func}}",
        "{{call::nobody}}",
        "{{arg::1}}",
        "{{#each}}a{{/each}}",
        "{{slot::x}}",
        "{{screenwidth}}",
        "{{replace::a}}",
    ] {
        let filled = filled_with(text);
        assert_eq!(filled.text, text);
        assert!(!filled.unknown.is_empty(), "{text}");
    }
    // What a value says is not looked at.
    let filled = filled_with(
        "{{#each {{getvar::raw}} as x}}{{slot::x}}{{/each}}{{replace::a::a::{{bo}}user{{bc}}}}",
    );
    assert_eq!(filled.text, "{{char}}{{user}}");
}

#[test]
fn no_function_and_no_block_runs_away() {
    let small = Options {
        most: 10_000,
        ..full()
    };
    let row = "a".repeat(2000);
    for text in [
        format!("{{{{replace::{row}::a::{row}}}}}"),
        "{{range::[1e9]}}".to_owned(),
        "{{range::[0,1,0]}}".to_owned(),
        "{{arrayassert::[]::1e9::x}}".to_owned(),
        format!("{{{{join::{}::{}}}}}", "§".repeat(200), "x".repeat(200)),
        "{{#each {{range::[100]}} as a}}{{#each {{range::[100]}} as b}}{{#each {{range::[100]}} as c}}{{/each}}{{/each}}{{/each}}".to_owned(),
    ] {
        let refused = macros::fill(&text, &small).map(|filled| filled.text.len());
        assert_eq!(refused.unwrap_err().kind(), Kind::TooLarge, "{}", &text[..20]);
    }
    let open = "{{#when::1}}".repeat(50_000);
    assert_eq!(fill(&open).text, open);
    let deep = "{{#when::1}}".repeat(1000) + "x" + &"{{/when}}".repeat(1000);
    assert!(fill(&deep).text.contains('x'));
}

/// A text of macros in macros, whole and broken.
fn any_text(random: &mut Random, depth: usize) -> String {
    const NAMES: &str = "equal not all replace split join spread trim length lower upper capitalize round remaind \
        tonumber pow arrayelement dictelement objectassert element arrayshift arraypop arraypush arraysplice arrayassert \
        makearray a makedict range filter min sum average fixnum unicodeencode unicodedecode u fromhex tohex calc getvar \
        setvar addvar tempvar settempvar date time randint dice rollp random pick roll reverse slot ? comment char trim \
        noop bo #when #when #if #if_pure #each #pure #escape #foo";
    const ATOMS: [&str; 36] = [
        "",
        "1",
        "0",
        "-1",
        "a",
        "é東🦈",
        "NaN",
        "1e308",
        "1e-320",
        "Infinity",
        "0xfffffffffffffffff",
        "[1,2]",
        "[\"a\",\"b\"]",
        "{\"a\":1} ",
        "§",
        "::",
        ":",
        "\n",
        " ",
        "YYYY dddd",
        "$v*2",
        "((",
        "-!!-1",
        "{{",
        "}}",
        "{",
        "}",
        "#",
        "/",
        "<user>",
        "{{:else}}",
        "as x",
        "is",
        "[1,2] as x",
        "{{/}}",
        "\u{fdd0}",
    ];
    let atom = |random: &mut Random| ATOMS[random.below(ATOMS.len())].to_owned();
    if depth == 0 || random.below(4) == 0 {
        return atom(random);
    }
    let names: Vec<&str> = NAMES.split_whitespace().collect();
    let name = names[random.below(names.len())];
    let mut out = format!("{{{{{name}");
    for _ in 0..random.below(4) {
        out.push_str(["::", ":", " ", "::"][random.below(4)]);
        out.push_str(&any_text(random, depth - 1));
    }
    out.push_str("}}");
    if name.starts_with('#') {
        out.push_str(&any_text(random, depth - 1));
        out.push_str(["", "\n", "{{:else}}", "\n{{:else}}\n"][random.below(4)]);
        out.push_str(&any_text(random, depth - 1));
        out.push_str(["", "{{/when}}", "{{/}}", "\n{{/}}"][random.below(4)]);
    }
    out + &any_text(random, depth - 1)
}

#[test]
fn whatever_stands_in_a_text_it_is_filled_or_refused() {
    let mut random = Random(20_260_411);
    for n in 0..4_000 {
        let text = any_text(&mut random, 5);
        let options = if n % 2 == 0 { full() } else { options() };
        match macros::fill(
            &text,
            &Options {
                most: 100_000,
                ..options
            },
        ) {
            Ok(filled) => assert!(filled.text.len() <= 100_000),
            Err(error) => assert_eq!(error.kind(), Kind::TooLarge, "{text}"),
        }
    }
}

#[test]
fn a_function_is_filled_where_it_is_called() {
    for (written, want) in [
        (
            "{{#func greet who}} {{arg::1}}, {{upper::{{arg::2}}}} of {{arg::0}} {{/func}}[{{call::greet::{{user}}::x}}|{{call::greet::y}}]",
            "[Bea, X of greet|y, {{ARG of greet]",
        ),
        // The last of a name counts, and one may call another.
        (
            "{{#func a}}1{{/func}}{{#func a}}2{{/func}}{{#func b}}{{call::a}}{{call::a}}{{/func}}{{call::b}}",
            "22",
        ),
        // What is returned is all there is of it.
        (
            "{{#func f}}no {{#when::{{arg::1}}::is::1}}{{return::one}}{{/when}} other{{/func}}<{{call::f::1}}|{{call::f::2}}>",
            "<one|no  other>",
        ),
        ("before {{return::only this}} behind", "only this"),
        // Its variables are its own.
        (
            "{{settempvar::t::1}}{{#func f}}{{settempvar::t::2}}{{gettempvar::t}}{{/func}}{{call::f}}{{gettempvar::t}}",
            "21",
        ),
        // An argument is not looked at again.
        (
            "{{#func f}}{{arg::1}}{{/func}}{{call::f::{{bo}}user{{bc}}}}",
            "{{user}}",
        ),
        ("{{call::late}}{{#func late}}x{{/func}}", "{{call::late}}"),
    ] {
        assert_eq!(fill(written).text, want, "{written}");
    }
    let endless = fill("{{#func f}}a{{call::f}}{{/func}}{{call::f}}").text;
    assert_eq!(endless, "a".repeat(20) + "ERROR: Call stack limit reached");
    let bomb = "{{#func f}}{{call::f}}{{call::f}}{{/func}}{{call::f}}";
    let refused = macros::fill(bomb, &options()).unwrap_err();
    assert_eq!(refused.kind(), Kind::TooLarge);
}

#[test]
fn a_text_is_escaped_or_spelled_out_in_its_block() {
    for (written, want) in [
        (
            "a{{#escape}} {{char}} ({x}) {{/escape}}b",
            "a{{char}} ({x})b",
        ),
        ("a{{#escape::keep}} {{char}} {{/escape}}b", "a {{char}} b"),
        (
            "{{#code}}\n\ta \\n{{char}}\\u0041\\ud83e\\udd88\\t\\q\n{{/code}}",
            "a \nAnnA\u{1f988}\tq",
        ),
        ("{{#code}}\\u00zz \\u{{/code}}", "u00zz u"),
    ] {
        assert_eq!(fill(written).text, want, "{written}");
    }
}

#[test]
fn texts_are_hashed_turned_and_set_as_risuai_does() {
    for (written, want) in [
        ("{{hash::}}", "0000040"),
        ("{{hash::hello}}", "0121468"),
        ("{{hash::Zoë 東京 🦈}}", "0466819"),
        ("{{xor::hé}}", "lzxW"),
        ("{{xordecrypt::lzxW}}", "hé"),
        ("{{xord::{{xore::{{user}} 🦈}}}}", "Bea 🦈"),
        ("{{xordecrypt::#}}", "{{xordecrypt::#}}"),
        ("{{crypt::abc::1}}{{crypt::bcd::-1}}", "bcdabc"),
        ("{{crypt::{{crypt::hello}}}}", "hello"),
        ("{{tex::x^2}}", "$$x^2$$"),
        (
            "{{ruby::漢::かん}}",
            "<ruby>漢<rp> (</rp><rt>かん</rt><rp>) </rp></ruby>",
        ),
        (
            "{{makedict::b=1::10=2::2=3::a=4::01=5}}",
            r#"{"2":"3","10":"2","b":"1","a":"4","01":"5"}"#,
        ),
        (
            r#"{{dictassert::{"b":1,"7":2}::3::x}}"#,
            r#"{"3":"x","7":2,"b":1}"#,
        ),
    ] {
        assert_eq!(fill(written).text, want, "{written}");
    }
    let long = "x".repeat(500);
    assert_eq!(fill(&format!("{{{{hash::{long}}}}}")).text, "3283595");
}
