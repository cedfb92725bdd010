//! Packages come from where `deny.toml` says, on every platform.
//!
//! Reads the lock file, which lists all of them whatever this machine builds.

use super::Finding;
use super::policy::Policy;
use super::tree::TextFile;

pub(super) fn check(lock: &TextFile, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in lock.text.lines().enumerate() {
        let source = line
            .strip_prefix("source = \"")
            .and_then(|rest| rest.strip_suffix('"'));
        if let Some(source) = source.filter(|source| !policy.allows_source(source)) {
            let advice = format!("replace the package from {source}: deny.toml does not allow it");
            findings.push(lock.finding(index + 1, "sources", advice));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_from_elsewhere_is_found() {
        let policy = "[licenses]\nallow = []\nexceptions = []\n\
                      [sources]\nallow-registry = [\"https://index.example\"]\n";
        let policy = Policy::parse(policy).expect("the policy is well-formed");
        let lock = "[[package]]\nname = \"a\"\nsource = \"registry+https://index.example\"\n\
                    [[package]]\nname = \"b\"\nsource = \"git+https://git.example/b\"\n";
        let findings = check(&TextFile::new("Cargo.lock", lock), &policy);
        assert_eq!(
            findings
                .iter()
                .map(|finding| finding.line)
                .collect::<Vec<_>>(),
            [6]
        );
    }
}
