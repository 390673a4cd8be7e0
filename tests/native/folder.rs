//! Data folders of other tools: each path told by itself.

use cardkeep::error::Kind;
use cardkeep::folder::{Group, Place, Reason, What, plan};

fn told(path: &str) -> (What, String, String) {
    let Place { what, root, of, .. } = Place::of(path);
    (what, root, of)
}

#[test]
fn a_path_counts_from_its_first_folder_with_a_known_name() {
    let user = |what, of: &str| (what, "data/default-user".to_owned(), of.to_owned());
    let at = |path: &str| told(&format!("data/default-user/{path}"));
    assert_eq!(at("characters/Ann.png"), user(What::Character, "Ann"));
    assert_eq!(at("chats/Ann/a.b.jsonl"), user(What::Chat, "Ann"));
    assert_eq!(at("group chats/2024.jsonl"), user(What::GroupChat, "2024"));
    assert_eq!(at("groups/17.json"), user(What::Group, "17"));
    assert_eq!(at("worlds/Sea.json"), user(What::Lorebook, "Sea"));
    assert_eq!(at("instruct/Mine.json"), user(What::Template, "Mine"));
    assert_eq!(
        at("OpenAI Settings/Mine.json"),
        user(What::Template, "Mine")
    );
    assert_eq!(at("User Avatars/me.png"), user(What::Avatar, "me"));
    assert_eq!(at("settings.json"), user(What::Settings, "settings"));
    // A chat's folder may be called as another folder is.
    assert_eq!(at("chats/worlds/a.jsonl"), user(What::Chat, "worlds"));
    for (path, root) in [
        ("characters/Ann.png", ""),
        ("public\\characters\\Ann.png", "public"),
        ("./b/data/you/characters/Ann.png", "b/data/you"),
    ] {
        let wanted = (What::Character, root.to_owned(), "Ann".to_owned());
        assert_eq!(told(path), wanted, "{path}");
    }
}

#[test]
fn cardshark_keeps_worlds_users_and_templates_elsewhere() {
    let of = |what, of: &str| (what, String::new(), of.to_owned());
    assert_eq!(told("users/Me.png"), of(What::Persona, "Me"));
    assert_eq!(told("templates/x.json"), of(What::Template, "x"));
    // What is compressed is what it was.
    assert_eq!(told("templates/x.json.gz"), of(What::Template, "x"));
    assert_eq!(told("chats/Ann/a.b.jsonl.GZ"), of(What::Chat, "Ann"));
    assert_eq!(told("x/secrets.json.gz").0, What::Skipped);
    assert_eq!(told("templates/x.gz").0, What::Skipped);
    assert_eq!(
        told("worlds/Isle/world_state.json"),
        of(What::World, "Isle")
    );
    assert_eq!(
        told("worlds/Isle/chats/cove_chat.jsonl"),
        of(What::WorldChat, "Isle")
    );
    for beside in ["metadata.json", "images/objects/a.png", "events/feast.json"] {
        let path = format!("worlds/Isle/{beside}");
        assert_eq!(told(&path), of(What::WorldFile, "Isle"));
    }
    assert_eq!(told("worlds/Isle.png"), of(What::Character, "Isle"));
    assert!(Place::of("worlds/Isle.png").guess);
    assert_eq!(
        told("chats/1f2e3d4c/chat_a.jsonl"),
        of(What::Chat, "1f2e3d4c")
    );
}

#[test]
fn pictures_sounds_and_films_beside_the_records_are_assets() {
    for path in [
        "data/u/backgrounds/sea.jpg",
        "data/u/user/images/Ann/sea.jpg",
        "data/u/assets/bgm/sea.mp3",
    ] {
        assert_eq!(told(path).0, What::Asset, "{path}");
        assert_eq!(told(path).1, "data/u");
    }
}

#[test]
fn what_is_left_says_why_and_secrets_are_left_wherever_they_stand() {
    for (path, reason) in [
        ("data/u/secrets.json", Reason::Secret),
        ("characters/secrets.json", Reason::Secret),
        ("Characters/Secrets.JSON", Reason::Secret),
        ("config.yaml", Reason::Secret),
        ("data/_storage/abc", Reason::Secret),
        ("data/u/assets/notes.txt", Reason::NoPlace),
        ("data/u/worlds/Isle/backups/a.json", Reason::Copy),
        ("data/u/thumbnails/avatar/Ann.png", Reason::Copy),
        ("data/u/backups/chat_ann_2024.jsonl", Reason::Copy),
        ("data/u/extensions/x/characters/Ann.png", Reason::Program),
        ("default/content/presets/instruct/a.json", Reason::Program),
        (".git/characters/a.png", Reason::Program),
        ("__MACOSX/characters/._Ann.png", Reason::Program),
        ("characters/.DS_Store", Reason::Program),
        ("characters/notes.txt", Reason::Unknown),
        ("notes.txt", Reason::Unknown),
        ("other.json", Reason::Unknown),
        ("", Reason::Unknown),
        ("///", Reason::Unknown),
    ] {
        let place = Place::of(path);
        assert_eq!(
            (place.what, place.reason),
            (What::Skipped, Some(reason)),
            "{path}"
        );
    }
}

#[test]
fn loose_files_are_guessed_by_their_extension() {
    for (path, what) in [
        ("Ann.png", What::Character),
        ("some/where/Ann.CHARX", What::Character),
        ("characters/Ann/joy.png", What::Character),
        ("old chat.jsonl", What::Chat),
    ] {
        let place = Place::of(path);
        assert_eq!((place.what, place.guess), (what, true), "{path}");
    }
}

#[test]
fn what_others_name_is_taken_before_them() {
    let order = [
        What::Character,
        What::Settings,
        What::Avatar,
        What::Group,
        What::Chat,
        What::GroupChat,
        What::Skipped,
    ];
    assert!(order.is_sorted());
    let paths = [
        "group chats/a.jsonl",
        "chats/Ann/b.jsonl",
        "chats/Ann/a.jsonl",
        "secrets.json",
        "backgrounds/sea.jpg",
        "groups/1.json",
        "User Avatars/me.png",
        "settings.json",
        "characters/Ann.png",
    ];
    let plan = plan(&paths.map(str::to_owned));
    let order: Vec<&str> = plan.iter().map(|(number, _)| paths[*number]).collect();
    let wanted = [8, 7, 6, 5, 1, 2, 0, 4, 3].map(|number: usize| paths[number]);
    assert_eq!(order, wanted);
    assert!(What::World < What::WorldChat);
}

#[test]
fn a_group_says_who_is_in_it_and_which_chats_are_its() {
    let limits = cardkeep::error::Limits::default();
    let text =
        br#"{"name":"Squad","members":["a.png",7,"b.png"],"chat_id":"two","chats":["one","two"]}"#;
    let group = Group::read(text, &limits).unwrap();
    assert_eq!(
        (&*group.name, group.members.clone()),
        ("Squad", vec!["a.png".to_owned(), "b.png".to_owned()])
    );
    let ids = |group: &Group| -> Vec<String> {
        let ids = group.chats.iter().map(|chat| chat.id.clone());
        ids.collect()
    };
    assert_eq!(ids(&group), ["one", "two"]);
    let old = Group::read(br#"{"members":[],"chat_id":"one"}"#, &limits).unwrap();
    assert_eq!((&*old.name, ids(&old)), ("", vec!["one".to_owned()]));
    let told = br#"{"members":[],"chats":["a","b","c"],"chat_id":"b",
        "chat_metadata":{ "note_prompt": "n", },"past_metadata":{"a":{"x":[1]},"b":{"old":1},"c":{}}}"#;
    let told = Group::read(told, &limits).unwrap();
    let metadata = told.chats.iter().map(|chat| chat.metadata.as_deref());
    let metadata: Vec<_> = metadata.map(Option::unwrap_or_default).collect();
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(parsed(metadata[0]), serde_json::json!({ "x": [1] }));
    assert_eq!(
        parsed(metadata[1]),
        serde_json::json!({ "note_prompt": "n" })
    );
    assert_eq!(metadata[2], "");
    for (text, kind) in [
        ("{}", Kind::Unsupported),
        ("[1]", Kind::Unsupported),
        ("{", Kind::BadJson),
    ] {
        assert_eq!(
            Group::read(text.as_bytes(), &limits).unwrap_err().kind(),
            kind,
            "{text}"
        );
    }
}
