//! Every module opens with what it is for.
//!
//! rustc asks this of public modules only, and a reader comes to the private ones
//! just as new.

use super::Finding;
use super::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let undocumented = tree.rust().filter(|file| !file.text.starts_with("//!"));
    let advice = "open the file with a `//!` comment that says what it is for";
    undocumented
        .map(|file| file.finding(1, "module-docs", advice.into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_without_its_comment_is_found() {
        let tree = Tree::of(&[("src/a.rs", "use std::fs;\n"), ("src/b.rs", "//! Reads.\n")]);
        let findings = check(&tree);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "src/a.rs");
    }
}
