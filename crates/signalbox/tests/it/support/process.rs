//! The real binary, as a process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use super::{Call, SECRET, Wire, call, eventually};

/// Longest that a process may take to end once it was asked to. That is the promise.
const EXIT_MAX: Duration = Duration::from_secs(10);
/// Longest that a command may take, with room for a slow machine.
const COMMAND_MAX: Duration = Duration::from_secs(30);

/// Reads how many rounds the crash test makes.
#[expect(
    clippy::disallowed_methods,
    reason = "the one knob of the tests, for long runs by hand"
)]
pub(crate) fn crash_rounds() -> u64 {
    std::env::var("SIGNALBOX_CRASH_ROUNDS").map_or(6, |rounds| rounds.parse().unwrap())
}

/// Prepares the binary in a folder, with nothing in its environment but what is given.
fn command(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signalbox"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().copied());
    piped(command)
}

/// Lets the test read what a command writes, and ends it with the test.
fn piped(mut command: Command) -> Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs the binary to its end.
pub(crate) async fn signalbox(
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Output {
    let running = command(folder, arguments, variables).output();
    tokio::time::timeout(COMMAND_MAX, running)
        .await
        .expect("an end in time")
        .unwrap()
}

/// A hub in a process of its own.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    child: Child,
    client: Client,
    output: Arc<Mutex<String>>,
    readers: JoinSet<()>,
}

impl Served {
    /// Starts one on `hub.db` in a folder and waits until it listens.
    pub(crate) async fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let own = [
            ("PORT", "0"),
            ("DATABASE_URL", "sqlite:hub.db"),
            ("STRIPE_WEBHOOK_SECRET", SECRET),
            ("STATUS_POLL_INTERVAL", "0"),
        ];
        let variables: Vec<_> = own.iter().chain(variables).copied().collect();
        Self::start_with(folder, &["serve"], &variables).await
    }

    /// Starts one with arguments and variables of its own.
    pub(crate) async fn start_with(
        folder: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        Self::spawn(command(folder, arguments, variables)).await
    }

    /// Starts one under a limit of the shell. A file that may not grow is an error to the process,
    /// not its end.
    pub(crate) async fn start_under(limit: &str, folder: &Path) -> Self {
        let binary = env!("CARGO_BIN_EXE_signalbox");
        let script = format!("trap '' XFSZ; {limit}; exec '{binary}' serve");
        let mut command = Command::new("sh");
        command
            .args(["-c", &script])
            .current_dir(folder)
            .env_clear();
        command.envs([("PORT", "0"), ("DATABASE_URL", "sqlite:hub.db")]);
        command.env("STRIPE_WEBHOOK_SECRET", SECRET);
        Self::spawn(piped(command)).await
    }

    async fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let output = Arc::new(Mutex::new(String::new()));
        let mut readers = JoinSet::new();
        readers.spawn(collect(child.stdout.take().unwrap(), Arc::clone(&output)));
        readers.spawn(collect(child.stderr.take().unwrap(), Arc::clone(&output)));
        let address = eventually("the address in the log", async || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the hub ended with {status}: {}", output.lock().unwrap());
            }
            output.lock().unwrap().lines().find_map(address_in)
        })
        .await;
        Self {
            address,
            child,
            client: call::client(),
            output,
            readers,
        }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        Call::new(&self.client, self.address, method, path)
    }

    pub(crate) async fn wire(&self) -> Wire {
        Wire::to(self.address).await
    }

    /// Returns what it has written so far, to both outputs.
    pub(crate) fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    /// Asks it to end.
    pub(crate) async fn terminate(&self) {
        self.signal("TERM").await;
    }

    /// Kills it where it stands.
    pub(crate) async fn kill_now(&self) {
        self.signal("KILL").await;
    }

    async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("a process that runs");
        let kill = format!("kill -{name} {pid}");
        let status = Command::new("sh").args(["-c", &kill]).status().await;
        assert!(status.unwrap().success());
    }

    /// Waits until a killed process is gone.
    pub(crate) async fn reap(self) {
        let (code, output) = self.ended().await;
        assert_eq!(code, None, "it ended by itself: {output}");
    }

    /// Returns the most memory that it has held so far, in MiB.
    pub(crate) fn peak_mib(&self) -> u64 {
        let pid = self.child.id().expect("a process that runs");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse::<u64>()
            .unwrap()
            / 1_024
    }

    /// Waits for its end and returns its exit code and all that it wrote.
    pub(crate) async fn ended(mut self) -> (Option<i32>, String) {
        let status = tokio::time::timeout(EXIT_MAX, self.child.wait()).await;
        let status = status.expect("an end in time").unwrap();
        while self.readers.join_next().await.is_some() {}
        (status.code(), self.output())
    }

    /// Asks it to end and requires that it ends well.
    pub(crate) async fn finish(self) -> String {
        self.terminate().await;
        let (code, output) = self.ended().await;
        assert_eq!(code, Some(0), "{output}");
        output
    }
}

async fn collect(stream: impl AsyncRead + Unpin, output: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(stream).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let mut output = output.lock().unwrap();
        *output += &String::from_utf8_lossy(&line);
        output.push('\n');
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    line.get("http.address")?.as_str()?.parse().ok()
}
