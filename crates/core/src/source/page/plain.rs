//! HTML fragments made plain text.
//!
//! Vendors send their messages as HTML to be shown in a page. We show them in pages, terminals and
//! chats of our own, so tags go, references are resolved, and blocks become lines. This is no HTML
//! parser: it never fails, and what it does not know it leaves as it is. Its output is text, not
//! safe HTML; whoever shows it in a page escapes it.

/// Longest reference that is looked at; longer ones are text that happens to hold `&`.
const REFERENCE_MAX: usize = 10;

/// Tags that end a line. `p` and `ul` ask for an empty line, which is folded into one.
const LINES: &[&str] = &[
    "br", "p", "/p", "div", "/div", "li", "ul", "/ul", "ol", "/ol", "tr", "h1", "h2", "h3", "h4",
];

/// References by name that vendors use. Others stay as they are.
const NAMED: &[(&str, &str)] = &[
    ("amp", "&"),
    ("apos", "'"),
    ("bull", "•"),
    ("gt", ">"),
    ("hellip", "…"),
    ("ldquo", "“"),
    ("lsquo", "‘"),
    ("lt", "<"),
    ("mdash", "—"),
    ("nbsp", " "),
    ("ndash", "–"),
    ("quot", "\""),
    ("rdquo", "”"),
    ("rsquo", "’"),
];

/// Makes plain text of an HTML fragment: trimmed, at most one empty line in a row.
pub(in crate::source) fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut tags = Tags::default();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        rest = if from.starts_with('<') {
            tags.skip(from, &mut text)
        } else {
            resolve(from, &mut text)
        };
    }
    text.push_str(rest);
    tidy(&text)
}

/// What is known of the ends of tags further on, so that no end is looked for twice in vain.
#[derive(Default)]
struct Tags {
    none_ends: bool,
    no_comment_ends: bool,
}

impl Tags {
    /// Leaves a tag or comment out; a `<` that begins neither is text.
    fn skip<'a>(&mut self, from: &'a str, text: &mut String) -> &'a str {
        let inside = from.get(1..).unwrap_or_default();
        let (end, in_vain) = if inside.starts_with("!--") {
            ("-->", &mut self.no_comment_ends)
        } else {
            (">", &mut self.none_ends)
        };
        let begins = inside.starts_with(|first: char| first.is_ascii_alphabetic())
            || inside.starts_with(['/', '!']);
        let split = (begins && !*in_vain).then(|| inside.split_once(end));
        let Some(Some((tag, rest))) = split else {
            *in_vain |= split.is_some();
            text.push('<');
            return inside;
        };
        break_line(tag, text);
        rest
    }
}

/// Begins a line where a tag asks for one.
fn break_line(tag: &str, text: &mut String) {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '/';
    let name = tag.split(|character| !is_name(character)).next();
    let name = name.unwrap_or_default();
    let name = name.strip_suffix('/').unwrap_or(name);
    if LINES.iter().any(|line| name.eq_ignore_ascii_case(line)) {
        text.push('\n');
    }
    if name.eq_ignore_ascii_case("li") {
        text.push_str("- ");
    }
}

/// Resolves a reference; a `&` that begins none is text.
fn resolve<'a>(from: &'a str, text: &mut String) -> &'a str {
    let inside = from.get(1..).unwrap_or_default();
    let reference = inside
        .bytes()
        .take(REFERENCE_MAX + 1)
        .position(|byte| byte == b';')
        .and_then(|end| Some((inside.get(..end)?, inside.get(end + 1..)?)));
    if let Some((name, rest)) = reference {
        if let Some((_, meaning)) = NAMED.iter().find(|(known, _)| *known == name) {
            text.push_str(meaning);
            return rest;
        }
        if let Some(character) = name.strip_prefix('#').and_then(numbered) {
            text.push(character);
            return rest;
        }
    }
    text.push('&');
    inside
}

/// Reads the number of a character. NUL is none: no store takes it.
pub(in crate::source) fn numbered(digits: &str) -> Option<char> {
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(number).filter(|character| *character != '\0')
}

/// Trims each line and folds empty ones.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut n_empty = 0;
    for line in text
        .lines()
        .map(|line| line.trim_matches([' ', '\t', '\r', '\u{a0}']))
    {
        if line.is_empty() {
            n_empty += 1;
            continue;
        }
        if !tidied.is_empty() {
            tidied.push_str(if n_empty > 0 { "\n\n" } else { "\n" });
        }
        tidied.push_str(line);
        n_empty = 0;
    }
    tidied
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_go_and_blocks_become_lines() {
        let html = "<p><small>Mar <var data-var='date'> 1</var></small><br /><strong>Resolved</strong> \
                    - Over.<br><br />Sorry.</p><p>Next&nbsp;one</p>";
        assert_eq!(
            plain(html),
            "Mar  1\nResolved - Over.\n\nSorry.\n\nNext one"
        );
        assert_eq!(plain("<ul><li>One</li><li>Two</li></ul>"), "- One\n- Two");
        assert_eq!(plain("a<!-- <b> -->b<span title='>'>c</span>"), "ab'>c");
    }

    #[test]
    fn what_only_looks_like_html_stays() {
        for text in [
            "1 < 2 > 0",
            "a <",
            "R&D",
            "&nosuch;",
            "& ;",
            "x &#0; y",
            "&#xd800;",
            "<3",
        ] {
            assert_eq!(plain(text), text);
        }
        assert_eq!(plain("&#8217;&#x2019;&amp;lt;"), "’’&lt;");
    }

    #[test]
    fn a_page_of_unfinished_tags_takes_no_longer_than_any_other() {
        let html = "<a<!--".repeat(200_000);
        assert_eq!(plain(&html), html);
    }

    proptest! {
        #[test]
        fn never_panics_and_never_makes_nul(html in "[<>&;#/a-z0 \n\u{e9}!-]{0,200}") {
            prop_assert!(!plain(&html).contains('\0'));
        }
    }
}
