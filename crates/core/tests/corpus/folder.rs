//! The folder of documents, and which of them are status pages in Statuspage's format.

use std::path::{Path, PathBuf};

use serde_json::Value;

const VARIABLE: &str = "SIGNALBOX_CORPUS";

/// Where documents in Statuspage's format lie. `incidentio/` also holds other formats.
const STATUSPAGE_PLACES: &[&str] = &[
    "incidentio/compat-",
    "incidentio/linear-2025-10-22-compat-",
    "incidentio/linear-2026-03-25-compat-",
    "recorded/histories/",
    "recorded/statuspage/",
    "statuspage/",
];

/// The folder.
pub(crate) struct Corpus(PathBuf);

/// One file of it.
pub(crate) struct Document {
    /// From the folder, with forward slashes.
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

impl Corpus {
    /// Finds the folder; without the variable the calling test has nothing to do. A folder that
    /// was promised and is not there is a failure, lest a typing error turn the tests off.
    #[expect(
        clippy::disallowed_methods,
        reason = "tells a clone with a corpus from one without"
    )]
    pub(crate) fn find() -> Option<Self> {
        let Some(folder) = std::env::var_os(VARIABLE) else {
            eprintln!("skipped: {VARIABLE} names no folder of vendor documents");
            return None;
        };
        let folder = PathBuf::from(folder);
        assert!(
            folder.is_dir(),
            "{VARIABLE} is {}, which is no folder",
            folder.display()
        );
        Some(Self(folder))
    }

    /// Reads one file.
    pub(crate) fn document(&self, path: &str) -> Document {
        let full = self.0.join(path);
        let bytes = std::fs::read(&full).unwrap_or_else(|error| panic!("{path}: {error}"));
        Document {
            path: path.to_owned(),
            bytes,
        }
    }

    /// Reads every file, in the order of their paths.
    pub(crate) fn documents(&self) -> Vec<Document> {
        let mut paths = Vec::new();
        list(&self.0, "", &mut paths);
        paths.sort();
        assert!(!paths.is_empty(), "the corpus is empty");
        paths.iter().map(|path| self.document(path)).collect()
    }

    /// Reads the documents in Statuspage's format: all of the places for them that show a list of
    /// incidents or components.
    pub(crate) fn status_pages(&self) -> Vec<Document> {
        let mut pages = self.documents();
        pages.retain(Document::is_status_page);
        assert!(!pages.is_empty(), "the corpus has no status pages");
        pages
    }
}

impl Document {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    pub(crate) fn value(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    pub(crate) fn is_status_page(&self) -> bool {
        STATUSPAGE_PLACES
            .iter()
            .any(|place| self.path.starts_with(place))
            && ["incidents", "components"]
                .iter()
                .any(|list| self.value()[list].is_array())
    }
}

fn list(folder: &Path, prefix: &str, paths: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), &format!("{path}/"), paths);
        } else {
            paths.push(path);
        }
    }
}
