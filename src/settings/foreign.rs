//! Settings of SillyTavern and CardShark: what has a counterpart here, and what stays behind.
//!
//! Keys and passwords stand in the same files. They are never taken, and told by where they
//! stand, not by what they are.

use super::check;
use crate::error::{Kind, Limits, Result, Warning};
use crate::json::{Document, Node, quote};
use crate::secret;

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
    let (document, mut warnings) = Document::of_file(bytes, limits)?;
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
    secret::tell(&secret::all(root), &mut warnings);
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
