//! The program's own line among return addresses.

use std::ffi::c_void;
use std::path::Path;

/// The innermost line that is none of this project's libraries, of tch's or of Rust's: `FILE:LINE`.
pub(crate) fn find(frames: &[*mut c_void]) -> Option<String> {
    frames.iter().find_map(|&address| {
        let mut found = None;
        // A return address is that of the instruction after the call.
        backtrace::resolve(address.wrapping_byte_sub(1), |symbol| {
            if let (None, Some(file), Some(line)) = (&found, symbol.filename(), symbol.lineno())
                && is_own(file)
            {
                found = Some(format!("{}:{line}", file.display()));
            }
        });
        found
    })
}

fn is_own(file: &Path) -> bool {
    let replay = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = file.to_string_lossy();
    let of_rust = ["/rustc/", "/registry/src/", "/git/checkouts/", "/include/"];
    !["replay", "core", "shim"].iter().any(|name| file.starts_with(replay.with_file_name(name)))
        && !of_rust.iter().any(|part| text.contains(part))
}
