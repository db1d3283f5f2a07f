//! Lets `parity` find libtorch when it is started directly, and say where it is.

fn main() {
    let lib_dir =
        std::env::var("DEP_TORCH_EXACT_SHIM_LIB_DIR").expect("the shim is not a dependency");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib_dir}");
    println!("cargo::rustc-env=LIBTORCH_LIB_DIR={lib_dir}");
}
