//! SPDX licence expressions: does a set of allowed licences satisfy one?
//!
//! Reads `OR`, `AND`, `WITH` and parentheses, `AND` binding tighter than `OR`, and
//! the slash of old manifests as `OR`. Knows no list of licences: a name is allowed
//! or it is not. The grammar is annex D of the SPDX specification 2.3,
//! <https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>.

use std::iter::Peekable;
use std::str::SplitWhitespace;

use anyhow::{Context as _, bail};

/// Tells whether a package under `expression` can be used with the licences that
/// `allows` accepts. An exception is part of the name: `Apache-2.0 WITH LLVM-exception`.
///
/// Fails when the expression is malformed.
pub(super) fn is_satisfied(
    expression: &str,
    allows: impl Fn(&str) -> bool,
) -> anyhow::Result<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let mut tokens = spaced.split_whitespace().peekable();
    let satisfied = any(&mut tokens, &allows)?;
    match tokens.next() {
        None => Ok(satisfied),
        Some(token) => bail!("unexpected `{token}` in licence `{expression}`"),
    }
}

type Tokens<'a> = Peekable<SplitWhitespace<'a>>;

fn any(tokens: &mut Tokens<'_>, allows: &impl Fn(&str) -> bool) -> anyhow::Result<bool> {
    let mut satisfied = all(tokens, allows)?;
    while take(tokens, "OR") {
        // Read in any case: a short circuit would leave tokens behind.
        satisfied |= all(tokens, allows)?;
    }
    Ok(satisfied)
}

fn all(tokens: &mut Tokens<'_>, allows: &impl Fn(&str) -> bool) -> anyhow::Result<bool> {
    let mut satisfied = one(tokens, allows)?;
    while take(tokens, "AND") {
        satisfied &= one(tokens, allows)?;
    }
    Ok(satisfied)
}

fn one(tokens: &mut Tokens<'_>, allows: &impl Fn(&str) -> bool) -> anyhow::Result<bool> {
    if take(tokens, "(") {
        let satisfied = any(tokens, allows)?;
        if !take(tokens, ")") {
            bail!("a parenthesis is not closed");
        }
        return Ok(satisfied);
    }
    let licence = name(tokens)?;
    if take(tokens, "WITH") {
        let exception = name(tokens)?;
        return Ok(allows(&format!("{licence} WITH {exception}")));
    }
    Ok(allows(licence))
}

fn name<'a>(tokens: &mut Tokens<'a>) -> anyhow::Result<&'a str> {
    let token = tokens.next().context("the expression ends too early")?;
    if ["AND", "OR", "WITH", "(", ")"].contains(&token) {
        bail!("`{token}` stands where a licence should");
    }
    Ok(token)
}

/// Reads the next token if it is this one.
fn take(tokens: &mut Tokens<'_>, token: &str) -> bool {
    tokens.next_if_eq(&token).is_some()
}

#[cfg(test)]
mod tests {
    use super::is_satisfied;

    const ALLOWED: &[&str] = &["MIT", "Apache-2.0 WITH LLVM-exception", "ISC"];

    fn satisfied(expression: &str) -> Option<bool> {
        is_satisfied(expression, |licence| ALLOWED.contains(&licence)).ok()
    }

    #[test]
    fn one_side_of_or_is_enough_and_both_of_and_are_needed() {
        assert_eq!(satisfied("GPL-3.0 OR MIT"), Some(true));
        assert_eq!(satisfied("GPL-3.0/MIT"), Some(true));
        assert_eq!(satisfied("MIT AND ISC"), Some(true));
        assert_eq!(satisfied("MIT AND GPL-3.0"), Some(false));
    }

    #[test]
    fn and_binds_tighter_than_or_unless_parentheses_say_otherwise() {
        assert_eq!(satisfied("MIT OR ISC AND GPL-3.0"), Some(true));
        assert_eq!(satisfied("(MIT OR ISC) AND GPL-3.0"), Some(false));
        assert_eq!(satisfied("(GPL-3.0 OR ISC) AND MIT"), Some(true));
    }

    #[test]
    fn an_exception_belongs_to_the_licence() {
        assert_eq!(satisfied("Apache-2.0 WITH LLVM-exception"), Some(true));
        assert_eq!(satisfied("Apache-2.0"), Some(false));
        assert_eq!(satisfied("MIT WITH LLVM-exception"), Some(false));
    }

    #[test]
    fn a_malformed_expression_is_refused() {
        for expression in [
            "", "MIT OR", "(MIT", "MIT)", "MIT ISC", "AND MIT", "MIT WITH",
        ] {
            assert_eq!(satisfied(expression), None, "{expression}");
        }
    }
}
