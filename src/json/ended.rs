//! A text that ends too soon, ended: what is whole in it, with what is open closed.

/// What is open at a place: its bracket, where the last whole value in it ends, and whether the
/// next text in it is a value.
struct Open {
    bracket: u8,
    whole: usize,
    value: bool,
}

/// The text up to its last whole value, with everything closed; `None` when nothing is open or
/// more than `depth` is. An object in a list, or at the root behind others, goes when it is what the
/// text ends in: half a message would say something that nobody said.
pub(crate) fn ended(text: &[u8], depth: usize) -> Option<Vec<u8>> {
    let mut open: Vec<Open> = Vec::new();
    let mut behind = 0;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let Some(end) = string(text, at) else { break };
                at = end;
                if let Some(last) = open.last_mut().filter(|last| last.value) {
                    last.whole = end;
                }
            }
            b'{' | b'[' if open.len() == depth => return None,
            b'{' | b'[' => open.push(Open {
                bracket: *byte,
                whole: at,
                value: *byte == b'[',
            }),
            b'}' | b']' => {
                // The brackets are two apart in ASCII.
                open.pop().filter(|last| last.bracket + 2 == *byte)?;
                match open.last_mut() {
                    Some(last) => last.whole = at,
                    None => behind = at,
                }
            }
            b':' => open.last_mut()?.value = true,
            b',' => {
                if let Some(last) = open.last_mut() {
                    last.whole = at - 1;
                    last.value = last.bracket == b'[';
                }
            }
            _ => {}
        }
    }
    let last = open.pop()?;
    let outer = open
        .last()
        .map_or((b'[', behind), |outer| (outer.bracket, outer.whole));
    let mut out = match (last.bracket, outer) {
        (b'{', (b'[', whole)) if whole > 0 => text[..whole].to_vec(),
        _ => [&text[..last.whole], &[last.bracket + 2]].concat(),
    };
    out.extend(open.iter().rev().map(|open| open.bracket + 2));
    Some(out)
}

/// Behind the quotation mark that ends the string whose content begins at `at`.
fn string(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += super::unquoted(text.get(at..)?);
        match text.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ended;

    #[test]
    fn what_is_whole_stays_and_what_is_open_is_closed() {
        let of = |text: &str| {
            let ended = ended(text.as_bytes(), 8)?;
            Some(String::from_utf8(ended).expect("it is cut between characters"))
        };
        for (text, whole) in [
            (r#"["a", "b"#, Some(r#"["a"]"#)),
            (r#"["a", "b""#, Some(r#"["a", "b"]"#)),
            (r#"[1, 23"#, Some("[1]")),
            (
                r#"{"a": [{"b": 1}, {"c": 2, "d"#,
                Some(r#"{"a": [{"b": 1}]}"#),
            ),
            (
                r#"{"a": [{"b": "]\"}", "c": ["#,
                Some(r#"{"a": [{"b": "]\"}", "c": []}]}"#),
            ),
            (r#"{"a": {"b": 1, "c": "d"#, Some(r#"{"a": {"b": 1}}"#)),
            (r#"{"a": "b", "c": "#, Some(r#"{"a": "b"}"#)),
            (r#"{"a": "b"} {"c": "d", "#, Some(r#"{"a": "b"}"#)),
            (r#"{"a"#, Some("{}")),
            (r#"{"a": 1}"#, None),
            ("[}", None),
            ("]", None),
            ("[[[[[[[[[", None),
            ("", None),
        ] {
            assert_eq!(of(text).as_deref(), whole, "{text}");
        }
    }
}
