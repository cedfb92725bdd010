//! Rust source with its comments and literals blanked, so that a rule about code
//! does not trip over a sentence.
//!
//! A lexer of the few things that matter here and no more: it promises to keep every
//! line and column, and does not know a single keyword.

/// Returns `text` with every character of a comment or literal replaced by a space.
///
/// Line breaks stay, so that line numbers stay. An unterminated literal or comment
/// blanks the rest.
pub(super) fn without_comments_and_literals(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut previous = ' ';
    while let Some(first) = rest.chars().next() {
        // Inside an identifier nothing opens: the `r` of `for"` is no raw string.
        let opaque = if is_identifier(previous) {
            quoted(rest)
        } else {
            opaque(rest)
        };
        let length = if let Some(length) = opaque {
            blank(&rest[..length], &mut code);
            previous = ' ';
            length
        } else {
            code.push(first);
            previous = first;
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    code
}

/// Returns the length of the comment or literal that `rest` starts with, if any.
fn opaque(rest: &str) -> Option<usize> {
    raw_string(rest).or_else(|| quoted(rest))
}

fn quoted(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        Some(rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        Some(block_comment(rest))
    } else if rest.starts_with('"') {
        Some(string(rest))
    } else {
        character(rest)
    }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(step) = rest.get(at..).filter(|left| !left.is_empty()) {
        if step.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if step.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += step.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// `r"…"`, `br#"…"#` and the like; `None` for `r#type`.
fn raw_string(rest: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        rest.strip_prefix(prefix)
            .is_some_and(|left| left.starts_with(['"', '#']))
    })?;
    let after = &rest[prefix.len()..];
    let n_hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[n_hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(n_hashes));
    let opening = rest.len() - body.len();
    Some(
        body.find(&end)
            .map_or(rest.len(), |at| opening + at + end.len()),
    )
}

/// A character literal; `None` for a lifetime, which has no closing quote.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let mut characters = body.chars();
    let first = characters.next()?;
    if first == '\\' {
        let escaped = characters.next()?;
        let after = 1 + escaped.len_utf8();
        return body[after..].find('\'').map(|at| 1 + after + at + 1);
    }
    (characters.next() == Some('\'')).then(|| 1 + first.len_utf8() + 1)
}

fn blank(opaque: &str, code: &mut String) {
    code.extend(
        opaque
            .chars()
            .map(|character| if character == '\n' { '\n' } else { ' ' }),
    );
}

/// Tells whether a character can stand inside an identifier.
pub(super) fn is_identifier(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::without_comments_and_literals as strip;

    #[test]
    fn comments_go_and_lines_stay() {
        assert_eq!(strip("a // b\nc"), "a     \nc");
        assert_eq!(strip("a /* b /* c */\n d */ e"), "a             \n      e");
        assert_eq!(strip("a /* b"), "a     ");
    }

    #[test]
    fn strings_go_with_what_looks_like_a_comment_in_them() {
        assert_eq!(strip(r#"a("x://y"); b"#), "a(       ); b");
        assert_eq!(strip(r#"a("\"//"); b"#), "a(      ); b");
        assert_eq!(strip("a(r#\"x\"y\"#); b"), "a(        ); b");
    }

    #[test]
    fn characters_go_and_lifetimes_stay() {
        assert_eq!(strip(r"a('\'', '/'); b"), "a(    ,    ); b");
        assert_eq!(strip("fn a<'b>(c: &'b str) {}"), "fn a<'b>(c: &'b str) {}");
    }

    #[test]
    fn raw_identifiers_stay() {
        assert_eq!(strip("r#type = barr\"x\";"), "r#type = barr   ;");
    }
}
