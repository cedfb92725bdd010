//! A server on the other side of a hub: a status page or a destination. It records what it is
//! asked and answers by script.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::eventually;
use super::reply::{DRIP, Manner, Reply};
use super::wire::find;

/// A request as the fake received it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    /// Returns a header; an absent one is empty.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// The server. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Fake {
    address: SocketAddr,
    desk: Arc<Desk>,
    release: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

/// What the connections of a fake share.
#[derive(Debug)]
struct Desk {
    script: Mutex<VecDeque<Reply>>,
    usual: Mutex<Reply>,
    seen: Mutex<Vec<Seen>>,
    n_sent: AtomicUsize,
    n_open: AtomicUsize,
    released: watch::Receiver<bool>,
}

impl Fake {
    /// Starts a server that answers everything alike, but for what is scripted later.
    pub(crate) async fn answering(usual: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (release, released) = watch::channel(false);
        let desk = Arc::new(Desk {
            script: Mutex::default(),
            usual: Mutex::new(usual),
            seen: Mutex::default(),
            n_sent: AtomicUsize::new(0),
            n_open: AtomicUsize::new(0),
            released,
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&desk)));
        Self {
            address,
            desk,
            release,
            _tasks: tasks,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Changes what is answered usually.
    pub(crate) fn answer(&self, usual: Reply) {
        *self.desk.usual.lock().unwrap() = usual;
    }

    /// Scripts the next answers, after which the usual one follows.
    pub(crate) fn then(&self, replies: impl IntoIterator<Item = Reply>) {
        self.desk.script.lock().unwrap().extend(replies);
    }

    /// Lets held answers go, and ends silences.
    pub(crate) fn release(&self) {
        self.release.send_replace(true);
    }

    /// Returns the requests so far, oldest first.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.desk.seen.lock().unwrap().clone()
    }

    /// Waits for a number of requests.
    pub(crate) async fn wait_for(&self, n_requests: usize) -> Vec<Seen> {
        let what = format!("{n_requests} requests to the fake");
        eventually(&what, async || {
            Some(self.seen()).filter(|seen| seen.len() >= n_requests)
        })
        .await
    }

    /// Returns how many bytes of bodies were handed to the network.
    pub(crate) fn n_sent(&self) -> usize {
        self.desk.n_sent.load(Ordering::SeqCst)
    }

    /// Returns how many connections are open.
    pub(crate) fn n_open(&self) -> usize {
        self.desk.n_open.load(Ordering::SeqCst)
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let desk = Arc::clone(&desk);
        connections.spawn(async move {
            desk.n_open.fetch_add(1, Ordering::SeqCst);
            // A client that vanishes is the client's business.
            let _ = serve(stream, &desk).await;
            desk.n_open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn serve(mut stream: TcpStream, desk: &Desk) -> std::io::Result<()> {
    let Some(seen) = read(&mut stream).await? else {
        return Ok(());
    };
    let reply = desk.script.lock().unwrap().pop_front();
    let reply = reply.unwrap_or_else(|| desk.usual.lock().unwrap().clone());
    desk.seen.lock().unwrap().push(seen);
    let (first, rest) = reply.body.split_at(reply.body.len() / 2);
    match reply.manner {
        Manner::Deaf => return Ok(()),
        Manner::Silent => return idle(&mut stream, desk).await,
        Manner::Held => idle(&mut stream, desk).await?,
        _ => {}
    }
    stream.write_all(reply.head().as_bytes()).await?;
    match reply.manner {
        Manner::CutOff => send(&mut stream, desk, first).await,
        Manner::Stalled => {
            send(&mut stream, desk, first).await?;
            idle(&mut stream, desk).await
        }
        Manner::Dripping => {
            let mut drops = tokio::time::interval(DRIP);
            for byte in &reply.body {
                drops.tick().await;
                send(&mut stream, desk, &[*byte]).await?;
            }
            Ok(())
        }
        Manner::Endless => loop {
            send(&mut stream, desk, &reply.body).await?;
        },
        _ => {
            send(&mut stream, desk, first).await?;
            send(&mut stream, desk, rest).await
        }
    }
}

async fn send(stream: &mut TcpStream, desk: &Desk, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    desk.n_sent.fetch_add(bytes.len(), Ordering::SeqCst);
    Ok(())
}

/// Waits for the release; a client that leaves first is an error.
async fn idle(stream: &mut TcpStream, desk: &Desk) -> std::io::Result<()> {
    let mut released = desk.released.clone();
    let mut byte = [0];
    tokio::select! {
        _ = released.wait_for(|released| *released) => Ok(()),
        _ = stream.read(&mut byte) => Err(std::io::ErrorKind::ConnectionAborted.into()),
    }
}

async fn read(stream: &mut TcpStream) -> std::io::Result<Option<Seen>> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = find(&bytes, b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap().split(' ').map(str::to_owned);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, length)| length.parse().unwrap());
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(Seen {
        method: words.next().unwrap(),
        path: words.next().unwrap(),
        headers,
        body: bytes.split_off(head_end),
    }))
}
