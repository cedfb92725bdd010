//! Expressions in CEL, parsed and judged before the first body arrives.
//!
//! CEL ends always, but the crate bounds neither its time nor its memory, and its bodies are other
//! people's. So an expression is short, and the judge refuses, with its place, what could take more
//! than the budget that it is evaluated within. Regular expressions are not offered: `matches` does
//! not exist.
//! Source: <https://github.com/google/cel-spec/blob/master/doc/langdef.md>.

use cel::common::ast::{IdedExpr, SourceInfo};
use cel::parser::Parser;

use super::judge::judge;
use crate::event::clip;

/// Longest expression, in bytes. Enough for a table of thirty words; what is longer is a program.
pub const EXPRESSION_MAX: usize = 1_024;

/// How many brackets may be open: a bound on the stack that parsing takes.
const BRACKETS_MAX: usize = 16;

/// Most characters of an expression that a message quotes.
const MESSAGE_MAX: usize = 100;

/// Why a mapping cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message} (line {line}, column {column})")]
pub struct MappingError {
    /// The field whose expression is wrong.
    pub field: &'static str,
    /// Line within the expression, from 1.
    pub line: usize,
    /// Column within the line in characters, from 1.
    pub column: usize,
    /// What is wrong. May quote the expression, which is the configuration's own.
    pub message: String,
}

impl MappingError {
    pub(super) fn at_start(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            line: 1,
            column: 1,
            message: message.into(),
        }
    }
}

/// An expression that has passed.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) tree: IdedExpr,
}

impl Expression {
    /// Parses and judges one field's expression.
    pub(super) fn parse(field: &'static str, source: &str) -> Result<Self, MappingError> {
        if source.len() > EXPRESSION_MAX {
            let message = format!("is longer than {EXPRESSION_MAX} bytes");
            return Err(MappingError::at_start(field, message));
        }
        check_brackets(field, source)?;
        let (mut tree, info) = Parser::default()
            .parse_with_source_info(source)
            .map_err(|errors| syntax_error(field, &errors))?;
        judge(&mut tree).map_err(|objection| {
            let (line, column) = place(source, &info, objection.node);
            MappingError {
                field,
                line,
                column,
                message: objection.message,
            }
        })?;
        Ok(Self { tree })
    }
}

/// Counts brackets without regard to strings: it errs on the safe side.
fn check_brackets(field: &'static str, source: &str) -> Result<(), MappingError> {
    let mut open = 0_usize;
    for character in source.chars() {
        match character {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > BRACKETS_MAX {
            let message = format!("has more than {BRACKETS_MAX} open brackets");
            return Err(MappingError::at_start(field, message));
        }
    }
    Ok(())
}

fn syntax_error(field: &'static str, errors: &cel::ParseErrors) -> MappingError {
    let Some(first) = errors.errors.first() else {
        return MappingError::at_start(field, "is no CEL expression");
    };
    let from_one = |at: isize| usize::try_from(at).unwrap_or(1).max(1);
    MappingError {
        field,
        line: from_one(first.pos.0),
        column: from_one(first.pos.1),
        message: readable(&first.msg),
    }
}

/// The parser's message without its list of everything that could have stood there.
fn readable(message: &str) -> String {
    if message == "UNKNOWN" || message.contains("Recursion limit") {
        return "is nested too deeply to be read".to_owned();
    }
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    let message = message.split(" expecting {").next().unwrap_or(message);
    format!("is no CEL expression: {}", clip(message, MESSAGE_MAX))
}

/// The place of a node, in lines and characters from 1. The parser counts bytes.
fn place(source: &str, info: &SourceInfo, node: u64) -> (usize, usize) {
    let offset = info.offset_for(node).map_or(0, |(start, _)| start);
    let offset = usize::try_from(offset).unwrap_or_default();
    let before = source.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default();
    (line, column.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(source: &str) -> MappingError {
        Expression::parse("severity", source)
            .map(|_| ())
            .unwrap_err()
    }

    #[test]
    fn what_is_offered_passes() {
        for source in [
            "item.a.b['c'][0]",
            "has(item.a) ? item.a : null",
            "item.state in ['open', 'acked'] && !(body.test == true)",
            "{'P1': 'critical', 'P2': 'warning'}[item.priority]",
            "item.tags.filter(tag, tag.key == 'env')[0].value.lowerAscii().trim()",
            "item.a.exists(x, item.b.all(y, x == y)) || item.c.exists_one(z, z > 1.5)",
            "string(item.n + 1) + '-' + item.arn.split(':')[5].substring(2)",
            "-9223372036854775808",
        ] {
            assert_eq!(Expression::parse("x", source).err(), None, "{source}");
        }
    }

    #[test]
    fn what_is_not_offered_is_named_with_its_place() {
        for (source, line, column, message) in [
            ("foo.bar", 1, 1, "\"foo\" is no variable"),
            ("item.a\n  + foo", 2, 5, "\"foo\" is no variable"),
            ("'é' + foo", 1, 7, "\"foo\" is no variable"),
            (
                "item.x.matches('(a+)+$')",
                1,
                15,
                "the function \"matches\"",
            ),
            ("type(item)", 1, 5, "the function \"type\""),
            (
                "item.a.replace('a', 'aaaa')",
                1,
                15,
                "the function \"replace\"",
            ),
            ("item.l.map(x, x.a)", 1, 11, "the macro \"map\""),
            (
                "item.l.map(x, x.a, x.b)",
                1,
                11,
                "a list may hold constants",
            ),
            ("[item, item]", 1, 1, "a list may hold constants"),
            ("{'a': item}", 1, 5, "a map may hold constants"),
            ("item.?a", 1, 5, "is no CEL expression: unsupported syntax"),
            ("Foo{a: 1}", 1, 4, "messages are not offered"),
            ("b'x'", 1, 1, "bytes are not offered"),
            ("'\\u0000'", 1, 1, "a string may not hold NUL"),
            ("'é' +", 1, 6, "is no CEL expression: mismatched"),
            ("item.", 1, 6, "is no CEL expression: no viable alternative"),
            ("", 1, 1, "is no CEL expression: mismatched input"),
            (
                "@loop(item)",
                1,
                1,
                "is no CEL expression: token recognition",
            ),
            (
                "99999999999999999999",
                1,
                1,
                "is no CEL expression: invalid int",
            ),
        ] {
            let error = refused(source);
            assert!(error.message.starts_with(message), "{source}: {error}");
            assert_eq!(
                (error.line, error.column),
                (line, column),
                "{source}: {error}"
            );
        }
        let shown = refused("foo").to_string();
        assert!(shown.starts_with("severity: ") && shown.ends_with("(line 1, column 1)"));
    }

    #[test]
    fn what_is_long_or_deep_is_refused_and_overflows_no_stack() {
        for (source, message) in [
            (" ".repeat(EXPRESSION_MAX + 1), "is longer than 1024 bytes"),
            ("(".repeat(1_000), "has more than 16 open brackets"),
            ("[".repeat(17), "has more than 16 open brackets"),
            ("{'a':".repeat(200), "has more than 16 open brackets"),
            (format!("1{}", "+1".repeat(500)), "is nested deeper than 32"),
            (
                format!("item{}", ".a".repeat(500)),
                "is nested deeper than 32",
            ),
            (
                format!("item{}", "[0]".repeat(330)),
                "is nested deeper than 32",
            ),
            (
                format!("item{}", ".filter(x,x)".repeat(80)),
                "is nested deeper than 32",
            ),
            (
                format!("{}c", "a?b:".repeat(250)),
                "is nested too deeply to be read",
            ),
        ] {
            let error = refused(&source);
            assert!(error.message.starts_with(message), "{error}");
            assert!(error.message.len() < 300);
        }
        let name = refused(&"x".repeat(EXPRESSION_MAX)).message;
        assert!(name.len() < 300, "{name}");
    }

    proptest! {
        #[test]
        fn never_panics_on_any_text(source in "\\PC{0,60}") {
            let _ = Expression::parse("x", &source);
        }

        #[test]
        fn never_panics_on_what_looks_like_an_expression(
            source in "([a-c.?:!&|=<>+*/%(){}\\[\\]0-9'\", -]|item|body|has\\(|exists\\(x,| in ){0,24}",
        ) {
            let _ = Expression::parse("x", &source);
        }
    }
}
