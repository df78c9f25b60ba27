//! Connections that send requests one after the other, and what is measured of them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What goes wrong ends the run.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A connection to a service.
#[derive(Debug)]
pub struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    host: String,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends when the sender is dropped.
        tokio::spawn(connection);
        Ok(Self {
            sender,
            host: address.to_string(),
        })
    }

    /// Sends a body; `false` if it shall be sent again later.
    pub async fn post(&mut self, path: &str, content_type: &str, body: Bytes) -> Result<bool, Failure> {
        let request = Request::post(path)
            .header("host", &self.host)
            .header("content-type", content_type)
            .body(Full::new(body))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let answer = response.into_body().collect().await?.to_bytes();
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Ok(false),
            status if status.is_success() => Ok(true),
            status => Err(format!("{status}: {}", String::from_utf8_lossy(&answer)).into()),
        }
    }
}

/// Times of requests.
#[derive(Debug, Default)]
pub struct Times {
    micros: Vec<u32>,
    /// Requests that were pushed back.
    pub refused: u64,
    pub elapsed: Duration,
}

impl Times {
    pub fn add(&mut self, time: Duration) {
        self.micros.push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    pub fn requests(&self) -> usize {
        self.micros.len()
    }

    pub fn merge(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.refused += other.refused;
    }

    /// Milliseconds within which a share of the requests was answered.
    pub fn quantile(&mut self, share: f64) -> f64 {
        self.micros.sort_unstable();
        let at = (self.micros.len() as f64 * share) as usize;
        let found = self.micros.get(at.min(self.micros.len().saturating_sub(1)));
        found.map_or(f64::NAN, |micros| f64::from(*micros) / 1_000.0)
    }
}

/// Sends bodies over several connections for a while; `body` is given numbers from 0 on.
pub async fn drive(
    address: SocketAddr,
    path: &'static str,
    content_type: &'static str,
    connections: usize,
    length: Duration,
    body: impl Fn(u64) -> Bytes + Send + Sync + 'static,
) -> Result<Times, Failure> {
    let (next, body) = (Arc::new(AtomicU64::new(0)), Arc::new(body));
    let began = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (next, body) = (Arc::clone(&next), Arc::clone(&body));
        tasks.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut times = Times::default();
            while began.elapsed() < length {
                let bytes = body(next.fetch_add(1, Ordering::Relaxed));
                let sent = Instant::now();
                while !connection.post(path, content_type, bytes.clone()).await? {
                    times.refused += 1;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                times.add(sent.elapsed());
            }
            Ok::<_, Failure>(times)
        }));
    }
    let mut all = Times::default();
    for task in tasks {
        all.merge(task.await??);
    }
    all.elapsed = began.elapsed();
    Ok(all)
}
