//! A collector as a process of its own.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::client::Failure;

/// Clock ticks in which Linux counts processor time.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running collector; it is ended when dropped.
#[derive(Debug)]
pub struct Service {
    process: Child,
    pub address: SocketAddr,
}

impl Service {
    pub fn start(binary: &Path, folder: &Path, yaml: &str, reference: &str) -> Result<Self, Failure> {
        fs::write(folder.join("load.yaml"), yaml)?;
        fs::write(folder.join("reference.csv"), reference)?;
        let mut process = Command::new(binary)
            .args([
                "collect",
                "--listen",
                "127.0.0.1:0",
                "--config",
                "load.yaml",
                "--workspace",
                "workspace",
            ])
            .current_dir(folder)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let out = process.stdout.take().ok_or("the output of the service is not there")?;
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().rsplit("http://").next().unwrap_or_default().parse();
        let address = address.map_err(|e| format!("`{}` names no address: {e}", line.trim()))?;
        Ok(Self { process, address })
    }

    /// Processor seconds so far.
    pub fn seconds(&self) -> Result<f64, Failure> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The name before may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| -> Result<f64, Failure> { Ok(fields.get(at).ok_or("a short line")?.parse::<f64>()?) };
        Ok((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
    }

    /// Resident memory in MiB.
    pub fn memory(&self) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next());
        Ok(kib.ok_or("no VmRSS in the status of the process")?.parse::<f64>()? / 1_024.0)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
