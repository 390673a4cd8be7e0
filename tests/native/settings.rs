//! Settings: the defaults and what may be set.

use cardkeep::error::Kind;
use cardkeep::json::Document;
use cardkeep::settings;
use serde_json::{Value, json};

fn check(key: &str, value: Value) -> Option<Kind> {
    let document = Document::parse(&value.to_string()).expect("the value is JSON");
    settings::check(key, document.root())
        .err()
        .map(|error| error.kind())
}

#[test]
fn the_defaults_are_the_published_ones_and_possible() {
    let defaults: Value =
        serde_json::from_str(&settings::defaults()).expect("the defaults are JSON");
    assert_eq!(
        defaults,
        json!({
            "theme": "system", "userName": "You", "lastWorld": "", "hiddenTemplates": [], "pageSize": 50, "versionsKept": 10, "compress": true,
            "autosaveDelay": 500, "autosaveMaxWait": 5000, "autosaveInterval": 30000,
            "trashDays": 30, "compareDays": 7, "backupHours": 24, "backupWrites": 1000, "backupsKept": 10, "backupMegabytes": 500,
        })
    );
    let defaults = defaults.as_object().expect("an object");
    assert_eq!(settings::keys().count(), defaults.len());
    for key in settings::keys() {
        assert_eq!(check(key, defaults[key].clone()), None, "{key}");
    }
}

#[test]
fn a_value_is_of_its_type_and_in_its_range() {
    for (key, value) in [
        ("theme", json!("dark")),
        ("userName", json!("Zoë")),
        ("pageSize", json!(10)),
        ("pageSize", json!(500.0)),
        ("versionsKept", json!(0)),
        ("versionsKept", json!(100)),
        ("compress", json!(false)),
        ("lastWorld", json!("")),
        ("hiddenTemplates", json!(["builtin:chatml"])),
        ("lastWorld", json!("0199-abc")),
        ("trashDays", json!(0)),
    ] {
        assert_eq!(check(key, value.clone()), None, "{key} {value}");
    }
    for (key, value) in [
        ("theme", json!("pink")),
        ("theme", json!(null)),
        ("userName", json!(" ")),
        ("userName", json!("a\nb")),
        ("userName", json!("x".repeat(101))),
        ("userName", json!(1)),
        ("lastWorld", json!(null)),
        ("hiddenTemplates", json!("builtin:chatml")),
        ("hiddenTemplates", json!([1])),
        ("hiddenTemplates", json!(["a", "a"])),
        ("lastWorld", json!("x".repeat(101))),
        ("pageSize", json!(9)),
        ("pageSize", json!(501)),
        ("pageSize", json!(50.5)),
        ("pageSize", json!("50")),
        ("versionsKept", json!(-1)),
        ("versionsKept", json!(101)),
        ("versionsKept", json!([1])),
        ("compress", json!(1)),
        ("compress", json!("true")),
        ("trashDays", json!(3651)),
    ] {
        assert_eq!(
            check(key, value.clone()),
            Some(Kind::Invalid),
            "{key} {value}"
        );
    }
    assert_eq!(check("language", json!("de")), Some(Kind::BadOption));
}

#[test]
fn settings_of_other_tools_give_what_has_a_counterpart_and_never_a_secret() {
    let limits = cardkeep::error::Limits::default();
    let tavern = br#"{"username":"Zo\u00eb","main_api":"openai","power_user":{"chat_truncation":0},
        "oai_settings":{"proxy_password":"hunter2","temp":1},"x":[{"api_key":"sk-1"},{"token":""}]}"#;
    let read = settings::foreign(tavern, &limits).unwrap();
    assert_eq!(read.tool, "sillytavern");
    let wanted = [("userName", r#""Zo\u00eb""#), ("pageSize", "500")];
    assert_eq!(
        read.patch,
        wanted.map(|(key, value)| (key, value.to_owned()))
    );
    assert_eq!(read.rest, ["main_api", "power_user", "oai_settings", "x"]);
    let told: Vec<_> = read
        .warnings
        .iter()
        .map(|one| (one.code, &*one.path))
        .collect();
    let secret = "secret-left-out";
    assert_eq!(
        told,
        [
            (secret, "oai_settings.proxy_password"),
            (secret, "x.0.api_key")
        ]
    );
    let all = format!("{read:?}");
    assert!(!all.contains("hunter2") && !all.contains("sk-1"));

    let shark = br#"{"theme":"Dark","apis":{"a":{"apiKey":"sk-2","url":"u"}}}"#;
    let read = settings::foreign(shark, &limits).unwrap();
    assert_eq!((read.tool, read.patch.len()), ("cardshark", 1));
    assert_eq!(read.patch[0], ("theme", r#""dark""#.to_owned()));
    assert_eq!(
        (read.warnings.len(), &*read.warnings[0].path),
        (1, "apis.a.apiKey")
    );

    // What cannot be set here is told and left.
    let odd = settings::foreign(br#"{"username":"","power_user":{}}"#, &limits).unwrap();
    assert_eq!((odd.patch.len(), odd.warnings[0].code), (0, "bad-value"));
    assert_eq!(odd.rest, ["username", "power_user"]);
    for (text, kind) in [
        ("{}", Kind::Unsupported),
        ("[]", Kind::Unsupported),
        ("{", Kind::BadJson),
    ] {
        let refused = settings::foreign(text.as_bytes(), &limits).unwrap_err();
        assert_eq!(refused.kind(), kind, "{text}");
    }
}

#[test]
fn every_name_of_a_secret_is_known_and_other_names_are_not() {
    let secret = [
        "api_key",
        "apiKey",
        "api-key-openai",
        "openai_key",
        "secretKey",
        "private_key",
        "hf_token",
        "bot_token",
        "refreshToken",
        "token",
        "passwd",
        "pwd",
        "passphrase",
        "client_secret",
        "bearer",
        "cookie",
        "credentials",
        "auth",
        "custom_include_headers",
        "Authorization",
    ];
    let plain = [
        "bos_token",
        "max_tokens",
        "token_padding",
        "keyword",
        "key",
        "hotkey",
        "author",
        "header",
        "secretary",
        "sort_key",
    ];
    let member = |name: &&str| format!("\"{name}\":\"hunter2\"");
    let told = |members: &[String]| -> Vec<String> {
        let file = format!("{{\"power_user\":{{{}}}}}", members.join(","));
        let read = settings::foreign(file.as_bytes(), &cardkeep::error::Limits::default()).unwrap();
        assert!(!format!("{read:?}").contains("hunter2"));
        let path = |path: &str| path.trim_start_matches("power_user.").to_owned();
        read.warnings.iter().map(|one| path(&one.path)).collect()
    };
    assert_eq!(told(&secret.each_ref().map(member)), secret);
    assert_eq!(told(&plain.each_ref().map(member)), Vec::<String>::new());
    let nested = [
        r#""secrets":{"a":[{"value":"hunter2"}]}"#.to_owned(),
        r#""url":"https://me:hunter2@host/v1""#.to_owned(),
    ];
    assert_eq!(told(&nested), ["secrets.a.0.value", "url"]);
}
