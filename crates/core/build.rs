//! Hands libtorch's folder on to packages that depend on this one, as `DEP_TORCH_EXACT_LIB_DIR`.

fn main() {
    let lib_dir = std::env::var("DEP_TORCH_EXACT_SHIM_LIB_DIR").expect("a dependency on the shim");
    println!("cargo::metadata=lib_dir={lib_dir}");
    println!("cargo::rerun-if-changed=build.rs");
}
