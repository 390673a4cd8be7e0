//! The data folders of SillyTavern and CardShark: what each of their files is, told by its path.
//!
//! Of what the files say it knows groups, which bind characters and chats and are no records of
//! their own. It does not know how a folder is walked. A path counts from its first
//! folder with a known name, so it does not matter whether somebody gives the folder of a user,
//! all of `data`, a single folder of it or the whole installation; what stands before is the
//! [`Place::root`], which keeps several users apart.
//!
//! ```
//! use cardkeep::folder::{Place, What};
//!
//! let place = Place::of("data/default-user/chats/Ann/first.jsonl");
//! assert_eq!((place.what, &*place.root, &*place.of), (What::Chat, "data/default-user", "Ann"));
//! ```

mod group;

pub use group::{Group, GroupChat};

use crate::order;
use serde::Serialize;

/// What a file is. The order is the one in which they are taken: what others name comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// A character card.
    Character,
    /// A lorebook.
    Lorebook,
    /// A preset or a template.
    Template,
    /// Personas, one or a backup of several.
    Persona,
    /// The settings, with SillyTavern's personas in them.
    Settings,
    /// The picture that a persona is known by.
    Avatar,
    /// The state of a world.
    World,
    /// What lies beside a world's state: its pictures, its events.
    WorldFile,
    /// Who is in a group, and which chats are the group's.
    Group,
    /// A chat with a character.
    Chat,
    /// A chat of a group.
    GroupChat,
    /// A chat at a place of a world.
    WorldChat,
    /// A picture, a sound or a film that is no part of a record.
    Asset,
    /// Left where it is.
    Skipped,
}

/// Why a file is left where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It holds keys or passwords, and is not read.
    Secret,
    /// There is nothing here that it could become.
    NoPlace,
    /// It is a copy of what stands elsewhere in the folder.
    Copy,
    /// It belongs to the program or to the system.
    Program,
    /// Nothing is known of it.
    Unknown,
}

/// Where a file stands in the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// What it is.
    pub what: What,
    /// What stands before the folder with a known name.
    pub root: String,
    /// Whose it is: the folder of a chat, else the file's name without its extension.
    pub of: String,
    /// Whether the path alone does not tell: what turns out to be something else is left.
    pub guess: bool,
    /// Why it is left where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// What the files at some paths are, in the order in which they are to be taken: each with the
/// number of its path. Files of a kind stay as they stand.
pub fn plan(paths: &[String]) -> Vec<(usize, Place)> {
    let places = paths.iter().map(|path| Place::of(path));
    let mut plan: Vec<(usize, Place)> = places.enumerate().collect();
    order::sort_by(&mut plan, |(_, a), (_, b)| a.what.cmp(&b.what));
    plan
}

/// Folders whose files are all of one kind, by their names in lower case.
const FOLDERS: &[(&str, What)] = &[
    ("characters", What::Character),
    ("chats", What::Chat),
    ("group chats", What::GroupChat),
    ("groups", What::Group),
    ("worlds", What::Lorebook),
    ("instruct", What::Template),
    ("context", What::Template),
    ("sysprompt", What::Template),
    ("reasoning", What::Template),
    ("openai settings", What::Template),
    ("textgen settings", What::Template),
    ("koboldai settings", What::Template),
    ("novelai settings", What::Template),
    ("templates", What::Template),
    ("user avatars", What::Avatar),
    ("users", What::Persona),
    ("backgrounds", What::Asset),
    ("assets", What::Asset),
    ("user", What::Asset),
];

/// Folders of which nothing is taken.
const LEFT: &[(&str, Reason)] = &[
    ("themes", Reason::NoPlace),
    ("movingui", Reason::NoPlace),
    ("quickreplies", Reason::NoPlace),
    ("workflows", Reason::NoPlace),
    ("vectors", Reason::NoPlace),
    ("extensions", Reason::Program),
    ("thumbnails", Reason::Copy),
    ("backups", Reason::Copy),
    ("node_modules", Reason::Program),
    ("__macosx", Reason::Program),
    ("_storage", Reason::Secret),
    ("_cache", Reason::Program),
    ("_uploads", Reason::Program),
];

/// Files that are never read.
const SECRETS: &[&str] = &[
    "secrets.json",
    "cookie-secret.txt",
    "config.yaml",
    "config.conf",
    ".env",
];

/// Files that the programs and systems write for themselves.
const PROGRAM: &[&str] = &[
    "stats.json",
    "content.log",
    "access.log",
    "image-metadata.json",
    "active_chats.json",
    "package.json",
    "package-lock.json",
    "desktop.ini",
    "thumbs.db",
];

impl Place {
    /// What the file at a path is. Folders are told apart by `/` or `\`.
    pub fn of(path: &str) -> Place {
        let path = path.replace('\\', "/");
        let parts: Vec<&str> = path
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        let Some((file, folders)) = parts.split_last() else {
            return Place::left("", Reason::Unknown);
        };
        // A text is what it is when it is compressed, too.
        let plain = file.len().saturating_sub(3);
        let packed = file
            .get(plain..)
            .is_some_and(|it| it.eq_ignore_ascii_case(".gz"));
        let text = |name: &&str| name.ends_with(".json") || name.ends_with(".jsonl");
        let file = match file.get(..plain).filter(text) {
            Some(name) if packed => name,
            _ => *file,
        };
        let (stem, extension) = match file.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => (stem, extension.to_ascii_lowercase()),
            _ => (file, String::new()),
        };
        let name = file.to_ascii_lowercase();
        let root = |at: usize| folders[..at].join("/");
        // Before any folder: a file of secrets is one wherever it stands.
        if SECRETS.contains(&&*name) {
            return Place::left(&root(folders.len()), Reason::Secret);
        }
        if name.starts_with('.') || PROGRAM.contains(&&*name) {
            return Place::left(&root(folders.len()), Reason::Program);
        }
        for (at, folder) in folders.iter().enumerate() {
            let folder = folder.to_ascii_lowercase();
            if let Some(reason) = left(&&*folder) {
                return Place::left(&root(at), reason);
            }
            // What the program brings along for new users.
            if folder == "content" && at > 0 && folders[at - 1].eq_ignore_ascii_case("default") {
                return Place::left(&root(at), Reason::Program);
            }
            if folder.starts_with('.') && folder != ".." {
                return Place::left(&root(at), Reason::Program);
            }
            if let Some((_, what)) = FOLDERS.iter().find(|(name, _)| *name == folder) {
                return Place::inside(*what, &root(at), &folders[at + 1..], stem, &extension);
            }
        }
        Place::loose(&root(folders.len()), &name, stem, &extension)
    }

    /// A file in a folder with a known name, perhaps in folders of that.
    fn inside(what: What, root: &str, within: &[&str], stem: &str, extension: &str) -> Place {
        let found = |what, of: &str| Place::found(what, root, of);
        let unknown = || Place::left(root, Reason::Unknown);
        match (what, within, extension) {
            (What::Character, [], "json") => found(what, stem),
            (What::Character, [], _) if is_card(extension) => found(what, stem),
            // Expressions stand in a folder of the character's name, and so may other characters.
            (What::Character, [_, ..], _) if is_card(extension) => found(what, stem).guessed(),
            (What::Chat, [of, ..], "jsonl" | "json") => found(what, of),
            (What::Chat, [], "jsonl" | "json") => found(what, ""),
            (What::GroupChat, _, "jsonl") => found(what, stem),
            (What::Group, [], "json") => found(what, stem),
            (What::Lorebook, [], "json") => found(what, stem),
            // A world of CardShark may be a card.
            (What::Lorebook, [], "png") => found(What::Character, stem).guessed(),
            (What::Lorebook, [of], "json") if stem == "world_state" => found(What::World, of),
            (What::Lorebook, [of, "chats"], "jsonl") => found(What::WorldChat, of),
            (What::Lorebook, [of, within @ ..], _) => match within.first().and_then(left) {
                Some(reason) => Place::left(root, reason),
                None => found(What::WorldFile, of),
            },
            // Presets of services that are not known here.
            (What::Template, [], "json" | "settings") => found(what, stem).guessed(),
            (What::Avatar, [], _) if is_picture(extension) => found(what, stem),
            (What::Persona, [], "png" | "json") => found(what, stem),
            (What::Asset, _, _) if is_picture(extension) || is_played(extension) => {
                found(what, stem)
            }
            (What::Asset, _, _) => Place::left(root, Reason::NoPlace),
            _ => unknown(),
        }
    }

    /// A file outside of all folders with a known name.
    fn loose(root: &str, name: &str, stem: &str, extension: &str) -> Place {
        match extension {
            "json" if name == "settings.json" => Place::found(What::Settings, root, stem),
            "json" if name == "world_state.json" => Place::found(What::World, root, stem),
            "json" if name.starts_with("personas") => Place::found(What::Persona, root, stem),
            "jsonl" => Place::found(What::Chat, root, "").guessed(),
            _ if is_card(extension) => Place::found(What::Character, root, stem).guessed(),
            _ => Place::left(root, Reason::Unknown),
        }
    }

    fn found(what: What, root: &str, of: &str) -> Place {
        Place {
            what,
            root: root.to_owned(),
            of: of.to_owned(),
            guess: false,
            reason: None,
        }
    }

    fn left(root: &str, reason: Reason) -> Place {
        Place {
            reason: Some(reason),
            ..Place::found(What::Skipped, root, "")
        }
    }

    fn guessed(self) -> Place {
        Place {
            guess: true,
            ..self
        }
    }
}

/// Why nothing is taken of a folder of this name.
fn left(folder: &&str) -> Option<Reason> {
    let known = LEFT
        .iter()
        .find(|(name, _)| folder.eq_ignore_ascii_case(name));
    known.map(|(_, reason)| *reason)
}

fn is_card(extension: &str) -> bool {
    matches!(
        extension,
        "png" | "apng" | "webp" | "jpg" | "jpeg" | "charx" | "byaf" | "yaml" | "yml"
    )
}

fn is_picture(extension: &str) -> bool {
    matches!(extension, "png" | "webp" | "jpg" | "jpeg" | "gif" | "avif")
}

fn is_played(extension: &str) -> bool {
    matches!(extension, "mp3" | "ogg" | "wav" | "m4a" | "mp4" | "webm")
}
