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
            "theme": "system", "userName": "You", "pageSize": 50, "versionsKept": 10, "compress": true,
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
