//! Lets the examples and tests find libtorch when they are started directly.
//!
//! A link argument reaches only the package whose build script asks for it, so every package with
//! programs of its own has this file.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Some(lib_dir) = std::env::var_os("DEP_TORCH_EXACT_SHIM_LIB_DIR") {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib_dir.display());
    }
}
