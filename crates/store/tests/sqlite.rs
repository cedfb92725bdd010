//! The SQLite backend: the contract, and what only a file can get wrong.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use signalbox_store::conformance::Backend;
use signalbox_store::{DatabaseUrl, OpenError, Store};
use tempfile::TempDir;

fn open(path: &Path) -> Result<Arc<dyn Store>, OpenError> {
    signalbox_store::open(&DatabaseUrl::Sqlite(path.to_owned()), Timestamp::UNIX_EPOCH)
}

/// Stores in files of one folder, which goes with the test.
struct Files {
    folder: TempDir,
    n_made: AtomicU32,
    open: Mutex<Vec<(Arc<dyn Store>, PathBuf)>>,
}

impl Files {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            folder,
            n_made: AtomicU32::new(0),
            open: Mutex::new(Vec::new()),
        }
    }

    fn open(&self, path: PathBuf) -> Arc<dyn Store> {
        let store = open(&path).unwrap();
        self.open.lock().unwrap().push((Arc::clone(&store), path));
        store
    }
}

#[async_trait]
impl Backend for Files {
    async fn fresh(&self) -> Arc<dyn Store> {
        let number = self.n_made.fetch_add(1, Ordering::Relaxed);
        self.open(self.folder.path().join(format!("{number}.db")))
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        store.close().await;
        let path = {
            let mut open = self.open.lock().unwrap();
            let place = open
                .iter()
                .position(|(one, _)| Arc::ptr_eq(one, &store))
                .unwrap();
            open.swap_remove(place).1
        };
        self.open(path)
    }
}

signalbox_store::conformance_tests!(Files::new());

/// The file: whose it is, what is refused, and that nothing is destroyed.
mod file {
    use std::fs;
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    use rusqlite::Connection;
    use rusqlite::config::DbConfig;
    use signalbox_core::event::{Event, EventId, Kind, Origin, Severity};
    use signalbox_core::json::RawJson;
    use signalbox_core::lifecycle::Observation;
    use signalbox_core::rule::Rules;
    use signalbox_store::{Accepted, EventFilter};

    use super::*;

    /// A folder with room for one database, and its path.
    fn place() -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().canonicalize().unwrap().join("t.db");
        (folder, path)
    }

    fn beside(path: &Path, suffix: &str) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    }

    /// Opens what must be refused.
    fn refusal(path: &Path) -> OpenError {
        match open(path) {
            Ok(_) => panic!("{} was opened", path.display()),
            Err(error) => error,
        }
    }

    /// Checks that a file is refused, and that neither it nor what stands beside it is touched.
    fn assert_refused_untouched(path: &Path) -> OpenError {
        let all = || -> Vec<(PathBuf, Vec<u8>)> {
            let entries = fs::read_dir(path.parent().unwrap()).unwrap();
            let mut files: Vec<_> = entries
                .map(|entry| entry.unwrap().path())
                // The lock is ours, and the index of a WAL is no data.
                .filter(|file| !file.extension().is_some_and(|end| end == "lock" || end == "db-shm"))
                .map(|file| (file.clone(), fs::read(file).unwrap()))
                .collect();
            files.sort();
            files
        };
        let before = all();
        let error = refusal(path);
        assert!(before == all(), "files were changed by: {error}");
        error
    }

    fn payment(name: &str) -> Observation {
        let event = Event {
            event_id: EventId::new(name).unwrap(),
            source: "stripe".to_owned(),
            kind: Kind::Payment,
            severity: Severity::Critical,
            service: "stripe".to_owned(),
            summary: format!("payout.failed: {name}"),
            description: None,
            started_at: Timestamp::UNIX_EPOCH,
            resolved_at: None,
            component: None,
            origin: Origin::Live,
            livemode: None,
            raw: RawJson::from_checked("{}"),
        };
        Observation {
            subject: name.to_owned(),
            decision: Rules::default().decide(&event),
            event,
            vendor_status: String::new(),
            vendor_updated_at: None,
        }
    }

    async fn accept(store: &dyn Store, name: &str) {
        let accepted = store
            .accept(payment(name), "req-1", Timestamp::UNIX_EPOCH)
            .await;
        assert_eq!(accepted, Ok(Accepted::New { routed: true }));
    }

    async fn n_events(store: &dyn Store) -> usize {
        let page = store
            .events(&EventFilter::default(), None, 500)
            .await
            .unwrap();
        assert_eq!(page.next, None);
        page.rows.len()
    }

    /// Makes a file of ours that holds one event, closed and tidy.
    async fn ours(path: &Path) {
        let store = open(path).unwrap();
        accept(&*store, "evt_1").await;
        store.close().await;
    }

    /// Runs statements on a file as another program would, and leaves a WAL behind if asked to.
    fn run(path: &Path, sql: &str, leave_wal: bool) {
        let connection = Connection::open(path).unwrap();
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leave_wal)
            .unwrap();
        connection.execute_batch(sql).unwrap();
    }

    #[tokio::test]
    async fn a_second_open_is_refused_until_the_first_closes() {
        let (_folder, path) = place();
        let store = open(&path).unwrap();
        let error = refusal(&path);
        assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
        let message = error.to_string();
        assert!(
            message.contains("in use by another signalbox process"),
            "{message}"
        );
        assert!(message.contains(path.to_str().unwrap()), "{message}");
        accept(&*store, "evt_1").await;
        store.close().await;
        let store = open(&path).unwrap();
        assert_eq!(n_events(&*store).await, 1);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn another_name_of_the_same_file_is_the_same_file() {
        let (folder, path) = place();
        ours(&path).await;
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let store = open(&link).unwrap();
        assert_eq!(n_events(&*store).await, 1);
        assert!(matches!(refusal(&path), OpenError::InUse { .. }));
    }

    #[tokio::test]
    async fn closing_leaves_one_tidy_file() {
        let (folder, path) = place();
        ours(&path).await;
        let names = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["t.db", "t.db.lock"]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_can_read_the_files() {
        use std::os::unix::fs::PermissionsExt;

        let (folder, path) = place();
        let store = open(&path).unwrap();
        accept(&*store, "evt_1").await;
        let mut n_files = 0;
        for entry in fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
            n_files += 1;
        }
        assert_eq!(
            n_files, 4,
            "the database, its WAL, the index of that, and the lock"
        );
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused_untouched() {
        for leave_wal in [false, true] {
            let (_folder, path) = place();
            ours(&path).await;
            run(
                &path,
                "INSERT INTO schema_migrations VALUES (99, 'x', 0)",
                leave_wal,
            );
            assert_eq!(beside(&path, "-wal").exists(), leave_wal);
            let error = assert_refused_untouched(&path);
            assert!(
                matches!(error, OpenError::Newer { found: 99, .. }),
                "{error:?}"
            );
            assert!(
                error.to_string().contains("start the newer signalbox"),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn a_changed_migration_is_refused_untouched() {
        let (_folder, path) = place();
        ours(&path).await;
        run(
            &path,
            "UPDATE schema_migrations SET checksum = 'x' WHERE version = 1",
            false,
        );
        let error = assert_refused_untouched(&path);
        assert!(
            matches!(error, OpenError::Diverged { version: 1, .. }),
            "{error:?}"
        );
    }

    #[test]
    fn the_database_of_another_program_is_refused_untouched() {
        for (sql, leave_wal) in [
            (
                "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)",
                false,
            ),
            ("PRAGMA application_id = 7", false),
            (
                "PRAGMA application_id = 7; CREATE TABLE schema_migrations (a)",
                false,
            ),
            ("PRAGMA journal_mode = WAL; CREATE TABLE theirs (a)", false),
            ("PRAGMA journal_mode = WAL; CREATE TABLE theirs (a)", true),
        ] {
            let (_folder, path) = place();
            run(&path, sql, leave_wal);
            let error = assert_refused_untouched(&path);
            assert!(
                matches!(error, OpenError::Foreign { .. }),
                "{sql}: {error:?}"
            );
            assert!(
                error.to_string().contains("belongs to another program"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_no_database_is_refused_untouched() {
        for contents in [
            b"hello".to_vec(),
            b"{\"a\":1}\n".repeat(1_000),
            b"SQLite format 3\0".to_vec(),
            b"SQLite format 3\0".repeat(600),
            vec![0; 8_192],
            vec![0xff; 100_000],
        ] {
            let (_folder, path) = place();
            fs::write(&path, &contents).unwrap();
            let error = assert_refused_untouched(&path);
            assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
            assert!(
                error.to_string().contains("it was left untouched"),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn a_damaged_file_is_refused_untouched() {
        let (_folder, path) = place();
        ours(&path).await;
        let whole = fs::read(&path).unwrap();
        for n_bytes in [whole.len() - 1, whole.len() / 2, 8_192, 600, 100, 17] {
            fs::write(&path, &whole[..n_bytes]).unwrap();
            let error = assert_refused_untouched(&path);
            let message = error.to_string();
            assert!(
                message.contains("left untouched"),
                "{n_bytes} bytes: {message}"
            );
            assert!(message.contains(path.to_str().unwrap()), "{message}");
        }
        fs::write(&path, &whole).unwrap();
        let store = open(&path).unwrap();
        assert_eq!(n_events(&*store).await, 1, "the whole file opens as before");
    }

    #[tokio::test]
    async fn an_empty_file_becomes_a_database() {
        let (_folder, path) = place();
        fs::write(&path, "").unwrap();
        ours(&path).await;
    }

    /// A name that the engine would read as a URI of its own is a name like any other.
    #[tokio::test]
    async fn odd_names_are_names() {
        let folder = TempDir::new().unwrap();
        for name in [
            "file:x",
            "file:x?mode=memory",
            ":memory:",
            "ü 😀.db",
            "a'b\"c",
            "-",
            "x.lock",
        ] {
            let path = folder.path().join(name);
            ours(&path).await;
            assert!(path.is_file(), "{name}");
        }
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let (folder, path) = place();
        fs::create_dir(&path).unwrap();
        let error = refusal(&path);
        assert!(
            error.to_string().contains("it is not a regular file"),
            "{error}"
        );
        assert!(path.is_dir() && fs::read_dir(&path).unwrap().next().is_none());
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing was put beside it"
        );
    }

    #[test]
    fn a_folder_that_is_missing_is_named() {
        let (folder, path) = place();
        let error = refusal(&folder.path().join("missing").join("t.db"));
        assert!(
            matches!(
                error,
                OpenError::Io {
                    what: "open the folder of",
                    ..
                }
            ),
            "{error:?}"
        );
        fs::write(&path, "").unwrap();
        refusal(&path.join("t.db"));
    }

    /// A folder where nobody can write, the superuser included.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_cannot_be_written_to_is_an_error() {
        let error = refusal("/proc/self/signalbox.db".as_ref());
        assert!(
            matches!(error, OpenError::Io { what: "create", .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains("signalbox.db"), "{error}");
    }

    /// Copies what stands on disk while the store is open: all that a killed process leaves.
    fn copy_of(path: &Path) -> (TempDir, PathBuf) {
        let (folder, copy) = place();
        fs::copy(path, &copy).unwrap();
        fs::copy(beside(path, "-wal"), beside(&copy, "-wal")).unwrap();
        (folder, copy)
    }

    #[tokio::test]
    async fn all_that_was_acknowledged_is_in_what_is_on_disk() {
        let (_folder, path) = place();
        let store = open(&path).unwrap();
        for number in 1..=60 {
            accept(&*store, &format!("evt_{number}")).await;
            if number % 20 == 0 {
                let (_kept, copy) = copy_of(&path);
                let recovered = open(&copy).unwrap();
                assert_eq!(n_events(&*recovered).await, number);
                accept(&*recovered, "evt_later").await;
            }
        }
    }

    /// The power fails while a commit is written: what was committed before it is whole.
    #[tokio::test]
    async fn a_torn_commit_takes_nothing_else_with_it() {
        let (_folder, path) = place();
        let store = open(&path).unwrap();
        for number in 1..=20 {
            accept(&*store, &format!("evt_{number}")).await;
        }
        let whole = fs::read(beside(&path, "-wal")).unwrap();
        accept(&*store, "evt_21").await;
        let longer = fs::read(beside(&path, "-wal")).unwrap();
        for n_bytes in [
            whole.len(),
            whole.len() + 10,
            longer.len() - 1,
            longer.len(),
        ] {
            let (_kept, copy) = copy_of(&path);
            fs::write(beside(&copy, "-wal"), &longer[..n_bytes]).unwrap();
            let recovered = open(&copy).unwrap();
            let expected = if n_bytes == longer.len() { 21 } else { 20 };
            assert_eq!(n_events(&*recovered).await, expected, "{n_bytes} bytes");
        }
    }

    /// Tells [`a_process_that_is_killed_has_kept_all_and_lets_go`] that it runs as the other
    /// process: a file of this name in the folder where it was started.
    const CHILD: &str = "child-of-a-test";

    #[tokio::test]
    async fn a_process_that_is_killed_has_kept_all_and_lets_go() {
        if Path::new(CHILD).exists() {
            return be_the_child().await;
        }
        let (folder, path) = place();
        fs::write(folder.path().join(CHILD), "").unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "file::a_process_that_is_killed_has_kept_all_and_lets_go",
            ])
            .arg("--nocapture")
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines
            .map(Result::unwrap)
            .filter(|line| line.contains("kept"));
        assert!(lines.next().is_some(), "the child says when it has written");
        let error = refusal(&path);
        assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
        child.kill().unwrap();
        child.wait().unwrap();
        let store = open(&path).unwrap();
        assert_eq!(n_events(&*store).await, 25);
    }

    /// Writes, says so, and waits to be killed.
    async fn be_the_child() {
        let store = open("t.db".as_ref()).unwrap();
        for number in 1..=25 {
            accept(&*store, &format!("evt_{number}")).await;
        }
        std::io::stdout().write_all(b"kept\n").unwrap();
        let _ = std::io::stdin().read_line(&mut String::new());
    }
}
