//! Hands libtorch's folder on to packages that depend on this one, as `DEP_TORCH_EXACT_LIB_DIR`.

use std::env;

fn main() {
    // For documentation there need be no libtorch.
    if env::var_os("CARGO_FEATURE_DOC_ONLY").is_some() {
        return;
    }
    let lib_dir = env::var("DEP_TORCH_EXACT_SHIM_LIB_DIR").expect("a dependency on the shim");
    println!("cargo::metadata=lib_dir={lib_dir}");
    println!("cargo::rerun-if-changed=build.rs");
}
