//! Lets `parity-fuzz` find libtorch when it is started directly.

fn main() {
    // For documentation there need be no libtorch.
    if std::env::var_os("CARGO_FEATURE_DOC_ONLY").is_some() {
        return;
    }
    let lib_dir =
        std::env::var("DEP_TORCH_EXACT_LIB_DIR").expect("torch-exact is not a dependency");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib_dir}");
}
