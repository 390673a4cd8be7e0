//! Settings of SillyTavern and CardShark: what has a counterpart here, and what stays behind.
//!
//! Keys and passwords stand in the same files. They are never taken, and told by where they
//! stand, not by what they are.

use super::check;
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, Shape, quote};

/// So many secrets are told one by one.
const MOST_SECRETS: usize = 50;

/// Settings of another tool.
#[derive(Debug)]
pub struct Foreign {
    /// `sillytavern` or `cardshark`.
    pub tool: &'static str,
    /// Those that have a counterpart: its name and the value as JSON.
    pub patch: Vec<(&'static str, String)>,
    /// The members of the file that have none, or not all of which have one.
    pub rest: Vec<String>,
    /// What was odd, and which secrets were left out.
    pub warnings: Vec<Warning>,
}

/// Reads the `settings.json` of SillyTavern or CardShark.
///
/// # Errors
/// `unsupported` when it is of neither, `bad-json`, `bad-encoding`, `too-large`.
pub fn foreign(bytes: &[u8], limits: &Limits) -> Result<Foreign> {
    let (document, mut warnings) = Document::read(bytes, limits)?;
    let root = document.root();
    let has = |names: &[&str]| names.iter().any(|name| root.get(name).is_some());
    let tool = if has(&["power_user", "oai_settings", "world_info_settings"]) {
        "sillytavern"
    } else if has(&["apis", "activeApiId", "character_directory"]) {
        "cardshark"
    } else {
        let detail = "these are settings of neither SillyTavern nor CardShark";
        return Err(Kind::Unsupported.because(detail));
    };
    let mut patch = Vec::new();
    // The member that is taken whole, and what it becomes.
    let (member, setting) = match tool {
        "sillytavern" => {
            let name = root.get("username");
            take(
                "userName",
                name.map(Node::raw),
                "username",
                &mut patch,
                &mut warnings,
            )?;
            let shown = root
                .get("power_user")
                .and_then(|power| power.get("chat_truncation"))
                .and_then(Node::number);
            // There 0 means all of them.
            let shown = shown.map(|count| match count {
                0.0 => 500.0,
                count => count.clamp(10.0, 500.0).round(),
            });
            let shown = shown.map(|count| count.to_string());
            let place = "power_user.chat_truncation";
            take(
                "pageSize",
                shown.as_deref(),
                place,
                &mut patch,
                &mut warnings,
            )?;
            ("username", "userName")
        }
        _ => {
            let theme = root.get("theme").and_then(Node::text);
            let theme = theme.map(|theme| quote(&theme.to_ascii_lowercase()));
            take(
                "theme",
                theme.as_deref(),
                "theme",
                &mut patch,
                &mut warnings,
            )?;
            ("theme", "theme")
        }
    };
    let rest = root.entries().map(|(key, _)| key.into_owned());
    let taken = patch.iter().any(|(key, _)| *key == setting);
    let rest = rest.filter(|key| !taken || key != member).collect();
    let mut secrets = 0;
    secrets_in(root, "", &mut secrets, &mut warnings);
    if secrets > MOST_SECRETS {
        let message = format!("{} more secrets were left out", secrets - MOST_SECRETS);
        warnings.push(Warning::noticed("more-warnings", "", message));
    }
    Ok(Foreign {
        tool,
        patch,
        rest,
        warnings,
    })
}

/// Takes a value over where it can be one here.
fn take(
    key: &'static str,
    value: Option<&str>,
    place: &str,
    patch: &mut Vec<(&'static str, String)>,
    warnings: &mut Vec<Warning>,
) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    match check(key, Document::parse(value)?.root()) {
        Ok(()) => patch.push((key, value.to_owned())),
        Err(error) => warnings.push(Warning::noticed("bad-value", place, error.to_string())),
    }
    Ok(())
}

fn secrets_in(node: Node<'_>, place: &str, count: &mut usize, warnings: &mut Vec<Warning>) {
    let within = |key: &str| match place {
        "" => key.to_owned(),
        place => format!("{place}.{key}"),
    };
    match node.shape() {
        Shape::Array => {
            for (n, item) in node.items().enumerate() {
                secrets_in(item, &within(&n.to_string()), count, warnings);
            }
        }
        Shape::Object => {
            for (key, value) in node.entries() {
                if !is_secret(&key, value) {
                    secrets_in(value, &within(&key), count, warnings);
                    continue;
                }
                *count += 1;
                if *count <= MOST_SECRETS {
                    let message = "it is a secret; it was left out";
                    let place = within(&key);
                    warnings.push(Warning::noticed("secret-left-out", place, message));
                }
            }
        }
        _ => {}
    }
}

fn is_secret(key: &str, value: Node<'_>) -> bool {
    if value.shape() != Shape::String || value.text().is_none_or(|text| text.is_empty()) {
        return false;
    }
    let letters = key.chars().filter(char::is_ascii_alphanumeric);
    let key: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    let named = [
        "password",
        "secret",
        "accesstoken",
        "authtoken",
        "authorization",
    ];
    key == "token" || key.contains("apikey") || named.iter().any(|name| key.ends_with(name))
}
