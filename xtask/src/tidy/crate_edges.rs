//! The crates depend on each other and on the world as the architecture says.
//!
//! Cargo refuses an import that no manifest names; this rule refuses the manifest.

use toml::{Table, Value};

use super::Finding;
use super::tree::{TextFile, Tree};

const RULE: &str = "crate-edges";

/// A crate of the workspace, and what its manifest may name.
struct Crate {
    manifest: &'static str,
    /// The crates of ours that it may depend on, in any section.
    ours: &'static [&'static str],
    /// The crates of others that it may be built from; `None`: any. Tests may use
    /// what they like.
    others: Option<&'static [&'static str]>,
}

/// The edges of the workspace, lowest crate first.
const CRATES: &[Crate] = &[
    // Serde, time, hash, error and parser crates only: without a client or a driver
    // in its manifest, the core cannot reach the network, however hard it tries.
    Crate {
        manifest: "crates/core/Cargo.toml",
        ours: &[],
        others: Some(&[
            "base64",
            "cel",
            "hex",
            "hmac",
            "jiff",
            "quick-xml",
            "regex",
            "schemars",
            "serde",
            "serde_json",
            "sha1",
            "sha2",
            "subtle",
            "thiserror",
        ]),
    },
    Crate {
        manifest: "crates/store/Cargo.toml",
        ours: &["signalbox-core"],
        others: None,
    },
    Crate {
        manifest: "crates/signalbox/Cargo.toml",
        ours: &["signalbox-core", "signalbox-store"],
        others: None,
    },
    Crate {
        manifest: "xtask/Cargo.toml",
        ours: &["signalbox", "signalbox-core"],
        others: None,
    },
];

/// Names of the crates of ours.
const OURS: &[&str] = &["signalbox", "signalbox-core", "signalbox-store", "xtask"];

/// The one crate whose manifest may name a SQL driver, in any section.
const DRIVERS_LIVE_IN: &str = "crates/store/Cargo.toml";

const DRIVERS: &[&str] = &[
    "deadpool-postgres",
    "diesel",
    "libsqlite3-sys",
    "postgres",
    "rusqlite",
    "sea-orm",
    "sqlx",
    "tokio-postgres",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_manifest = |path: &str| {
        path == "xtask/Cargo.toml" || path.starts_with("crates/") && path.ends_with("/Cargo.toml")
    };
    tree.files
        .iter()
        .filter(|file| is_manifest(&file.path))
        .flat_map(check_manifest)
        .collect()
}

fn check_manifest(file: &TextFile) -> Vec<Finding> {
    let Some(row) = CRATES.iter().find(|row| row.manifest == file.path) else {
        let advice = "give the crate its row in CRATES, in xtask's crate_edges.rs";
        return vec![file.finding(1, RULE, advice.into())];
    };
    let Ok(manifest) = file.text.parse::<Table>() else {
        return vec![file.finding(1, RULE, "mend the manifest: it is not TOML".into())];
    };
    let own_name = manifest
        .get("package")
        .and_then(|package| package.get("name"));
    let own_name = own_name.and_then(Value::as_str).unwrap_or_default();

    let mut findings = Vec::new();
    for dependency in dependencies(&manifest) {
        // A crate names itself to switch on a feature for its own tests.
        if dependency.package == own_name {
            continue;
        }
        if let Some(advice) = objection(row, &dependency) {
            let line = file.line_starting_with(&dependency.key);
            findings.push(file.finding(line, RULE, advice));
        }
    }
    findings
}

fn objection(row: &Crate, dependency: &Dependency) -> Option<String> {
    let package = dependency.package.as_str();
    if DRIVERS.contains(&package) && row.manifest != DRIVERS_LIVE_IN {
        return Some(format!(
            "remove `{package}`: SQL drivers live in {DRIVERS_LIVE_IN}"
        ));
    }
    if OURS.contains(&package) {
        let allowed = row.ours.contains(&package);
        return (!allowed).then(|| format!("remove `{package}`: dependencies run downwards only"));
    }
    let others = row.others.filter(|_| !dependency.for_tests)?;
    let allowed = others.contains(&package);
    (!allowed).then(|| format!("remove `{package}`: this crate does no IO and has a short list"))
}

/// One entry of one of a manifest's dependency tables.
struct Dependency {
    /// The name in the manifest.
    key: String,
    /// The name of the package, which a renamed dependency says separately.
    package: String,
    for_tests: bool,
}

fn dependencies(manifest: &Table) -> Vec<Dependency> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    let mut found = Vec::new();
    for table in std::iter::once(manifest).chain(targets) {
        for (section, for_tests) in [
            ("dependencies", false),
            ("build-dependencies", false),
            ("dev-dependencies", true),
        ] {
            let entries = table
                .get(section)
                .and_then(Value::as_table)
                .into_iter()
                .flatten();
            found.extend(entries.map(|(key, value)| {
                let package = value.get("package").and_then(Value::as_str).unwrap_or(key);
                Dependency {
                    key: key.clone(),
                    package: package.to_owned(),
                    for_tests,
                }
            }));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)]))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn the_core_is_built_from_its_short_list() {
        let path = "crates/core/Cargo.toml";
        assert_eq!(
            lines(path, "[dependencies]\nserde = \"1\"\ntokio = \"1\"\n"),
            [3]
        );
        assert_eq!(
            lines(path, "[target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n"),
            [2]
        );
        assert_eq!(
            lines(path, "[dependencies]\nserde = { package = \"rand\" }\n"),
            [2]
        );
        assert!(lines(path, "[dev-dependencies]\nproptest = \"1\"\n").is_empty());
    }

    #[test]
    fn a_sql_driver_outside_the_store_is_found() {
        let text = "[dev-dependencies]\nrusqlite.workspace = true\n";
        assert_eq!(lines("crates/signalbox/Cargo.toml", text), [2]);
        assert!(lines("crates/store/Cargo.toml", text).is_empty());
    }

    #[test]
    fn a_dependency_upwards_is_found() {
        let text = "[dependencies]\nsignalbox.workspace = true\n";
        assert_eq!(lines("crates/store/Cargo.toml", text), [2]);
        assert!(lines("xtask/Cargo.toml", text).is_empty());
    }

    #[test]
    fn a_crate_may_name_itself_for_its_tests() {
        let text = "[package]\nname = \"signalbox-store\"\n[dev-dependencies]\n\
                    signalbox-store = { path = \".\" }\n";
        assert!(lines("crates/store/Cargo.toml", text).is_empty());
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        assert_eq!(lines("crates/new/Cargo.toml", ""), [1]);
    }
}
