//! What `deny.toml` lets in: the parts of it that tidy checks too.
//!
//! One list serves both, so that cargo-deny, where it is installed, and tidy, which
//! always runs, cannot disagree.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use toml::{Table, Value};

/// Allowed licences and sources.
#[derive(Debug)]
pub(super) struct Policy {
    /// Licence names, with `WITH` and the exception where there is one.
    licences: BTreeSet<String>,
    /// What a single crate may have beyond that.
    exceptions: BTreeMap<String, BTreeSet<String>>,
    /// Indexes of the registries that packages may come from.
    registries: BTreeSet<String>,
}

impl Policy {
    /// Reads the text of `deny.toml`.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let table: Table = text.parse().context("parse deny.toml")?;
        let list = |section: &str, key: &str| {
            let value = table.get(section).and_then(|section| section.get(key));
            value.with_context(|| format!("find {section}.{key} in deny.toml"))
        };
        let exceptions = list("licenses", "exceptions")?
            .as_array()
            .into_iter()
            .flatten();
        Ok(Self {
            licences: names(list("licenses", "allow")?),
            exceptions: exceptions.filter_map(exception).collect(),
            registries: names(list("sources", "allow-registry")?),
        })
    }

    /// Tells whether this crate may be under this licence.
    pub(super) fn allows_licence(&self, package: &str, licence: &str) -> bool {
        let exception = self.exceptions.get(package);
        self.licences.contains(licence) || exception.is_some_and(|allow| allow.contains(licence))
    }

    /// Tells whether a package may come from `source`, as `Cargo.lock` spells it.
    pub(super) fn allows_source(&self, source: &str) -> bool {
        source
            .strip_prefix("registry+")
            .is_some_and(|index| self.registries.contains(index))
    }
}

/// Reads `{ crate = "name@version", allow = […] }`, the version being optional.
fn exception(value: &Value) -> Option<(String, BTreeSet<String>)> {
    let name = value.get("crate")?.as_str()?;
    let name = name.split('@').next()?;
    Some((name.to_owned(), names(value.get("allow")?)))
}

fn names(value: &Value) -> BTreeSet<String> {
    let values = value.as_array().into_iter().flatten();
    values
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Policy;

    #[test]
    fn the_policy_is_what_the_file_says() {
        let policy = Policy::parse(
            "[licenses]\nallow = [\"MIT\"]\n\
             exceptions = [{ crate = \"odd@1\", allow = [\"MIT-0\"] }]\n\
             [sources]\nallow-registry = [\"https://index.example\"]\n",
        )
        .expect("the file is well-formed");
        assert!(policy.allows_licence("any", "MIT"));
        assert!(policy.allows_licence("odd", "MIT-0"));
        assert!(!policy.allows_licence("any", "MIT-0"));
        assert!(policy.allows_source("registry+https://index.example"));
        assert!(!policy.allows_source("git+https://index.example"));
    }

    #[test]
    fn a_missing_list_is_an_error_and_not_an_empty_policy() {
        assert!(Policy::parse("[licenses]\nallow = []\n").is_err());
    }
}
