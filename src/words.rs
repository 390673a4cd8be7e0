//! Where words end, for whoever looks for whole ones.

/// Whether a word goes on with this character. Scripts without spaces, and Hangul, where more is
/// joined to a word, have no ends of words to look for.
pub(crate) fn goes_on(c: char) -> bool {
    let joined = matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ffdc}' | '\u{20000}'..);
    c.is_alphanumeric() && !joined
}
