//! What is a secret in the files of other tools: keys, tokens and passwords, by their names and
//! by what an address or a header says.
//!
//! Knows no file: who reads one leaves out what is found here.

use crate::error::Warning;
use crate::json::{Node, Shape};
use std::ops::Range;

/// The code of the warning that one was left out.
pub(crate) const LEFT_OUT: &str = "secret-left-out";

/// So many secrets are told one by one.
const MOST_TOLD: usize = 50;

/// A name whose last word is one of these has a secret.
const LAST: [&str; 17] = [
    "password",
    "passwords",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "secrets",
    "jwt",
    "bearer",
    "authorization",
    "auth",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    // What is sent along with a request has the key in it.
    "headers",
    "apikeys",
];

/// `key` is a secret's last word behind these, or behind the name of a service.
const KEYS: [&str; 24] = [
    "api",
    "secret",
    "private",
    "access",
    "license",
    "auth",
    "encryption",
    "client",
    "subscription",
    "service",
    "account",
    "user",
    "app",
    "proxy",
    "openai",
    "claude",
    "anthropic",
    "openrouter",
    "mistral",
    "novel",
    "horde",
    "google",
    "azure",
    "deepseek",
];

/// Before `token`; those of a model's vocabulary have names too.
const TOKENS: [&str; 13] = [
    "access", "api", "auth", "bearer", "bot", "csrf", "discord", "github", "hf", "oauth",
    "refresh", "security", "session",
];

/// A secret in a document.
pub(crate) struct Secret {
    /// Such as `oai_settings.proxy_password`.
    pub path: String,
    /// Where its value stands.
    span: Range<usize>,
}

/// The secrets of a document, in order.
pub(crate) fn all(root: Node<'_>) -> Vec<Secret> {
    let mut found = Vec::new();
    within(root, "", false, &mut found);
    found
}

/// The value's text with an empty text in place of every secret.
pub(crate) fn blanked(root: Node<'_>, secrets: &[Secret]) -> String {
    let (text, start) = (root.raw(), root.span().start);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for secret in secrets {
        out.push_str(&text[at..secret.span.start - start]);
        out.push_str("\"\"");
        at = secret.span.end - start;
    }
    out.push_str(&text[at..]);
    out
}

/// Tells where they stood, not what they are.
pub(crate) fn tell(secrets: &[Secret], warnings: &mut Vec<Warning>) {
    for secret in secrets.iter().take(MOST_TOLD) {
        let message = "it is a secret; it was left out";
        warnings.push(Warning::noticed(LEFT_OUT, &*secret.path, message));
    }
    if secrets.len() > MOST_TOLD {
        let message = format!("{} more secrets were left out", secrets.len() - MOST_TOLD);
        warnings.push(Warning::noticed("more-warnings", "", message));
    }
}

/// `named`: whether something around it is called a secret.
fn within(node: Node<'_>, path: &str, named: bool, found: &mut Vec<Secret>) {
    let under = |key: &str| match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    match node.shape() {
        Shape::Array => {
            for (n, item) in node.items().enumerate() {
                within(item, &under(&n.to_string()), named, found);
            }
        }
        Shape::Object => {
            // A member that a later one of its name outdoes is in the text too.
            for key in node.keys() {
                let name = key.content();
                let named = named || is_name(&name);
                within(key.value(), &under(&name), named, found);
            }
        }
        Shape::String => {
            let text = node.text().unwrap_or_default();
            if !text.is_empty() && (named || has_password(&text)) {
                found.push(Secret {
                    path: path.to_owned(),
                    span: node.span(),
                });
            }
        }
        _ => {}
    }
}

/// Whether what has this name is a secret.
fn is_name(name: &str) -> bool {
    let words = words(name);
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    let joined = words.concat();
    let keyed = matches!(&**last, "key" | "keys")
        && before
            .last()
            .is_some_and(|word| KEYS.contains(&&**word) || word.ends_with("api"));
    let token = &**last == "token" && before.last().is_none_or(|word| TOKENS.contains(&&**word));
    LAST.contains(&&**last)
        || keyed
        || token
        || joined.contains("apikey")
        || [
            "password",
            "secretkey",
            "accesskey",
            "privatekey",
            "accesstoken",
            "authtoken",
        ]
        .iter()
        .any(|name| joined.ends_with(name))
}

/// The words of a name in any spelling, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for letter in name.chars() {
        let begins = letter.is_ascii_uppercase() && small;
        if !letter.is_alphanumeric() || begins {
            words.push(String::new());
        }
        small = letter.is_lowercase() || letter.is_numeric();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a text is an address with a password in it.
fn has_password(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let who = host.rsplit_once('@').map(|(who, _)| who);
    let plain = |text: &str| !text.contains(char::is_whitespace);
    who.is_some_and(|who| who.contains(':') && plain(who)) && plain(scheme)
}
