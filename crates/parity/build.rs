//! Compiles what is preloaded into recorded programs.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=recorder/preload.cpp");
    if let Err(reason) = compile() {
        // `cargo::error` prints the sentence alone, without a backtrace or the script's own output.
        println!("cargo::error={reason}");
    }
}

fn compile() -> Result<(), Box<dyn std::error::Error>> {
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out_dir.join("arithmetic.h"), arithmetic::HEADER)?;
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").debug(false).opt_level(2).include(&out_dir);
    let mut command = build.try_get_compiler()?.to_command();
    command.args([
        "-shared",
        "-s",
        "-fvisibility=hidden",
        "-fno-exceptions",
        "recorder/preload.cpp",
        "-o",
    ]);
    command.arg(out_dir.join("preload.so")).args(["-Wl,--as-needed", "-ldl"]);
    let output = command.output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).replace('\n', " ").into()),
    }
}
