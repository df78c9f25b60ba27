//! A real NATS server with JetStream.

use std::{
    io::{BufRead, BufReader, ErrorKind},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// A server that is killed with its test.
pub struct Server {
    child: Child,
    port: u16,
    directory: TempDir,
    arguments: &'static [&'static str],
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Starts a server; `None` if there is none on this machine.
fn spawn(port: u16, directory: &Path, arguments: &[&str]) -> Option<Child> {
    // Debian keeps it where users without rights do not look.
    let child = ["nats-server", "/usr/sbin/nats-server"]
        .into_iter()
        .find_map(|program| {
            let child = Command::new(program)
                .args(["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd"])
                .arg(directory)
                .args(arguments)
                .stderr(Stdio::piped())
                .spawn();
            match child {
                Err(e) if e.kind() == ErrorKind::NotFound => None,
                child => Some(child.unwrap()),
            }
        });
    let Some(mut child) = child else {
        println!("skipped: there is no `nats-server` on this machine");
        return None;
    };
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    let ready = lines.any(|line| line.contains("Server is ready"));
    // It must not wait for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    if !ready {
        let ended = child.wait();
        panic!("the server ended before it was ready: {ended:?}");
    }
    Some(child)
}

impl Server {
    /// `None` if there is none on this machine.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The same with further arguments.
    pub fn start_with(arguments: &'static [&'static str]) -> Option<Self> {
        let directory = TempDir::new().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Some(Self {
            child: spawn(port, directory.path(), arguments)?,
            port,
            directory,
            arguments,
        })
    }

    /// Kills it and starts it again with what it had stored.
    pub fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(self.port, self.directory.path(), self.arguments).unwrap();
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}
