//! Generated documents are current, and generating them does what it says.

use std::fs;
use std::path::{Path, PathBuf};

use xtask::docs::{Generator, Mode, generate, generate_each};
use xtask::workspace_root;

const DOCUMENTS: &[(&str, Generator)] = &[("docs/a.md", || Ok("# A\n".to_owned()))];

#[test]
fn the_generated_documents_are_current() {
    let stale = generate(workspace_root(), Mode::Check).expect("the documents can be generated");
    assert!(stale.is_empty(), "run `cargo xtask docs`: {stale:?}");
}

#[test]
fn a_check_names_what_is_out_of_date_and_writes_nothing() {
    let root = empty_folder("check");
    let stale = generate_each(&root, DOCUMENTS, Mode::Check).expect("the check runs");
    assert_eq!(stale, ["docs/a.md"]);
    assert!(!root.join("docs").exists());
}

#[test]
fn a_written_document_is_current_until_it_changes() {
    let root = empty_folder("write");
    let run = |mode| generate_each(&root, DOCUMENTS, mode).expect("the documents are generated");
    assert_eq!(run(Mode::Write), ["docs/a.md"]);
    assert!(run(Mode::Check).is_empty());
    fs::write(root.join("docs/a.md"), "edited by hand\n").expect("the document can be edited");
    assert_eq!(run(Mode::Check), ["docs/a.md"]);
}

/// Returns an empty folder of this name inside the build folder.
fn empty_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("docs")
        .join(name);
    // It may be there from the last run, or not be there yet.
    drop(fs::remove_dir_all(&folder));
    folder
}
