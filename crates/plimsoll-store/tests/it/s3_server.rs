//! A real S3 server on this machine.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// A local S3 server with one bucket.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    /// `None` if there is no Python on this machine.
    pub fn start() -> Option<Self> {
        let mut child = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/s3-server"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        if address.is_empty() {
            let code = child.wait().unwrap().code();
            assert_eq!(code, Some(3), "the S3 server did not start");
            println!("skipped: there is no Python on this machine");
            return None;
        }
        let address = address.trim().to_owned();
        Some(Self { child, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
