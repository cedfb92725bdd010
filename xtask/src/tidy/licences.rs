//! Every package that we build on is under a licence that `deny.toml` allows.
//!
//! Asks Cargo for the packages of this machine's platform, which are the ones that a
//! build has already fetched; with the lock file in place, that needs no network.
//! Believes what manifests say: reading licence texts is cargo-deny's part.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::Finding;
use super::policy::Policy;
use super::spdx;
use super::tree::TextFile;

const RULE: &str = "licences";

/// A package from outside, as its manifest describes it.
#[derive(Debug)]
pub(super) struct Package {
    name: String,
    version: String,
    /// The SPDX expression, if it has one.
    licence: Option<String>,
}

/// Lists the packages from outside that the workspace at `root` is built from.
///
/// Fails when Cargo does.
pub(super) fn packages(root: &Path) -> anyhow::Result<Vec<Package>> {
    let version = output_of(root, "rustc", &["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("find the host in what rustc -vV says")?;
    let arguments = [
        "metadata",
        "--format-version=1",
        "--locked",
        "--filter-platform",
        host,
    ];
    let metadata = output_of(root, "cargo", &arguments)?;
    let metadata: Value = serde_json::from_str(&metadata).context("parse cargo metadata")?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let packages = packages.context("find the packages in cargo metadata")?;
    Ok(packages.iter().filter_map(package).collect())
}

pub(super) fn check(lock: &TextFile, policy: &Policy, packages: &[Package]) -> Vec<Finding> {
    let objections = packages.iter().filter_map(|package| {
        let advice = objection(policy, package)?;
        let line = lock.line_starting_with(&format!("name = \"{}\"", package.name));
        Some(lock.finding(line, RULE, advice))
    });
    objections.collect()
}

fn objection(policy: &Policy, package: &Package) -> Option<String> {
    let Package {
        name,
        version,
        licence,
    } = package;
    let Some(licence) = licence else {
        return Some(format!(
            "replace {name} {version}: its manifest names no licence"
        ));
    };
    match spdx::is_satisfied(licence, |licence| policy.allows_licence(name, licence)) {
        Ok(true) => None,
        Ok(false) => Some(format!(
            "replace {name} {version}: deny.toml does not allow {licence}"
        )),
        Err(error) => Some(format!(
            "look at the licence of {name} {version}: {error:#}"
        )),
    }
}

/// Reads one package; `None` for those of the workspace, which have no source.
fn package(value: &Value) -> Option<Package> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    text("source")?;
    Some(Package {
        name: text("name")?,
        version: text("version")?,
        licence: text("license"),
    })
}

fn output_of(root: &Path, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .output();
    let output = output.with_context(|| format!("start {program}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{program} {} failed: {errors}",
        arguments.join(" ")
    );
    String::from_utf8(output.stdout).with_context(|| format!("read what {program} says"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(licence: Option<&str>) -> Vec<Finding> {
        let policy = "[licenses]\nallow = [\"MIT\"]\nexceptions = []\n\
                      [sources]\nallow-registry = []\n";
        let policy = Policy::parse(policy).expect("the policy is well-formed");
        let lock = TextFile::new(
            "Cargo.lock",
            "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n",
        );
        let package = Package {
            name: "a".into(),
            version: "1.0.0".into(),
            licence: licence.map(Into::into),
        };
        check(&lock, &policy, &[package])
    }

    #[test]
    fn a_licence_that_is_not_allowed_is_found_at_its_package() {
        assert!(findings(Some("MIT OR GPL-3.0")).is_empty());
        for licence in [
            Some("GPL-3.0"),
            Some("MIT AND GPL-3.0"),
            Some("MIT OR"),
            None,
        ] {
            let lines: Vec<usize> = findings(licence)
                .iter()
                .map(|finding| finding.line)
                .collect();
            assert_eq!(lines, [2], "{licence:?}");
        }
    }

    #[test]
    fn packages_of_the_workspace_are_not_judged() {
        let ours = serde_json::json!({ "name": "a", "version": "1.0.0", "source": null });
        assert!(package(&ours).is_none());
    }
}
