//! The repository's text files, read once and handed to every rule.
//!
//! Promises paths with forward slashes in a stable order. Leaves out what is not
//! text, and what `.gitignore` keeps out of the repository.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::Finding;
use super::code;

/// Names that are nowhere part of the repository; `.gitignore` has the same.
const IGNORED_NAMES: &[&str] = &["target", "node_modules", ".env", ".idea", ".vscode"];

/// Paths that are not part of the repository; `.gitignore` has the same.
const IGNORED_PATHS: &[&str] = &[
    "signalbox.toml",
    "fuzz/artifacts",
    "fuzz/corpus",
    "fuzz/coverage",
];

/// Folders whose Rust files are tests through and through.
const TEST_FOLDERS: &[&str] = &["tests", "conformance", "benches"];

/// All text files of the repository.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Ordered by path.
    pub(super) files: Vec<TextFile>,
}

/// One text file.
#[derive(Debug)]
pub(super) struct TextFile {
    /// From the workspace root, with forward slashes.
    pub(super) path: String,
    /// The whole content.
    pub(super) text: String,
    /// Of a Rust file: the content with comments and literals blanked, line for
    /// line and column for column. Of any other file: empty.
    pub(super) code: String,
}

impl Tree {
    /// Reads the text files under `root`.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    /// Makes a tree of `(path, text)` pairs, for the tests of the rules.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| TextFile::new(path, text))
            .collect();
        Self { files }
    }

    /// Returns the file at `path`, if there is one.
    pub(super) fn get(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Returns the Rust files.
    pub(super) fn rust(&self) -> impl Iterator<Item = &TextFile> {
        self.files.iter().filter(|file| file.is_rust())
    }

    fn read_folder(&mut self, root: &Path, folder: &str) -> anyhow::Result<()> {
        let full = root.join(folder);
        for entry in fs::read_dir(&full).with_context(|| format!("list {}", full.display()))? {
            let entry = entry.with_context(|| format!("list {}", full.display()))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let path = if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            };
            if is_ignored(&path, name) {
                continue;
            }
            // A link is neither: its target is read where it stands, or is not ours.
            let kind = entry
                .file_type()
                .with_context(|| format!("inspect {path}"))?;
            if kind.is_dir() {
                self.read_folder(root, &path)?;
            } else if kind.is_file() {
                let bytes = fs::read(entry.path()).with_context(|| format!("read {path}"))?;
                self.files.extend(TextFile::from_bytes(&path, bytes));
            }
        }
        Ok(())
    }
}

impl TextFile {
    /// Makes a file of its path and content.
    pub(super) fn new(path: &str, text: &str) -> Self {
        let is_rust = has_extension(path, "rs");
        let code = if is_rust {
            code::without_comments_and_literals(text)
        } else {
            String::new()
        };
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
        }
    }

    /// Returns `None` for what is not text.
    fn from_bytes(path: &str, bytes: Vec<u8>) -> Option<Self> {
        let text = String::from_utf8(bytes).ok()?;
        (!text.contains('\0')).then(|| Self::new(path, &text))
    }

    /// Tells whether this is Rust source.
    pub(super) fn is_rust(&self) -> bool {
        has_extension(&self.path, "rs")
    }

    /// Tells whether this is a recorded vendor payload, which nobody may correct.
    pub(super) fn is_recorded(&self) -> bool {
        self.path.starts_with("fixtures/")
    }

    /// Tells whether this is a snapshot, whose content a program wrote.
    pub(super) fn is_snapshot(&self) -> bool {
        has_extension(&self.path, "snap")
    }

    /// Tells whether all of this Rust file is test code.
    pub(super) fn is_test(&self) -> bool {
        self.is_rust() && self.folders().any(|folder| TEST_FOLDERS.contains(&folder))
            || self.stem() == "tests"
    }

    /// Returns the folders on the way to this file, outermost first.
    pub(super) fn folders(&self) -> impl Iterator<Item = &str> {
        let folders = self
            .path
            .rsplit_once('/')
            .map_or("", |(folders, _)| folders);
        folders.split('/').filter(|folder| !folder.is_empty())
    }

    /// Returns the file's name without its last extension.
    pub(super) fn stem(&self) -> &str {
        Path::new(&self.path)
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default()
    }

    /// Counts the lines before the first inline `#[cfg(test)]` module.
    pub(super) fn n_production_lines(&self) -> usize {
        let lines: Vec<&str> = self.code.lines().map(str::trim).collect();
        let starts_tests = |index: usize| {
            let mut rest = lines.iter().skip(index);
            rest.next() == Some(&"#[cfg(test)]")
                && rest
                    .find(|line| !line.starts_with('#'))
                    .is_some_and(|line| opens_module(line))
        };
        (0..lines.len())
            .find(|&index| starts_tests(index))
            .unwrap_or(lines.len())
    }

    /// Returns the first line that starts with `prefix`, from 1; 1 when none does.
    pub(super) fn line_starting_with(&self, prefix: &str) -> usize {
        1 + self
            .text
            .lines()
            .position(|line| line.starts_with(prefix))
            .unwrap_or(0)
    }

    /// Makes a finding in this file.
    pub(super) fn finding(&self, line: usize, rule: &'static str, advice: String) -> Finding {
        Finding {
            path: self.path.clone(),
            line,
            rule,
            advice,
        }
    }
}

fn is_ignored(path: &str, name: &str) -> bool {
    name == ".git"
        || IGNORED_NAMES.contains(&name)
        || IGNORED_PATHS.contains(&path)
        || name.ends_with(".snap.new")
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| found == extension)
}

fn opens_module(line: &str) -> bool {
    line.ends_with('{') && line.split_whitespace().any(|word| word == "mod")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_here_is_ignored_by_git() {
        let gitignore = fs::read_to_string(crate::workspace_root().join(".gitignore"))
            .expect("there is a .gitignore");
        let ignored: Vec<&str> = gitignore
            .lines()
            .map(|line| line.trim_matches('/'))
            .collect();
        for name in IGNORED_NAMES.iter().chain(IGNORED_PATHS) {
            assert!(ignored.contains(name), "{name}");
        }
    }

    #[test]
    fn production_ends_where_the_inline_test_module_begins() {
        let with_tests = "fn a() {}\n\n#[cfg(test)]\n#[rustfmt::skip]\nmod tests {\n}\n";
        assert_eq!(
            TextFile::new("src/a.rs", with_tests).n_production_lines(),
            2
        );
        let elsewhere = "#[cfg(test)]\nmod tests;\n\nfn a() {}\n";
        assert_eq!(TextFile::new("src/a.rs", elsewhere).n_production_lines(), 4);
    }

    #[test]
    fn bytes_that_are_not_text_are_left_out() {
        assert!(TextFile::from_bytes("a.png", vec![0x89, 0x50]).is_none());
        assert!(TextFile::from_bytes("a.db", b"SQLite\0".to_vec()).is_none());
        assert!(TextFile::from_bytes("a.txt", b"text\n".to_vec()).is_some());
    }

    #[test]
    fn a_test_folder_or_name_makes_a_test_file() {
        let is_test = |path| TextFile::new(path, "").is_test();
        assert!(is_test("crates/signalbox/tests/it/main.rs"));
        assert!(is_test("crates/store/src/conformance/outbox.rs"));
        assert!(is_test("crates/core/src/source/tests.rs"));
        assert!(!is_test("crates/core/src/source/stripe.rs"));
    }
}
