//! Lets the examples and tests find libtorch when they are started directly; a package of your own needs the same.

fn main() {
    let lib_dir =
        std::env::var("DEP_TORCH_EXACT_LIB_DIR").expect("torch-exact is not a dependency");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib_dir}");
    // For the tests' stand-in for a GPU, where replay has found them.
    if let Ok(headers) = std::env::var("DEP_TORCH_EXACT_REPLAY_CUDA_HEADERS") {
        println!("cargo::rustc-env=CUDA_HEADERS={headers}");
    }
}
