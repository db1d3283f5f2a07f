//! Lets `parity-fuzz` find libtorch when it is started directly.

fn main() {
    let lib_dir =
        std::env::var("DEP_TORCH_EXACT_LIB_DIR").expect("torch-exact is not a dependency");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib_dir}");
}
