//! Makes sure that the folder of the built dashboard exists, so that the crate builds without Node.

use std::{env, fs, path::Path};

fn main() {
    let Some(manifest) = env::var_os("CARGO_MANIFEST_DIR") else {
        return;
    };
    let dist = Path::new(&manifest).join("../../ui/dist");
    if let Err(e) = fs::create_dir_all(&dist) {
        println!("cargo::error=cannot make the folder `{}`: {e}", dist.display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../ui/dist");
}
