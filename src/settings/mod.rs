//! Settings: what there is to set, the defaults, and which values are possible.
//!
//! One table says it all. Where a value is kept is not known here.

mod foreign;

pub use foreign::{Foreign, foreign};

use crate::error::{Kind, Result};
use crate::json::{Node, Shape};

/// Longer names fit on no screen.
const MOST_NAME_CHARS: usize = 100;

/// More are a mistake.
const MOST_IDS: usize = 100;

struct Setting {
    key: &'static str,
    /// As JSON.
    default: &'static str,
    values: Values,
}

enum Values {
    Words(&'static [&'static str]),
    Whole(u32, u32),
    /// True or false.
    Flag,
    /// A text that is not blank and of one line.
    Name,
    /// What a record is called in the keep, or nothing.
    Id,
    /// What some records are called, each once.
    Ids,
}

const SETTINGS: [Setting; 16] = [
    Setting {
        key: "theme",
        default: r#""system""#,
        values: Values::Words(&["system", "light", "dark"]),
    },
    Setting {
        key: "userName",
        default: r#""You""#,
        values: Values::Name,
    },
    Setting {
        key: "lastWorld",
        default: r#""""#,
        values: Values::Id,
    },
    Setting {
        key: "hiddenTemplates",
        default: "[]",
        values: Values::Ids,
    },
    Setting {
        key: "pageSize",
        default: "50",
        values: Values::Whole(10, 500),
    },
    Setting {
        key: "versionsKept",
        default: "10",
        values: Values::Whole(0, 100),
    },
    Setting {
        key: "compress",
        default: "true",
        values: Values::Flag,
    },
    Setting {
        key: "autosaveDelay",
        default: "500",
        values: Values::Whole(0, 60_000),
    },
    Setting {
        key: "autosaveMaxWait",
        default: "5000",
        values: Values::Whole(100, 600_000),
    },
    Setting {
        key: "autosaveInterval",
        default: "30000",
        values: Values::Whole(0, 600_000),
    },
    Setting {
        key: "trashDays",
        default: "30",
        values: Values::Whole(0, 3650),
    },
    Setting {
        key: "compareDays",
        default: "7",
        values: Values::Whole(0, 365),
    },
    Setting {
        key: "backupHours",
        default: "24",
        values: Values::Whole(0, 8_760),
    },
    Setting {
        key: "backupWrites",
        default: "1000",
        values: Values::Whole(0, 1_000_000),
    },
    Setting {
        key: "backupsKept",
        default: "10",
        values: Values::Whole(1, 100),
    },
    Setting {
        key: "backupMegabytes",
        default: "500",
        values: Values::Whole(1, 1_000_000),
    },
];

/// The names of all settings.
pub fn keys() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|setting| setting.key)
}

/// All settings with their defaults, as a JSON object.
pub fn defaults() -> String {
    let member = |setting: &Setting| format!(r#""{}":{}"#, setting.key, setting.default);
    let members: Vec<_> = SETTINGS.iter().map(member).collect();
    format!("{{{}}}", members.join(","))
}

/// Whether a setting may have a value.
///
/// # Errors
/// `bad-option` when there is no such setting, `invalid` when the value is not possible.
pub fn check(key: &str, value: Node<'_>) -> Result<()> {
    let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
        let known: Vec<_> = keys().collect();
        let known = known.join("`, `");
        return Err(
            Kind::BadOption.because(format!("there is no setting `{key}`, there are `{known}`"))
        );
    };
    let (possible, wanted) = match &setting.values {
        Values::Words(words) => {
            let said = value
                .text()
                .is_some_and(|text| words.contains(&text.as_ref()));
            (said, format!("one of `{}`", words.join("`, `")))
        }
        Values::Whole(least, most) => {
            let range = f64::from(*least)..=f64::from(*most);
            let whole = |number: f64| range.contains(&number) && number.fract() == 0.0;
            (
                value.number().is_some_and(whole),
                format!("a whole number from {least} to {most}"),
            )
        }
        Values::Flag => (value.shape() == Shape::Bool, "true or false".to_owned()),
        Values::Id => {
            let id = |text: &str| {
                text.chars().count() <= MOST_NAME_CHARS && !text.contains(char::is_control)
            };
            let said = value.shape() == Shape::String && id(&value.text().unwrap_or_default());
            (
                said,
                format!("an id of at most {MOST_NAME_CHARS} characters, or empty"),
            )
        }
        Values::Ids => {
            let ids: Vec<_> = value.items().map(Node::text).collect();
            let once = |n: usize| ids[n].is_some() && !ids[..n].contains(&ids[n]);
            let said = value.shape() == Shape::Array && ids.len() <= MOST_IDS;
            let said = said && (0..ids.len()).all(once);
            (said, format!("a list of at most {MOST_IDS} ids, each once"))
        }
        Values::Name => {
            let name = |text: &str| {
                !text.trim().is_empty()
                    && text.chars().count() <= MOST_NAME_CHARS
                    && !text.contains(char::is_control)
            };
            let said = value.shape() == Shape::String && name(&value.text().unwrap_or_default());
            (said, format!("a line of 1 to {MOST_NAME_CHARS} characters"))
        }
    };
    if possible {
        Ok(())
    } else {
        Err(Kind::Invalid.because(format!("`{key}` must be {wanted}")))
    }
}
