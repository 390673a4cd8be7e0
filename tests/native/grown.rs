//! A chat's file that is given again after it has grown.

use crate::keep::open;
use crate::turn::now;
use cardkeep::error::Limits;
use cardkeep::json::Document;
use cardkeep::keep::{Came, ChatFilter, ChatImport, Domain, Keep, Links};
use cardkeep::store::{MemoryMedium, Write};
use serde_json::{Value, json};

fn import(keep: &Keep, bytes: &[u8]) -> (String, String) {
    let options = ChatImport::default();
    let items = now(keep.chats().import(bytes, "Zoë.jsonl", &options)).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&items[0]["status"]), text(&items[0]["entry"]["id"]))
}

fn bytes_of(keep: &Keep, id: &str) -> Vec<u8> {
    now(keep.export(Domain::Chats, id)).unwrap().bytes
}

fn ids(keep: &Keep, id: &str) -> Vec<u64> {
    let chat = now(keep.chats().open(id)).unwrap();
    let page: Vec<Value> = serde_json::from_str(&now(chat.page(0, u64::MAX)).unwrap()).unwrap();
    page.iter().map(|one| one["id"].as_u64().unwrap()).collect()
}

fn count(keep: &Keep) -> usize {
    let listed = now(keep.chats().list(&ChatFilter::default())).unwrap();
    listed["items"].as_array().unwrap().len()
}

fn line(n: usize) -> String {
    format!(
        r#"{{"name":"Zoë","is_user":{},"send_date":"2024-05-01T10:00:00.000Z","mes":"Line {n}"}}"#,
        n % 2 == 1
    )
}

const HEADER: &str = r#"{"user_name":"You","character_name":"Zoë","create_date":"2024-05-01"}"#;

fn file(header: bool, lines: usize, newline: &str, ended: bool) -> Vec<u8> {
    let header = header.then(|| HEADER.to_owned());
    let all: Vec<String> = header.into_iter().chain((0..lines).map(line)).collect();
    let mut text = all.join(newline);
    if ended {
        text.push_str(newline);
    }
    text.into_bytes()
}

#[test]
fn the_lines_that_came_to_a_file_are_appended_and_the_state_before_stays() {
    for (header, newline) in [(true, "\n"), (true, "\r\n"), (false, "\n")] {
        for (ends, ends_then) in [(true, true), (false, false), (true, false), (false, true)] {
            for (from, to, more) in [(2, 3, 4), (5, 90, 700), (64, 65, 66), (200, 201, 500)] {
                let keep = open(&MemoryMedium::new());
                let first = file(header, from, newline, ends);
                let (status, id) = import(&keep, &first);
                assert_eq!(status, "added");
                let numbers = ids(&keep, &id);
                let second = file(header, to, newline, ends_then);
                assert_eq!(import(&keep, &second), ("updated".into(), id.clone()));
                assert_eq!(bytes_of(&keep, &id), second, "{header} {newline:?} {ends}");
                assert_eq!(ids(&keep, &id)[..from], numbers);
                let kept = now(keep.chats().open(&id)).unwrap().entry();
                assert_eq!(kept["length"], to);
                assert_eq!(kept["last"], format!("Line {}", to - 1));
                // Neither form of the file comes again.
                for known in [&first, &second] {
                    assert_eq!(import(&keep, known), ("duplicate".into(), id.clone()));
                }
                let third = file(header, more, newline, ends);
                assert_eq!(import(&keep, &third), ("updated".into(), id.clone()));
                assert_eq!(bytes_of(&keep, &id), third);
                assert_eq!(count(&keep), 1);
                let history = now(keep.history(Domain::Chats, &id)).unwrap();
                let oldest = history.as_array().unwrap().last().unwrap();
                let rev = oldest["rev"].as_u64().unwrap();
                now(keep.restore_version(Domain::Chats, &id, rev)).unwrap();
                assert_eq!(bytes_of(&keep, &id), first);
            }
        }
    }
}

#[test]
fn a_chat_goes_on_as_if_it_had_come_so() {
    let keep = open(&MemoryMedium::new());
    let (_, id) = import(&keep, &file(true, 3, "\n", false));
    let links = Links {
        characters: vec!["zoe".into()],
        ..Links::default()
    };
    now(keep.chats().link(&id, &links, Write::default())).unwrap();
    now(keep.chats().rename(&id, "Mine", Write::default())).unwrap();
    assert_eq!(
        import(&keep, &file(true, 6, "\n", false)),
        ("updated".into(), id.clone()),
        "another title and other links are no change of what was said"
    );
    let chat = now(keep.chats().open(&id)).unwrap();
    assert_eq!(chat.entry()["title"], "Mine");
    assert_eq!(chat.entry()["characters"], json!(["zoe"]));
    let message = json!({ "name": "Zoë", "role": "character", "text": "Line 6" });
    now(chat.append(&Document::parse(&message.to_string()).unwrap())).unwrap();
    let lines = bytes_of(&keep, &id);
    assert!(lines.starts_with(&file(true, 6, "\n", false)));
    assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 7);
}

#[test]
fn of_several_beginnings_the_longest_goes_on() {
    let keep = open(&MemoryMedium::new());
    let (_, longer) = import(&keep, &file(true, 5, "\n", true));
    let (status, shorter) = import(&keep, &file(true, 3, "\n", true));
    assert_eq!(status, "added");
    assert_eq!(
        import(&keep, &file(true, 8, "\n", true)),
        ("updated".into(), longer)
    );
    assert_eq!(bytes_of(&keep, &shorter), file(true, 3, "\n", true));
}

#[test]
fn what_was_changed_here_or_in_an_earlier_line_comes_as_another() {
    let grown = file(true, 6, "\n", true);
    let another = |what: &str, change: &dyn Fn(&Keep, &str)| {
        let keep = open(&MemoryMedium::new());
        let (_, id) = import(&keep, &file(true, 4, "\n", true));
        change(&keep, &id);
        let before = bytes_of(&keep, &id);
        let (status, other) = import(&keep, &grown);
        assert_eq!(status, "added", "{what}");
        assert_ne!(other, id);
        assert_eq!(bytes_of(&keep, &other), grown);
        assert_eq!(bytes_of(&keep, &id), before, "{what}");
    };
    let patch = |text: &str| Document::parse(&json!({ "text": text }).to_string()).unwrap();
    another("edited", &|keep, id| {
        let chat = now(keep.chats().open(id)).unwrap();
        now(chat.edit(1, &patch("Else"), Write::default())).unwrap();
    });
    another("removed", &|keep, id| {
        let chat = now(keep.chats().open(id)).unwrap();
        now(chat.remove(3, Write::default())).unwrap();
    });
    another("grown back", &|keep, id| {
        // What came with an update was taken out again.
        import(keep, &file(true, 5, "\n", true));
        let chat = now(keep.chats().open(id)).unwrap();
        now(chat.remove(4, Write::default())).unwrap();
        assert_eq!(bytes_of(keep, id), file(true, 4, "\n", true));
    });
    another("appended", &|keep, id| {
        let chat = now(keep.chats().open(id)).unwrap();
        let message = json!({ "name": "You", "role": "user", "text": "Line 4" });
        now(chat.append(&Document::parse(&message.to_string()).unwrap())).unwrap();
    });
    let text = String::from_utf8(grown.clone()).unwrap();
    for (from, to) in [("Line 2", "Line two"), ("2024-05-01\"}", "2024-05-02\"}")] {
        let keep = open(&MemoryMedium::new());
        let (_, id) = import(&keep, &file(true, 4, "\n", true));
        let changed = text.replace(from, to).into_bytes();
        assert_eq!(import(&keep, &changed).0, "added", "{from}");
        assert_eq!(bytes_of(&keep, &id), file(true, 4, "\n", true));
    }
    let keep = open(&MemoryMedium::new());
    let (_, id) = import(&keep, &file(true, 4, "\n", true));
    now(keep.trash(Domain::Chats, &id, Write::default())).unwrap();
    assert_eq!(import(&keep, &grown).0, "added", "in the trash");
}

#[test]
fn an_update_is_whole_or_not_there_when_another_tab_writes() {
    let medium = MemoryMedium::new();
    let (here, there) = (open(&medium), open(&medium));
    let (_, id) = import(&here, &file(true, 4, "\n", true));
    let chat = now(there.chats().open(&id)).unwrap();
    let message = json!({ "name": "You", "role": "user", "text": "Meanwhile" });
    now(chat.append(&Document::parse(&message.to_string()).unwrap())).unwrap();
    let before = bytes_of(&there, &id);
    let (status, other) = import(&here, &file(true, 200, "\n", true));
    assert_eq!(status, "added");
    assert_ne!(other, id);
    assert_eq!(bytes_of(&here, &id), before);
}

#[test]
fn a_header_that_was_written_anew_is_no_other_chat_and_that_of_a_branch_is() {
    let headed = |header: &str, lines: usize| {
        let lines: Vec<String> = (0..lines).map(line).collect();
        [header.to_owned()]
            .into_iter()
            .chain(lines)
            .collect::<Vec<_>>()
            .join("\n")
            .into_bytes()
    };
    let marked = |more: &str| {
        format!(
            r#"{{"chat_metadata":{{"integrity":"a-b"{more}}},"user_name":"unused","character_name":"unused"}}"#
        )
    };
    let dated = |more: &str| {
        format!(
            r#"{{"user_name":"You","character_name":"Zoë","create_date":"2024-05-01","chat_metadata":{{"note":"x"{more}}}}}"#
        )
    };
    let branch = r#","main_chat":"Zoë - 1""#;
    let tainted = r#","tainted":true"#;
    let other = marked("").replace("a-b", "c-d");
    for (before, after, status) in [
        (marked(""), marked(tainted), "updated"),
        (dated(""), dated(tainted), "updated"),
        (marked(""), marked(branch), "added"),
        (dated(""), dated(branch), "added"),
        (
            marked(branch),
            marked(&format!("{branch}{tainted}")),
            "updated",
        ),
        (marked(""), other, "added"),
        (dated(""), dated("").replace("05-01", "05-02"), "added"),
        (dated(""), marked(""), "added"),
    ] {
        for lines in [3, 5] {
            let keep = open(&MemoryMedium::new());
            let first = headed(&before, 3);
            let (_, id) = import(&keep, &first);
            let second = headed(&after, lines);
            let (told, now_in) = import(&keep, &second);
            assert_eq!(told, status, "{before} {after} {lines}");
            assert_eq!(bytes_of(&keep, &now_in), second);
            assert_eq!(now_in == id, status == "updated");
            if status == "updated" {
                let third = headed(&before, 9);
                assert_eq!(import(&keep, &third), ("updated".into(), id.clone()));
                let history = now(keep.history(Domain::Chats, &id)).unwrap();
                let oldest = history.as_array().unwrap().last().unwrap()["rev"].as_u64();
                now(keep.restore_version(Domain::Chats, &id, oldest.unwrap())).unwrap();
            }
            assert_eq!(bytes_of(&keep, &id), first);
        }
    }
}

#[test]
fn two_characters_that_have_the_same_file_have_a_chat_each_and_it_goes_on_by_itself() {
    let keep = open(&MemoryMedium::new());
    let import = |bytes: &[u8], characters: &[&str]| {
        let options = ChatImport {
            characters: characters.iter().map(|id| (*id).to_owned()).collect(),
            ..ChatImport::default()
        };
        let items = now(keep.chats().import(bytes, "greeting.jsonl", &options)).unwrap();
        let id = items[0]["entry"]["id"].as_str().unwrap().to_owned();
        (items[0]["status"].as_str().unwrap().to_owned(), id)
    };
    let greeting = file(true, 1, "\n", true);
    let (first, of_ann) = import(&greeting, &["ann"]);
    let (second, of_bea) = import(&greeting, &["bea"]);
    assert_eq!((first.as_str(), second.as_str()), ("added", "added"));
    assert_ne!(of_ann, of_bea);
    // Once more nothing is added, nor without a word of whose it is, nor of a group that one is in.
    for (characters, id) in [
        (&["ann"][..], &of_ann),
        (&["bea"], &of_bea),
        (&["cat", "bea"], &of_bea),
    ] {
        assert_eq!(
            import(&greeting, characters),
            ("duplicate".to_owned(), id.clone())
        );
    }
    assert_eq!(import(&greeting, &[]).0, "duplicate");
    // The file that grew is the one of its own character.
    let grown = file(true, 3, "\n", true);
    assert_eq!(
        import(&grown, &["bea"]),
        ("updated".to_owned(), of_bea.clone())
    );
    assert_eq!(bytes_of(&keep, &of_ann), greeting);
    assert_eq!(bytes_of(&keep, &of_bea), grown);
    assert_eq!(import(&grown, &["ann"]), ("updated".to_owned(), of_ann));
    assert_eq!(count(&keep), 2);
    // Names are no more than names.
    let named = |description: &str| {
        let card = json!({ "name": "Dot", "description": description, "personality": "", "scenario": "", "first_mes": "", "mes_example": "" });
        let card = card.to_string();
        let taken = now(keep
            .characters()
            .import(card.as_bytes(), &Limits::default()))
        .unwrap();
        taken["entry"]["id"].as_str().unwrap().to_owned()
    };
    let (tall, small) = (named("tall"), named("small"));
    let (_, of_tall) = import(&greeting, &[&tall]);
    let (status, of_small) = import(&greeting, &[&small]);
    assert_eq!(status, "added");
    assert_eq!(
        import(&grown, &[&small]),
        ("updated".to_owned(), of_small.clone())
    );
    for (id, chat) in [(&tall, &of_tall), (&small, &of_small)] {
        assert_eq!(
            import(&greeting, &[id]),
            ("duplicate".to_owned(), chat.clone())
        );
    }
}

#[test]
fn a_file_continues_no_chat_that_came_as_a_file_beside_it() {
    let keep = open(&MemoryMedium::new());
    let import = |lines: usize, came: Vec<String>| {
        let options = ChatImport {
            came: Came::these(came),
            ..ChatImport::default()
        };
        let bytes = file(true, lines, "\n", true);
        let items = now(keep.chats().import(&bytes, "x.jsonl", &options)).unwrap();
        let id = items[0]["entry"]["id"].as_str().unwrap().to_owned();
        (items[0]["status"].as_str().unwrap().to_owned(), id)
    };
    // A branch without words of its own, and what it branched off.
    let (_, branch) = import(2, Vec::new());
    let (status, trunk) = import(5, vec![branch.clone()]);
    assert_eq!((&*status, trunk == branch), ("added", false));
    // Later each is found again, and goes on.
    assert_eq!(
        import(2, Vec::new()),
        ("duplicate".to_owned(), branch.clone())
    );
    assert_eq!(
        import(7, vec![branch.clone()]),
        ("updated".to_owned(), trunk)
    );
    assert_eq!(bytes_of(&keep, &branch), file(true, 2, "\n", true));
}

fn import_called(keep: &Keep, bytes: &[u8], name: &str, came: &[&str]) -> (String, String) {
    let options = ChatImport {
        came: Came::these(came.iter().map(|id| (*id).to_owned()).collect()),
        ..ChatImport::default()
    };
    let items = now(keep.chats().import(bytes, name, &options)).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&items[0]["status"]), text(&items[0]["entry"]["id"]))
}

#[test]
fn a_file_that_is_called_otherwise_is_another_chat_whichever_comes_first() {
    let (short, long) = (file(true, 3, "\n", false), file(true, 6, "\n", false));
    let (branch, trunk) = ("Zoë - 1 - Branch #1.jsonl", "Zoë - 1.jsonl");
    let all = |keep: &Keep| {
        let mut all: Vec<Vec<u8>> = Vec::new();
        let listed = now(keep.chats().list(&ChatFilter::default())).unwrap();
        for one in listed["items"].as_array().unwrap() {
            all.push(bytes_of(keep, one["id"].as_str().unwrap()));
        }
        all.sort();
        all
    };
    for files in [
        [(branch, &short), (trunk, &long)],
        [(trunk, &long), (branch, &short)],
    ] {
        let keep = open(&MemoryMedium::new());
        for status in ["added", "duplicate"] {
            for (name, bytes) in files {
                assert_eq!(import_called(&keep, bytes, name, &[]).0, status, "{name}");
            }
            assert_eq!(all(&keep), [short.clone(), long.clone()]);
        }
        let longer = file(true, 9, "\n", false);
        let (status, id) = import_called(&keep, &longer, trunk, &[]);
        assert_eq!(status, "updated");
        assert_eq!(bytes_of(&keep, &id), longer);
        assert_eq!(all(&keep), [short.clone(), longer]);
    }
}

#[test]
fn what_a_chat_was_is_a_chat_of_its_own_where_it_is_called_otherwise_or_came_beside() {
    let (short, long) = (file(true, 3, "\n", false), file(true, 6, "\n", false));
    for (name, beside) in [("branch.jsonl", false), ("trunk.jsonl", true)] {
        let keep = open(&MemoryMedium::new());
        let (_, trunk) = import_called(&keep, &short, "trunk.jsonl", &[]);
        assert_eq!(import_called(&keep, &long, "trunk.jsonl", &[]).0, "updated");
        let again = import_called(&keep, &short, "trunk.jsonl", &[]);
        assert_eq!(again, ("duplicate".into(), trunk.clone()));
        let came: &[&str] = if beside { &[&trunk] } else { &[] };
        let (status, branch) = import_called(&keep, &short, name, came);
        assert_eq!((&*status, branch == trunk), ("added", false), "{name}");
        assert_eq!(import_called(&keep, &short, name, came).1, branch);
        assert_eq!(import_called(&keep, &long, "trunk.jsonl", &[]).1, trunk);
        assert_eq!(bytes_of(&keep, &trunk), long);
        assert_eq!(bytes_of(&keep, &branch), short);
        assert_eq!(count(&keep), 2);
    }
}

#[test]
fn a_name_that_says_nothing_makes_no_other_chat() {
    let keep = open(&MemoryMedium::new());
    let (_, id) = import_called(&keep, &file(true, 3, "\n", false), "evening.jsonl", &[]);
    let title = "Evening: the second";
    now(keep.chats().rename(&id, title, Write::default())).unwrap();
    // Loaded down again, without a name, SillyTavern's copy, as it leaves by its title.
    let names = [
        "evening (1).jsonl",
        "evening (12).jsonl",
        "",
        "chat_zoe_20240501-101500.jsonl",
        "Evening the second.jsonl",
        "Evening the second (1).jsonl",
        "evening",
    ];
    for (n, name) in names.into_iter().enumerate() {
        let grown = file(true, 4 + n, "\n", false);
        let told = import_called(&keep, &grown, name, &[]);
        assert_eq!(told, ("updated".into(), id.clone()), "{name}");
    }
    // A branch that was made here has no file, and is nobody's beginning.
    let chat = now(keep.chats().open(&id)).unwrap();
    now(chat.branch(1, None)).unwrap();
    for name in [
        "evening 2.jsonl",
        "evening ().jsonl",
        "evening (a).jsonl",
        "chat_zoe_20240501x101500.jsonl",
    ] {
        let grown = file(true, 90, "\n", false);
        let (status, other) = import_called(&keep, &grown, name, &[]);
        assert_ne!(other, id, "{name}");
        assert_eq!(status == "added", name == "evening 2.jsonl", "{name}");
    }
}

#[test]
fn chats_of_one_file_stay_as_many_also_where_one_begins_as_another() {
    let (short, long) = (file(true, 2, "\n", true), file(true, 4, "\n", false));
    let both = [short.clone(), long.clone()].concat();
    let keep = open(&MemoryMedium::new());
    for status in ["added", "duplicate"] {
        let options = ChatImport::default();
        let items = now(keep.chats().import(&both, "Zoë.jsonl", &options)).unwrap();
        for (item, bytes) in items.as_array().unwrap().iter().zip([&short, &long]) {
            assert_eq!(item["status"], status);
            let id = item["entry"]["id"].as_str().unwrap();
            assert_eq!(&bytes_of(&keep, id), bytes);
        }
        assert_eq!(count(&keep), 2);
    }
}
