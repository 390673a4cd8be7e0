//! Lorebooks and templates: changed where they stand, rendered, kept.

use crate::keep::open;
use crate::turn::now;
use cardkeep::error::{Kind, Limits};
use cardkeep::json::{Document, merge};
use cardkeep::keep::{Domain, Given, PatchDocument, PutDocument};
use cardkeep::lore::{self, Dialect};
use cardkeep::store::{Change, History, MemoryMedium, Record, Write};
use cardkeep::template::{self, Message, Options, Role};
use serde_json::{Value, json};

const TAVERN: &str = r#"{
  "entries": {
    "0": {"uid": 0, "key": ["shark"], "keysecondary": [], "comment": "a", "content": "Sharks sing.", "order": 100, "disable": false, "mine": {"x": 1.50}},
    "7": {"uid": 7, "key": ["ray"], "content": "Rays fly.", "order": 5}
  },
  "own": 1e3
}"#;

fn document(value: &str) -> Document {
    Document::parse(value).unwrap_or_else(|error| panic!("{error} in {value}"))
}

fn patch(value: Value) -> Document {
    document(&value.to_string())
}

fn view(document: &Document) -> Value {
    serde_json::from_str(&lore::view(document)).expect("a view is JSON")
}

fn edit(text: &str, change: Value) -> Document {
    lore::edit(&document(text), &patch(change)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn an_edit_of_an_entry_leaves_every_other_byte() {
    let change = json!({"entries": {"0": {"content": "Sharks dance.", "enabled": false}}});
    let made = edit(TAVERN, change);
    let want = TAVERN
        .replace("Sharks sing.", "Sharks dance.")
        .replace("\"disable\": false", "\"disable\": true");
    assert_eq!(String::from_utf8_lossy(made.bytes()), want);

    let made = edit(
        TAVERN,
        json!({"entries": {"7": {"probability": 30, "sticky": 0}}}),
    );
    assert_eq!(view(&made)["entries"][1]["probability"], 30.0);
    let same = edit(
        TAVERN,
        json!({"entries": {"7": {"content": "Rays fly."}}, "name": null}),
    );
    assert_eq!(same.bytes(), TAVERN.as_bytes());
}

#[test]
fn entries_come_and_go_under_their_ids() {
    let made = edit(
        TAVERN,
        json!({"add": [{"keys": ["eel"], "content": "Eels."}]}),
    );
    assert_eq!(view(&made)["entries"][2]["id"], 8);
    assert_eq!(lore::last_entry(&made).as_deref(), Some("8"));
    let text = String::from_utf8_lossy(made.bytes()).into_owned();
    let back = edit(&text, json!({"entries": {"8": null, "99": null}}));
    assert_eq!(view(&back), view(&document(TAVERN)));
    let gone = edit(TAVERN, json!({"entries": {"0": null}}));
    assert_eq!(view(&gone)["entries"].as_array().map(Vec::len), Some(1));
}

#[test]
fn each_dialect_is_changed_in_its_own_words() {
    let lists = [
        r#"{"name":"B","extensions":{},"entries":[{"id":3,"keys":["a"],"content":"A","enabled":true,"insertion_order":1,"extensions":{"own":1}}]}"#,
        r#"{"spec":"lorebook_v3","data":{"name":"B","extensions":{},"entries":[{"id":3,"keys":["a"],"content":"A","enabled":true,"insertion_order":1,"use_regex":false,"extensions":{"own":1}}]}}"#,
        r#"{"kind":"memory","name":"B","entries":[{"name":"n","entry":"A","keywords":["a"],"priority":0,"weight":1,"enabled":true,"own":1}]}"#,
        r#"{"lorebookVersion":5,"entries":[{"displayName":"n","text":"A","keys":["a"],"enabled":true,"own":1}]}"#,
        r#"{"type":"risu","ver":1,"data":[{"key":"a","secondkey":"","insertorder":1,"comment":"n","content":"A","mode":"normal","alwaysActive":false,"selective":false,"own":1}]}"#,
    ];
    for text in lists {
        let id = match view(&document(text))["entries"][0].get("id") {
            Some(id) => id.to_string(),
            None => "#0".to_owned(),
        };
        let change = json!({"entries": {id: {"content": "B", "keys": ["b", "c"]}}, "add": [{"content": "N", "keys": ["n"]}]});
        let made = edit(text, change);
        let told = view(&made);
        assert_eq!(told["entries"][0]["content"], "B", "{text}");
        assert_eq!(told["entries"][0]["keys"], json!(["b", "c"]), "{text}");
        assert_eq!(told["entries"][1]["content"], "N", "{text}");
        assert!(String::from_utf8_lossy(made.bytes()).contains("\"own\":1"));
        assert_eq!(Dialect::of(&made), Dialect::of(&document(text)));
    }
}

#[test]
fn what_a_dialect_cannot_hold_and_what_is_no_field_is_refused() {
    let agnai =
        r#"{"kind":"memory","name":"B","entries":[{"name":"n","entry":"A","keywords":["a"]}]}"#;
    let dungeon = r#"[{"keys":"a","entry":"A"}]"#;
    for (text, change, want) in [
        (
            agnai,
            json!({"entries": {"#0": {"probability": 3}}}),
            Kind::Unsupported,
        ),
        (
            dungeon,
            json!({"entries": {"#0": {"sticky": 3}}}),
            Kind::Unsupported,
        ),
        (dungeon, json!({"name": "x"}), Kind::Unsupported),
        (
            TAVERN,
            json!({"entries": {"5": {"content": "x"}}}),
            Kind::Invalid,
        ),
        (TAVERN, json!({"entries": {"0": {"id": 4}}}), Kind::Invalid),
        (TAVERN, json!({"add": [{"id": 7}]}), Kind::Invalid),
        (
            TAVERN,
            json!({"entries": {"0": {"content": 1}}}),
            Kind::Invalid,
        ),
        (
            TAVERN,
            json!({"entries": {"0": {"contents": "x"}}}),
            Kind::BadOption,
        ),
        (TAVERN, json!({"entries": []}), Kind::Invalid),
        (TAVERN, json!({"scanDepth": -1}), Kind::Invalid),
        (TAVERN, json!({"names": "x"}), Kind::BadOption),
        (TAVERN, json!([]), Kind::Invalid),
    ] {
        let refused = lore::edit(&document(text), &patch(change.clone()));
        assert_eq!(refused.expect_err("it is refused").kind(), want, "{change}");
    }
}

#[test]
fn a_lorebook_is_put_by_its_values_and_keeps_what_it_had_beside_them() {
    let mut wanted = view(&document(TAVERN));
    wanted["name"] = json!("Sea");
    wanted["entries"][0]["content"] = json!("Silence.");
    wanted["entries"].as_array_mut().unwrap().remove(1);
    wanted["entries"]
        .as_array_mut()
        .unwrap()
        .push(json!({"content": "New", "keys": ["n"]}));
    let made = lore::replace(Some(&document(TAVERN)), &patch(wanted)).expect("it is made");
    let text = String::from_utf8_lossy(made.bytes()).into_owned();
    assert!(
        text.contains("\"mine\": {\"x\": 1.50}") && text.contains("\"own\": 1e3"),
        "{text}"
    );
    let told = view(&made);
    assert_eq!(told["name"], "Sea");
    assert_eq!(told["entries"][0]["content"], "Silence.");
    assert_eq!(told["entries"][1]["content"], "New");
    let new = lore::replace(
        None,
        &patch(json!({"name": "N", "entries": [{"keys": ["k"]}]})),
    );
    assert_eq!(
        Dialect::of(&new.expect("it is made")),
        Some(Dialect::SillyTavern)
    );
}

#[test]
fn two_tabs_that_edit_an_entry_each_both_find_their_words() {
    let medium = MemoryMedium::new();
    let (one, two) = (open(&medium), open(&medium));
    let taken = now(one
        .lorebooks()
        .import(TAVERN.as_bytes(), "Sea.json", &Limits::default()));
    let taken = taken.expect("it is kept");
    let id = taken[0]["entry"]["id"]
        .as_str()
        .expect("it has one")
        .to_owned();
    assert_eq!(taken[0]["entry"]["name"], "Sea");
    let change = |keep: &cardkeep::keep::Keep, entry: &str, if_rev| {
        let patch = PatchDocument {
            id: id.clone(),
            patch: patch(json!({"entries": {entry: {"content": format!("of {entry}")}}})),
            if_rev,
        };
        now(keep.patch_many(Domain::Lorebooks, &[patch], Write::default()))
    };
    change(&one, "0", None).expect("it is changed");
    change(&two, "7", None).expect("it is changed");
    let (told, _) = now(one.lorebooks().read(&id))
        .unwrap()
        .expect("it is there");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["book"]["entries"][0]["content"], "of 0");
    assert_eq!(told["book"]["entries"][1]["content"], "of 7");

    // Whoever names the revision gets the three sides, and they can be brought together.
    let conflict = change(&two, "7", Some(1)).expect_err("it is stale");
    assert_eq!(conflict.kind(), Kind::Conflict);
    let sides = conflict.sides().expect("they are told");
    let side = |text: &Option<String>| document(text.as_deref().expect("it is kept"));
    let mut mine: Value = serde_json::from_str(sides.mine.as_deref().unwrap()).unwrap();
    mine["entries"][1]["content"] = json!("mine");
    let merged = merge(Some(&side(&sides.base)), &patch(mine), &side(&sides.theirs)).merged;
    let merged: Value = serde_json::from_str(&merged).unwrap();
    assert_eq!(merged["entries"][0]["content"], "of 0");
    assert_eq!(merged["entries"][1]["content"], "mine");
}

#[test]
fn a_file_that_is_no_json_comes_back_identical_until_it_is_changed() {
    let keep = open(&MemoryMedium::new());
    let table = b"shark, ray\tThey swim.\r\n";
    let import = || {
        let taken = now(keep
            .lorebooks()
            .import(table, "sea.tsv", &Limits::default()));
        taken.expect("it is kept")[0].clone()
    };
    let item = import();
    assert_eq!(import()["status"], "duplicate");
    let id = item["entry"]["id"].as_str().unwrap().to_owned();
    let file = now(keep.export(Domain::Lorebooks, &id)).unwrap();
    assert_eq!((&*file.filename, &*file.bytes), ("sea.tsv", &table[..]));
    let added =
        now(keep
            .lorebooks()
            .add_entry(&id, &patch(json!({"keys": ["eel"]})), Write::default()));
    assert_eq!(added.expect("it is added")["entry"]["entries"], 2);
    let file = now(keep.export(Domain::Lorebooks, &id)).unwrap();
    assert_eq!(file.filename, "sea.json");
    let odd = now(keep.validate(Domain::Lorebooks, &put(json!({"entries": 1}))));
    assert!(!odd.unwrap().ok);
    assert!(
        now(keep.validate(Domain::Lorebooks, &put(json!({"name": "x"}))))
            .unwrap()
            .ok
    );
}

fn put(values: Value) -> PutDocument {
    PutDocument {
        given: Given::Values(patch(values)),
        id: None,
        if_rev: None,
        image: None,
    }
}

#[test]
fn presets_are_told_apart_and_an_export_of_all_is_cut_into_them() {
    let kinds = |text: &str| -> Vec<&'static str> {
        let file = template::read(text.as_bytes(), &Limits::default());
        let file = file.unwrap_or_else(|error| panic!("{error} in {text}"));
        let kind = |document: &Document| template::summary(document).kind.as_str();
        file.templates.iter().map(kind).collect()
    };
    for (text, want) in [
        (
            r#"{"name":"a","input_sequence":"","output_sequence":"","system_sequence":""}"#,
            "instruct",
        ),
        (r#"{"name":"a","story_string":"{{system}}"}"#, "context"),
        (
            r#"{"name":"a","content":"Hi","post_history":""}"#,
            "system-prompt",
        ),
        (
            r#"{"name":"a","prefix":"<","suffix":">","separator":""}"#,
            "reasoning",
        ),
        (r#"{"prompts":[],"prompt_order":[]}"#, "chat-completion"),
        (
            r#"{"temp":0.7,"top_k":0,"top_p":1,"rep_pen":1.1}"#,
            "sampler",
        ),
        (
            r#"{"id":"x","name":"a","userFormat":"","assistantFormat":""}"#,
            "cardshark",
        ),
    ] {
        assert_eq!(kinds(text), [want]);
    }
    let all = r#"{"instruct":{"name":"i","input_sequence":"","output_sequence":"" },"sysprompt":{"name":"s","content":"x"},"preset":5,"other":{}}"#;
    let file = template::read(all.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(kinds(all), ["instruct", "system-prompt"]);
    assert_eq!(
        file.templates[0].bytes(),
        br#"{"name":"i","input_sequence":"","output_sequence":"" }"#
    );
    let left = file.warnings.iter();
    let left: Vec<_> = left.map(|one| (one.code, &*one.path)).collect();
    assert_eq!(left, [("no-template", "preset"), ("no-template", "other")]);
    for none in [
        "{}",
        "[]",
        "3",
        r#"{"spec":"chara_card_v2","name":"a","content":"b"}"#,
    ] {
        let refused = template::read(none.as_bytes(), &Limits::default());
        assert_eq!(
            refused.expect_err("it is none").kind(),
            Kind::NotATemplate,
            "{none}"
        );
    }
}

fn chat() -> Vec<Message> {
    let says = |role, name: &str, content: &str| Message {
        role,
        name: name.to_owned(),
        content: content.to_owned(),
    };
    vec![
        says(Role::System, "", "You are {{char}}."),
        says(Role::User, "Bea", "Hi {{user}}"),
        says(Role::Assistant, "Ann", "Hello."),
    ]
}

fn rendered(id: &str, options: &Options) -> template::Rendered {
    let document = template::built_in(id).expect("it comes along").document();
    template::render(&document.unwrap(), options).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_chat_becomes_the_text_that_models_are_trained_with() {
    let options = Options {
        character: "Ann".into(),
        user: "Bea".into(),
        messages: chat(),
        reply: true,
        ..Options::default()
    };
    let made = rendered("builtin:chatml", &options);
    // What was said in the chat is not filled again.
    let want = "<|im_start|>system\nYou are {{char}}.<|im_end|>\n<|im_start|>user\nHi {{user}}<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(
        (&*made.text, made.stop),
        (want, vec!["<|im_end|>".to_owned()])
    );
    let made = rendered("builtin:llama-3", &options);
    assert!(
        made.text
            .ends_with("Hello.<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n")
    );
    let made = rendered("builtin:names", &options);
    assert_eq!(
        made.text,
        "You are {{char}}.\nBea: Hi {{user}}\nAnn: Hello.\nAnn:"
    );
    assert_eq!(made.stop, ["Bea:"]);

    let values = [
        ("system", "Be kind."),
        ("description", "Tall."),
        ("wiBefore", " "),
    ];
    let story = Options {
        values: values
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..options.clone()
    };
    assert_eq!(
        rendered("builtin:story", &story).text,
        "Be kind.\nTall.\n***"
    );
    assert_eq!(
        rendered("builtin:roleplay", &story)
            .text
            .matches("Ann")
            .count(),
        2
    );

    let shark = document(
        r#"{"name":"x","userFormat":"<u>{{content}}{{#if name}} by {{name}}{{/if}}\n","assistantFormat":"<a>{{content}}\n","stopSequences":["<u>"]}"#,
    );
    let made = template::render(&shark, &options).unwrap();
    assert_eq!(
        made.text,
        "You are {{char}}.<u>Hi {{user}} by Bea\n<a>Hello.\n<a>"
    );
    assert_eq!(made.stop, ["<u>"]);
}

#[test]
fn an_instruct_preset_says_who_speaks_as_sillytavern_does() {
    let made = |fields: &str, messages: Vec<Message>| {
        let text = format!(
            r#"{{"name":"x","input_sequence":"<u {{{{name}}}}>","output_sequence":"<a {{{{name}}}}>","system_sequence":"<s {{{{name}}}}>",{fields}}}"#
        );
        let options = Options {
            character: "Ann".into(),
            user: "Bea".into(),
            messages,
            reply: true,
            ..Options::default()
        };
        template::render(&document(&text), &options).unwrap()
    };
    let says = |role: Role, name: &str, content: &str| Message {
        role,
        name: name.to_owned(),
        content: content.to_owned(),
    };
    let chat = || {
        vec![
            says(Role::System, "", "s"),
            says(Role::User, "Bea", "u"),
            says(Role::Assistant, "Cid", "a"),
        ]
    };
    let plain = made(r#""last_system_sequence":"<never>""#, chat());
    assert_eq!(plain.text, "<s System>s<u Bea>u<a Cid>a<a Ann>");
    assert!(plain.unknown.is_empty());
    // Several speak: who is not the user is named.
    assert_eq!(
        made(r#""names_behavior":"force""#, chat()).text,
        "<s System>s<u Bea>u<a Cid>Cid: a<a Ann>Ann:"
    );
    // Nobody says what the user's sequence has in place of a system's.
    assert_eq!(
        made(
            r#""names_behavior":"always","system_same_as_user":true"#,
            vec![says(Role::System, "Narrator", "s")]
        )
        .text,
        "<u Narrator>s<a Ann>Ann:"
    );
    // The only message of the user is the last one before it is the first one.
    assert_eq!(
        made(
            r#""first_input_sequence":"<first>","last_input_sequence":"<last>""#,
            vec![says(Role::User, "Bea", "u")]
        )
        .text,
        "<last>u<a Ann>"
    );
    let stops = made(
        r#""stop_sequence":"<end>","last_output_sequence":"<b>\n<c>","sequences_as_stop_strings":true"#,
        vec![],
    );
    assert_eq!(
        stops.stop,
        ["<end>", "<u Bea>", "<a Ann>", "<b>", "<c>", "<s System>"]
    );
    assert_eq!(
        made(r#""wrap":true,"last_output_sequence":"<b>\n\n""#, vec![]).text,
        "<b>\n"
    );
    let named = r#""wrap":true,"names_behavior":"always","last_output_sequence":"[A] ""#;
    assert_eq!(made(named, vec![]).text, "[A] \nAnn:");
}

#[test]
fn prompts_go_among_the_messages_and_lore_into_the_words_of_the_preset() {
    let preset = document(
        r#"{"scenario_format":"Where: {{scenario}}","personality_format":"{{char}} is {{personality}}","wi_format":"[{0}]","prompts":[
        {"identifier":"chatHistory","marker":true},{"identifier":"scenario","marker":true},{"identifier":"charPersonality","marker":true},
        {"identifier":"worldInfoBefore","marker":true},{"identifier":"worldInfoAfter","marker":true},
        {"identifier":"end","content":"end","injection_position":1,"injection_depth":0},
        {"identifier":"user","role":"user","content":"as user","injection_position":1,"injection_depth":1},
        {"identifier":"system","content":"as system","injection_position":1,"injection_depth":1},
        {"identifier":"more","content":"and more","injection_position":1,"injection_depth":1},
        {"identifier":"early","content":"early","injection_position":1,"injection_depth":1,"injection_order":5},
        {"identifier":"top","content":"top","injection_position":1,"injection_depth":99}]}"#,
    );
    let values = [
        ("scenario", "sea"),
        ("charPersonality", "kind"),
        ("worldInfoBefore", "lore {0}"),
        ("worldInfoAfter", " "),
    ];
    let options = Options {
        character: "Ann".into(),
        values: values
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        messages: chat()[1..].to_vec(),
        ..Options::default()
    };
    let made = template::render(&preset, &options).unwrap();
    let said: Vec<&str> = made.messages.iter().map(|it| &*it.content).collect();
    assert_eq!(
        said,
        [
            "top",
            "Hi {{user}}",
            "early",
            "as user",
            "as system\nand more",
            "Hello.",
            "end",
            "Where: sea",
            "Ann is kind",
            "[lore {0}]",
        ]
    );
    // Without a chat to go into they stand where they are.
    let alone = document(
        r#"{"prompts":[{"identifier":"a","content":"a","injection_position":1},{"identifier":"b","content":"b"}]}"#,
    );
    let made = template::render(&alone, &options).unwrap();
    assert_eq!(made.messages.len(), 2);
}

#[test]
fn a_chat_completion_is_made_of_its_prompts_in_their_order() {
    let preset = document(
        r#"{"prompts":[
        {"identifier":"main","role":"system","content":"Play {{char}}."},
        {"identifier":"charDescription","marker":true},
        {"identifier":"chatHistory","marker":true},
        {"identifier":"off","content":"no"},
        {"identifier":"jailbreak","role":"user","content":"Go on."}],
        "prompt_order":[{"character_id":100000,"order":[]},{"character_id":100001,"order":[
        {"identifier":"main","enabled":true},{"identifier":"chatHistory","enabled":true},{"identifier":"off","enabled":false},
        {"identifier":"charDescription","enabled":true},{"identifier":"jailbreak","enabled":true},{"identifier":"none","enabled":true}]}]}"#,
    );
    let options = Options {
        character: "Ann".into(),
        values: [("charDescription".to_owned(), "Tall.".to_owned())].into(),
        messages: chat()[1..].to_vec(),
        ..Options::default()
    };
    let made = template::render(&preset, &options).unwrap();
    let said: Vec<(Role, &str)> = made
        .messages
        .iter()
        .map(|message| (message.role, &*message.content))
        .collect();
    assert_eq!(
        said,
        [
            (Role::System, "Play Ann."),
            (Role::User, "Hi {{user}}"),
            (Role::Assistant, "Hello."),
            (Role::System, "Tall."),
            (Role::User, "Go on."),
        ]
    );
    let sampler = document(r#"{"temp":1,"top_k":0,"top_p":1,"rep_pen":1}"#);
    let refused = template::render(&sampler, &options).expect_err("it has no text");
    assert_eq!(refused.kind(), Kind::Unsupported);
}

#[test]
fn a_text_that_fills_itself_over_and_over_is_refused() {
    let bomb = document(&json!({"name": "x", "content": "{{a}}".repeat(10_000)}).to_string());
    let options = Options {
        values: [("a".to_owned(), "b".repeat(10_000))].into(),
        ..Options::default()
    };
    let refused = template::render(&bomb, &options).expect_err("it is too much");
    assert_eq!(refused.kind(), Kind::TooLarge);
}

#[test]
fn a_keep_has_templates_and_copies_of_those_that_come_along() {
    let keep = open(&MemoryMedium::new());
    let templates = keep.templates();
    let (told, _) = now(templates.read("builtin:chatml"))
        .unwrap()
        .expect("it comes along");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&told["builtIn"], &told["name"]),
        (&json!(true), &json!("ChatML"))
    );
    let copy = now(templates.copy("builtin:chatml", Some("Mine"), Write::default())).unwrap();
    assert_eq!(
        (&copy["name"], &copy["kind"]),
        (&json!("Mine"), &json!("instruct"))
    );
    let missing = now(templates.copy("none", None, Write::default())).expect_err("there is none");
    assert_eq!(missing.kind(), Kind::NotFound);
    let given = PutDocument {
        id: Some("builtin:chatml".to_owned()),
        ..put(json!({"kind": "instruct", "name": "x"}))
    };
    let refused = now(keep.put_many(Domain::Templates, &[given], Write::default()));
    assert_eq!(refused.expect_err("the id is taken").kind(), Kind::Invalid);
    let without = now(keep.put_many(
        Domain::Templates,
        &[put(json!({"name": "x"}))],
        Write::default(),
    ));
    assert_eq!(without.expect_err("it has no kind").kind(), Kind::Invalid);

    let preset = r#"{"prompts":[],"prompt_order":[],"own":1.0}"#;
    let taken =
        now(templates.import(preset.as_bytes(), "folder/Big.json", &Limits::default())).unwrap();
    let id = taken[0]["entry"]["id"].as_str().unwrap().to_owned();
    assert_eq!(taken[0]["entry"]["name"], "Big");
    let change = |patch| PatchDocument {
        id: id.clone(),
        patch,
        if_rev: None,
    };
    let fields = patch(json!({"fields": {"own": 2, "new": [1]}}));
    now(keep.patch_many(Domain::Templates, &[change(fields)], Write::default()))
        .expect("it is changed");
    let file = now(keep.export(Domain::Templates, &id)).unwrap();
    assert_eq!(file.filename, "Big.json");
    assert_eq!(
        file.bytes,
        br#"{"prompts":[],"prompt_order":[],"own":2,"new":[1]}"#
    );
    let none = now(keep.patch_many(
        Domain::Templates,
        &[change(patch(json!({"fields": {"prompts": null}})))],
        Write::default(),
    ));
    assert_eq!(
        none.expect_err("it is no template then").kind(),
        Kind::Invalid
    );
}

#[test]
fn keys_and_passwords_in_a_preset_are_left_out_and_told() {
    let preset = r#"{ "temperature": 1.0, "proxy_password": "hunter2", "proxy_password": "hunter2",
  "reverse_proxy": "https://me:hunter2@host", "custom_include_headers": "Authorization: hunter2",
  "extensions": { "x": [ { "apiKey": "hunter2" } ] }, "prompts": [ ], "prompt_order": [] }"#;
    let read = template::read(preset.as_bytes(), &Limits::default()).unwrap();
    let kept = std::str::from_utf8(read.templates[0].bytes()).unwrap();
    let wanted = preset
        .replace("https://me:hunter2@host", "")
        .replace("Authorization: hunter2", "")
        .replace("hunter2", "");
    assert_eq!(kept, wanted, "nothing else changes");
    let told = read
        .warnings
        .iter()
        .filter(|one| one.code == "secret-left-out");
    let told: Vec<_> = told.map(|one| &*one.path).collect();
    assert_eq!(
        told,
        [
            "proxy_password",
            "proxy_password",
            "reverse_proxy",
            "custom_include_headers",
            "extensions.x.0.apiKey"
        ]
    );
    assert!(!format!("{:?}", read.warnings).contains("hunter2"));
}

#[test]
fn presets_of_before_2024_end_a_reply_with_their_separator() {
    let preset =
        r#"{"name":"L","input_sequence":"I:","output_sequence":"R:","separator_sequence":"</s>"}"#;
    let options = Options {
        messages: chat(),
        ..Options::default()
    };
    let text = template::render(&Document::parse(preset).unwrap(), &options)
        .unwrap()
        .text;
    let replies = chat()
        .iter()
        .filter(|it| it.role == template::Role::Assistant)
        .count();
    assert_eq!(text.matches("</s>").count(), replies);
}

#[test]
fn a_new_book_may_have_expressions_without_slashes_and_ids_that_are_texts() {
    for entry in [
        json!({"keys": ["sh(a|e)rk"], "useRegex": true, "content": "c"}),
        json!({"keys": ["shark"], "id": "one", "content": "c"}),
    ] {
        let made = lore::replace(None, &patch(json!({"name": "B", "entries": [entry]}))).unwrap();
        let file = lore::read(made.bytes(), &Limits::default()).unwrap();
        assert_eq!(file.dialect, Dialect::V3);
        let said = view(&made);
        assert_eq!(said["name"], "B");
        for (key, value) in entry.as_object().unwrap() {
            assert_eq!(said["entries"][0][key], *value);
        }
    }
    let plain = json!({"entries": [{"keys": ["/shark/"], "useRegex": false}]});
    let made = lore::replace(None, &patch(plain)).unwrap();
    assert_eq!(Dialect::of(&made), Some(Dialect::SillyTavern));
}

#[test]
fn what_an_entry_looks_in_may_come_in_any_order_and_nobody_is_no_filter() {
    let nobody = json!({"names": [], "tags": [], "exclude": false});
    let about = ["scenario", "persona-description", "scenario"];
    let made = edit(
        TAVERN,
        json!({"entries": {"0": {"lookIn": about, "characters": nobody}}}),
    );
    let entry = &view(&made)["entries"][0];
    assert_eq!(entry["lookIn"], json!(["persona-description", "scenario"]));
    assert_eq!(entry["characters"], Value::Null);
}

#[test]
fn a_preset_that_an_earlier_build_stored_with_secrets_gives_them_to_nobody() {
    let preset = r#"{ "name": "P", "proxy_password": "hunter2", "prompts": [ ], "own": 1.50 }"#;
    let wide: Vec<u8> = preset.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let medium = MemoryMedium::new();
    let store = crate::store::open(&medium);
    let mut change = Change::new();
    for (id, file) in [("plain", None), ("filed", Some(&wide)), ("alone", None)] {
        let mut record = Record::new("templates", id, 1_600_000_000_000);
        record.head = json!({ "name": "P", "kind": "chat-completion" });
        let part = change.add_part(preset.as_bytes());
        record.parts.insert("document".into(), part);
        if let Some(file) = file {
            record.parts.insert("file".into(), change.add_part(file));
        }
        change.write(record, History::Skip);
    }
    now(store.commit(change)).unwrap();
    drop(store);

    let keep = open(&medium);
    let bare = preset.replace("hunter2", "");
    for id in ["plain", "filed"] {
        let (view, document) = now(keep.templates().read(id)).unwrap().unwrap();
        assert_eq!(document.bytes(), bare.as_bytes());
        assert!(!view.contains("hunter2"));
        let out = now(keep.export(Domain::Templates, id)).unwrap();
        assert_eq!((&*out.filename, &*out.bytes), ("P.json", bare.as_bytes()));
        let copy = now(keep.templates().copy(id, Some("Q"), Write::default())).unwrap();
        let copy = now(keep.export(Domain::Templates, copy["id"].as_str().unwrap())).unwrap();
        assert!(!String::from_utf8_lossy(&copy.bytes).contains("hunter2"));
    }
    // What is stored stays until somebody changes it.
    let stored = |id: &str| {
        let store = crate::store::open(&medium);
        let record = now(store.get("templates", id)).unwrap().unwrap();
        now(store.part(&record.parts["document"])).unwrap()
    };
    assert_eq!(stored("plain"), preset.as_bytes());
    let change = |id: &str| PatchDocument {
        id: id.to_owned(),
        patch: patch(json!({"fields": {"own": 2}})),
        if_rev: None,
    };
    let both = [change("plain"), change("filed")];
    now(keep.patch_many(Domain::Templates, &both, Write::default())).unwrap();
    let unseen = Write {
        if_rev: Some(9),
        ..Write::default()
    };
    for refused in [
        now(keep.trash(Domain::Templates, "alone", unseen)).map(drop),
        now(keep.patch_many(
            Domain::Templates,
            &[PatchDocument {
                if_rev: Some(9),
                ..change("alone")
            }],
            Write::default(),
        ))
        .map(drop),
    ] {
        let error = refused.unwrap_err();
        let theirs = error
            .sides()
            .and_then(|sides| sides.theirs.clone())
            .unwrap();
        assert!(
            theirs.contains("prompts") && !theirs.contains("hunter2"),
            "{theirs}"
        );
    }
    now(keep.patch_many(Domain::Templates, &[change("alone")], Write::default())).unwrap();
    for id in ["plain", "filed", "alone"] {
        assert_eq!(stored(id), bare.replace("1.50", "2").as_bytes());
    }
}

#[test]
fn a_secret_is_not_put_into_a_template() {
    let preset = document(r#"{"name":"P","prompts":[]}"#);
    for change in [
        json!({"fields": {"proxy_password": "hunter2"}}),
        json!({"fields": {"extensions": {"x": [{"apiKey": "hunter2"}]}}}),
        json!({"fields": {"reverse_proxy": "https://me:hunter2@host"}}),
    ] {
        let refused = template::edit(&preset, &patch(change)).expect_err("it is a secret");
        assert_eq!(refused.kind(), Kind::Invalid);
        assert!(!refused.to_string().contains("hunter2"));
    }
    let empty = patch(json!({"fields": {"proxy_password": ""}}));
    assert!(template::edit(&preset, &empty).is_ok());
    // What is in a document that is not kept is its owner's.
    let own = document(r#"{"name":"P","prompts":[],"proxy_password":"hunter2"}"#);
    let made = template::edit(&own, &patch(json!({"name": "Q"}))).unwrap();
    assert!(made.root().get("proxy_password").is_some());
}
