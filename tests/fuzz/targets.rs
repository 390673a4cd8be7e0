//! What is run over an input, and what must hold whatever it is.
//!
//! A check gives the outcome in a few words: inputs of new outcomes are mutated further. A
//! broken promise is an `Err`.

use cardkeep::card::{self, Container, Peek, Spec, WriteOptions};
use cardkeep::chat;
use cardkeep::container::{exif, jpeg, png, webp, zip};
use cardkeep::error::{Error, Kind, Limits, Warning};
use cardkeep::json::Document;
use cardkeep::lore::{self, Dialect, matching};
use cardkeep::persona;
use cardkeep::prompt::macros;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

pub type Check = fn(&[u8]) -> Result<String, String>;

pub const TARGETS: [(&str, Check); 9] = [
    ("card", card_file),
    ("png", image),
    ("zip", archive),
    ("exif", comment),
    ("json", text),
    ("lorebook", lorebook),
    ("persona", personas),
    ("chat", log),
    ("macros", filled),
];

/// A picture to write into: making one takes longer than all the rest.
static PICTURE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let options = WriteOptions {
        container: Container::Png,
        image: None,
        assets: &[],
        limits: Limits::default(),
    };
    let document = Document::parse(r#"{"name":"A","first_mes":"b"}"#);
    document
        .and_then(|document| card::write(&document, &options))
        .unwrap_or_default()
});

/// Small, so that limits are met.
fn limits() -> Limits {
    Limits {
        file: 1 << 20,
        chunk: 1 << 20,
        text: 1 << 20,
        archive: 4 << 20,
        ..Limits::default()
    }
}

fn refused(error: &Error) -> String {
    format!("refused {}", error.kind().code())
}

fn codes(warnings: &[Warning]) -> String {
    let codes: BTreeSet<_> = warnings.iter().map(|warning| warning.code).collect();
    codes.into_iter().collect::<Vec<_>>().join(" ")
}

fn ensure(holds: bool, promise: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(promise.to_owned())
    }
}

fn kept<T>(result: cardkeep::error::Result<T>, promise: &str) -> Result<T, String> {
    result.map_err(|error| format!("{promise}: {error}"))
}

/// Growing over a limit by an edit is no broken promise.
fn grown<T>(result: cardkeep::error::Result<T>, promise: &str) -> Result<Option<T>, String> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == Kind::TooLarge => Ok(None),
        Err(error) => Err(format!("{promise}: {error}")),
    }
}

/// Whether a text is spelled as it should cross to JavaScript: in ASCII, but for documents that are
/// large and full of something else.
fn crosses_well(text: &str, file: &[u8]) -> bool {
    text.is_ascii() || file.len() >= 1 << 10
}

/// A text in ASCII, however much of it was spelled so.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out
}

fn card_file(bytes: &[u8]) -> Result<String, String> {
    let limits = limits();
    let read = card::read(bytes, &limits);
    let peeked = peek(bytes, &limits)?;
    let file = match (read, peeked) {
        (Ok(file), Ok(peeked)) => {
            ensure(
                peeked.document.bytes() == file.document.bytes(),
                "peeking finds another card",
            )?;
            ensure(
                peeked.container == file.container,
                "peeking finds another container",
            )?;
            file
        }
        (Err(error), Err(_)) => return Ok(refused(&error)),
        // Of an archive that has lost its end, behind a picture, only reading all of it tells.
        (Ok(file), Err(_)) if !file.container.is_image() && is_picture(bytes) => {
            return Ok("an archive without an end".to_owned());
        }
        (Ok(_), Err(error)) => return Err(format!("peeking is refused: {error}")),
        (Err(error), Ok(_)) => {
            return Err(format!(
                "peeking finds a card where reading does not: {error}"
            ));
        }
    };
    let view = card::view(&file.document);
    ensure(crosses_well(&view, bytes), "the view is not ASCII")?;
    kept(Document::parse(&view).map(drop), "the view is no JSON").or_else(|message| {
        // Deep documents within raised limits, and none here.
        if message.contains("too-large") {
            Ok(())
        } else {
            Err(message)
        }
    })?;
    let again = card::rewrite(bytes, &file.document, file.container, &limits);
    let (container, same) = kept(again, "an unedited card is not written")?;
    ensure(
        container == file.container && same == bytes,
        "an unedited card is not identical",
    )?;
    let fingerprint = card::fingerprint(&file.document);
    card::validate(&file.document);
    card::count_tokens(&file.document);
    for spec in [Spec::V1, Spec::V2, Spec::V3] {
        if let Some(converted) = grown(
            card::convert(&file.document, spec),
            "a card is not converted",
        )? {
            ensure(
                card::spec(&converted.document) == spec,
                "a converted card is of another specification",
            )?;
            let name = card::summary(&converted.document).name;
            ensure(
                name == card::summary(&file.document).name,
                "a converted card has another name",
            )?;
        }
    }
    let patch = kept(
        Document::parse(r#"{"name":"Fuzz \ud83d","tags":["a"],"extensions":{"a":{"b":1}}}"#),
        "the patch",
    )?;
    let Some(edited) = grown(card::edit(&file.document, &patch), "a card is not edited")? else {
        return Ok("edit too large".to_owned());
    };
    let once = grown(card::edit(&edited, &patch), "an edited card is not edited")?;
    if let Some(twice) = once {
        ensure(
            twice.bytes() == edited.bytes(),
            "the same edit twice changes something",
        )?;
    }
    ensure(
        card::fingerprint(&edited) != fingerprint
            || card::summary(&file.document).name.starts_with("Fuzz"),
        "another name has the same fingerprint",
    )?;
    if let Some((container, written)) = grown(
        card::rewrite(bytes, &edited, file.container, &limits),
        "an edited card is not written",
    )? && written.len() <= limits.file
        && let Some(again) = grown(
            card::read(&written, &limits),
            "what was written is not read",
        )?
    {
        ensure(
            again.container == container,
            "what was written is of another kind",
        )?;
        // The picture before an archive becomes its icon where it would hide the card.
        let icon = again.assets.iter().any(|asset| asset.bytes == bytes);
        says(
            &edited,
            &again.document,
            icon || container != file.container,
        )?;
    }
    let options = WriteOptions {
        container: Container::Png,
        image: Some(&PICTURE),
        assets: &[],
        limits: limits.clone(),
    };
    if let Some(written) = grown(
        card::write(&edited, &options),
        "a card is not written as PNG",
    )? && let Some(again) = grown(
        card::read(&written, &limits),
        "a PNG that was written is not read",
    )? {
        says(&edited, &again.document, false)?;
    }
    Ok(format!(
        "{} {} {} {}",
        file.container.as_str(),
        file.spec.as_str(),
        file.source.kind.unwrap_or("-"),
        codes(&file.warnings)
    ))
}

fn is_picture(bytes: &[u8]) -> bool {
    png::is(bytes) || jpeg::is(bytes) || webp::is(bytes)
}

/// Whether a card that was written says what it said.
fn says(wanted: &Document, found: &Document, moved: bool) -> Result<(), String> {
    let differences = card::differences(wanted, found);
    let root = wanted.root();
    let agnai =
        root.get("data").is_none() && root.get("persona").or(root.get("greeting")).is_some();
    // A picture becomes an asset of the archive that is made of it; V3 has a field that V2 has
    // not; what only Agnai has a place for moves to where it looks for it.
    let known = kept(Document::parse(&card::view(found)), "the view is no JSON")?;
    let other = differences.iter().find(|one| {
        let field = one.path.split('.').next().unwrap_or_default();
        // A key of another tool may have a dot at its end.
        let field = match one.path[field.len()..].starts_with("..") {
            true => &one.path[..=field.len()],
            false => field,
        };
        !(moved && field == "assets")
            && field != "group_only_greetings"
            && !(agnai && (field == "extensions" || known.root().get(field).is_none()))
    });
    match other {
        None => Ok(()),
        Some(other) => Err(format!(
            "what was written says something else in {}",
            other.path
        )),
    }
}

fn peek(bytes: &[u8], limits: &Limits) -> Result<cardkeep::error::Result<card::CardFile>, String> {
    let mut peek = Peek::new(bytes.len(), limits.clone());
    let mut steps = 0;
    while let Some(range) = peek.wants() {
        ensure(
            range.start < range.end && range.end <= bytes.len(),
            "peeking wants what is not there",
        )?;
        peek.give(range.start, &bytes[range]);
        steps += 1;
        ensure(steps < 200, "peeking does not end")?;
    }
    ensure(
        peek.bytes_read() <= bytes.len(),
        "peeking reads bytes twice",
    )?;
    Ok(peek.card())
}

fn image(bytes: &[u8]) -> Result<String, String> {
    let limits = limits();
    let mut warnings = Vec::new();
    let layout = match png::walk(bytes, &mut warnings) {
        Ok(layout) => layout,
        Err(error) => return Ok(refused(&error)),
    };
    let mut kinds = BTreeSet::new();
    let mut end = 0;
    for chunk in &layout.chunks {
        ensure(
            chunk.place.start >= end && chunk.place.end <= bytes.len(),
            "chunks overlap",
        )?;
        ensure(
            chunk.data.start >= chunk.place.start && chunk.data.end <= chunk.place.end,
            "data is outside of its chunk",
        )?;
        end = chunk.place.end;
        if let Some(kind) = png::text_kind(chunk.kind) {
            let read = chunk.text(bytes, &limits, &mut warnings);
            kinds.insert(format!(
                "{kind} {}",
                read.map_or_else(|error| refused(&error), |_| "text".to_owned())
            ));
        }
    }
    let same = kept(
        png::splice(bytes, &layout, |_| false, &[]),
        "splicing nothing",
    )?;
    ensure(same == bytes, "splicing nothing changes something")?;
    let written = kept(
        png::splice(bytes, &layout, |_| false, &[("fuzz", b"a text")]),
        "splicing a text",
    )?;
    ensure(
        written.len() == bytes.len() + 12 + 5 + 6,
        "splicing a text loses something",
    )?;
    let _ = card::thumbnail(
        bytes,
        &Limits {
            pixels: 1 << 16,
            ..limits
        },
    );
    let kinds: Vec<_> = kinds.into_iter().collect();
    Ok(format!("{} {}", kinds.join(" "), codes(&warnings)))
}

fn archive(bytes: &[u8]) -> Result<String, String> {
    let limits = limits();
    let mut warnings = Vec::new();
    let archive = match zip::read(bytes, &limits, &mut warnings) {
        Ok(Some(archive)) => archive,
        Ok(None) => return Ok("none".to_owned()),
        Err(error) => return Ok(refused(&error)),
    };
    let mut budget = limits.archive;
    let mut outcomes = BTreeSet::new();
    let mut spent = 0;
    for entry in &archive.entries {
        match entry.content(bytes, &mut budget, &limits, &mut warnings) {
            Ok(content) => {
                spent += content.len();
                outcomes.insert("content".to_owned());
            }
            Err(error) => drop(outcomes.insert(refused(&error))),
        }
    }
    ensure(
        spent <= limits.archive,
        "contents have more bytes than the limit",
    )?;
    let files: Vec<_> = archive
        .entries
        .iter()
        .map(|entry| entry.as_it_is(bytes))
        .collect();
    if let Some(written) = grown(zip::write(&files), "entries are not written as they are")? {
        let again = kept(
            zip::read(&written, &limits, &mut Vec::new()),
            "an archive that was written",
        )?;
        let count = again.map_or(0, |again| {
            again
                .entries
                .iter()
                .filter(|entry| !entry.name.is_empty())
                .count()
        });
        let wanted = files
            .iter()
            .filter(|file| !file.name.is_empty() && !file.name.ends_with('/'))
            .count();
        ensure(
            count == wanted,
            "an archive that was written has other entries",
        )?;
    }
    let outcomes: Vec<_> = outcomes.into_iter().collect();
    Ok(format!("{} {}", outcomes.join(" "), codes(&warnings)))
}

fn comment(bytes: &[u8]) -> Result<String, String> {
    let found = exif::user_comment(bytes).map(<[u8]>::len);
    ensure(
        found.is_none_or(|length| length <= bytes.len()),
        "a comment is longer than its file",
    )?;
    let read = card::read(bytes, &limits());
    Ok(match read {
        Ok(file) => format!("{} {}", file.container.as_str(), codes(&file.warnings)),
        Err(error) => format!("{} {}", refused(&error), found.is_some()),
    })
}

fn text(bytes: &[u8]) -> Result<String, String> {
    let (document, warnings) = match Document::read(bytes, &limits()) {
        Ok(read) => read,
        Err(error) => return Ok(refused(&error)),
    };
    ensure(
        document.bytes() == bytes,
        "an unpatched document is not identical",
    )?;
    let strict = document.to_strict();
    ensure(crosses_well(&strict, bytes), "strict JSON is not ASCII")?;
    let (again, noticed) = kept(
        Document::read(
            strict.as_bytes(),
            &Limits {
                text: 64 << 20,
                ..limits()
            },
        ),
        "strict JSON is not read",
    )?;
    ensure(
        noticed.iter().all(|one| one.code == "duplicate-key"),
        "strict JSON is not strict",
    )?;
    ensure(
        escaped(&again.to_strict()) == escaped(&strict),
        "strict JSON is not its own",
    )?;
    ensure(
        document.root().same(again.root()),
        "strict JSON says something else",
    )?;
    let amended = kept(
        document.amend(&[], again.root()),
        "a document is not amended",
    )?;
    // Patched text is UTF-8 whatever the bytes were; where nothing is patched they stay.
    ensure(
        amended.bytes() == bytes,
        "amending by the same changes something",
    )?;
    if let Some(set) = grown(document.set(&["fuzz".into()], "[1.50]"), "").unwrap_or(None) {
        let found = set.root().get("fuzz").map(|node| node.raw().to_owned());
        ensure(
            found.as_deref() == Some("[1.50]"),
            "what was set is not there",
        )?;
        let removed = kept(set.remove(&["fuzz".into()]), "what was set is not removed")?;
        ensure(
            removed.root().get("fuzz").is_none(),
            "what was removed is there",
        )?;
    }
    let serde = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    ensure(
        serde.is_none() || warnings.iter().all(|one| one.code == "duplicate-key"),
        "what serde_json accepts is warned of",
    )?;
    Ok(format!(
        "{:?} {} {}",
        document.root().shape(),
        document.root().len().min(8),
        codes(&warnings)
    ))
}

const DIALECTS: [Dialect; 7] = [
    Dialect::SillyTavern,
    Dialect::CharacterBook,
    Dialect::V3,
    Dialect::Agnai,
    Dialect::NovelAi,
    Dialect::Risu,
    Dialect::Tsv,
];

fn lorebook(bytes: &[u8]) -> Result<String, String> {
    let limits = limits();
    let file = match lore::read(bytes, &limits) {
        Ok(file) => file,
        Err(error) => return Ok(refused(&error)),
    };
    let messages = ["Look at the ice and snow, k1 k2!".to_owned()];
    let narrow = matching::Options {
        scan_depth: 0,
        min_activations: 3,
        group_scoring: true,
        character: matching::Character {
            name: Some("ice".to_owned()),
            tags: Some(Vec::new()),
        },
        ..matching::Options::default()
    };
    for options in [narrow, matching::Options::default()] {
        let matched = matching::run(&file.book, &messages, &options);
        ensure(
            matched.fired.len() + matched.skipped.len() == file.book.entries.len(),
            "an entry is neither fired nor skipped, or both",
        )?;
    }
    for dialect in DIALECTS {
        let written = kept(lore::write(&file.book, dialect), "a book is not written")?;
        if written.bytes.len() > limits.text || file.book.entries.is_empty() {
            continue;
        }
        // A table without a tab in its lines is none.
        if dialect == Dialect::Tsv && !written.losses.is_empty() {
            continue;
        }
        if let Some(again) = grown(
            lore::read(&written.bytes, &limits),
            &format!("a book of {}", dialect.as_str()),
        )? {
            ensure(
                again.book.entries.len() == file.book.entries.len() || !written.losses.is_empty(),
                &format!("entries are lost without a word in {}", dialect.as_str()),
            )?;
        }
    }
    Ok(format!(
        "{} {} {}",
        file.dialect.as_str(),
        file.book.entries.len().min(4),
        codes(&file.warnings)
    ))
}

fn personas(bytes: &[u8]) -> Result<String, String> {
    let limits = limits();
    let file = match persona::read(bytes, &limits) {
        Ok(file) => file,
        Err(error) => return Ok(refused(&error)),
    };
    let patch = kept(
        Document::parse(
            r#"{"name":"Fuzz","title":"t","depth":3,"position":"none","connections":[1]}"#,
        ),
        "the patch",
    )?;
    for document in file.personas.iter().take(4) {
        let view = persona::view(document);
        ensure(
            crosses_well(&view, bytes) && Document::parse(&view).is_ok(),
            "the view is no JSON",
        )?;
        let Some(edited) = grown(persona::edit(document, &patch), "a persona is not edited")?
        else {
            continue;
        };
        let told = persona::view(&edited);
        for wanted in [
            r#""name":"Fuzz""#,
            r#""title":"t""#,
            r#""depth":3"#,
            r#""position":"none""#,
        ] {
            ensure(
                told.contains(wanted),
                &format!("an edit is not told: {wanted} in {told}"),
            )?;
        }
        let same = persona::edit(&edited, &patch);
        ensure(
            same.is_ok_and(|same| same.bytes() == edited.bytes()),
            "the same edit twice changes something",
        )?;
        for dialect in [
            persona::Dialect::SillyTavern,
            persona::Dialect::Risu,
            persona::Dialect::CardShark,
        ] {
            let options = persona::WriteOptions {
                dialect,
                image: (dialect != persona::Dialect::SillyTavern).then_some(PICTURE.as_slice()),
                limits: limits.clone(),
            };
            let written = persona::write(std::slice::from_ref(&edited), &options);
            let Some(written) = grown(written, "a persona is not written")? else {
                continue;
            };
            if let Some(again) = grown(
                persona::read(&written.bytes, &limits),
                "a persona that was written is not read",
            )? {
                let name = again.personas.first().map(|one| persona::summary(one).name);
                ensure(
                    name.as_deref() == Some("Fuzz"),
                    "a persona that was written has another name",
                )?;
                ensure(
                    again.dialect == dialect,
                    "a persona that was written is of another tool",
                )?;
            }
        }
    }
    if let Some(all) = grown(
        persona::write(
            &file.personas,
            &persona::WriteOptions {
                dialect: persona::Dialect::SillyTavern,
                image: None,
                limits: limits.clone(),
            },
        ),
        "personas are not written",
    )? && all.bytes.len() <= limits.text
        && !file.personas.is_empty()
    {
        let again = kept(
            persona::read(&all.bytes, &limits),
            "a backup that was written is not read",
        )?;
        ensure(
            again.personas.len() == file.personas.len(),
            "a backup has other personas",
        )?;
    }
    Ok(format!(
        "{} {} {}",
        file.dialect.as_str(),
        file.personas.len().min(4),
        codes(&file.warnings)
    ))
}

fn log(bytes: &[u8]) -> Result<String, String> {
    let file = match chat::read(bytes, &limits()) {
        Ok(file) => file,
        Err(error) => return Ok(refused(&error)),
    };
    let mut whole = Vec::new();
    for session in &file.sessions {
        whole.extend(session.header.iter().cloned());
        whole.extend(session.lines.iter().cloned());
    }
    let together: Vec<u8> = whole
        .iter()
        .flat_map(|range| &file.bytes[range.clone()])
        .copied()
        .collect();
    ensure(
        together == *file.bytes,
        "the lines put together are not the file",
    )?;
    let faults: BTreeSet<_> = file.faults.iter().map(|fault| fault.code).collect();
    Ok(format!(
        "{} {} {faults:?} {}",
        file.dialect.as_str(),
        file.sessions.len().min(3),
        codes(&file.warnings)
    ))
}

fn filled(bytes: &[u8]) -> Result<String, String> {
    let text = String::from_utf8_lossy(bytes);
    let options = macros::Options {
        character: "Ann {{user}}".to_owned(),
        user: "{{char}}".to_owned(),
        values: BTreeMap::from([("fuzz".to_owned(), "{{fuzz}}".to_owned())]),
        seed: 7,
        most: 1 << 18,
        variables: Some(BTreeMap::from([("v".to_owned(), "{{v}}".to_owned())])),
        globals: Some(BTreeMap::new()),
        now_ms: Some(i64::from_le_bytes(std::array::from_fn(|n| {
            bytes.get(n).copied().unwrap_or_default()
        }))),
        ..macros::Options::default()
    };
    match macros::fill(&text, &options) {
        Ok(filled) => {
            ensure(
                filled.text.len() <= options.most,
                "a text is longer than the limit",
            )?;
            Ok(format!(
                "{} {} {}",
                filled.unknown.len().min(4),
                filled.comments.len().min(2),
                filled.hidden_keys.len().min(2)
            ))
        }
        Err(error) => Ok(refused(&error)),
    }
}
