# What the scripts in Bash share; sourced by them. Sets root, the checkout's folder.
unset CDPATH
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# xtask TASK [FLAGS]: the project's own tool (crates/xtask), built where it is not yet: so what that takes is looked at here.
xtask() {
  local target=${CARGO_TARGET_DIR:-target} needed found
  needed=$(sed -n 's/^rust-version = "1\.\([0-9]*\)".*/\1/p' "$root/Cargo.toml")
  [[ $target == /* ]] || target=$root/$target
  if ! command -v cargo >/dev/null || ! found=$(rustc --version 2>&1); then
    say "Rust is missing: cargo and a rustc that runs. To mend it: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    return 1
  elif [[ $found =~ ^rustc\ 1\.([0-9]+) ]] && ((BASH_REMATCH[1] < needed)); then
    say "rustc 1.${BASH_REMATCH[1]} is too old: 1.$needed or newer is needed. To mend it: rustup update stable"
    return 1
  elif ! command -v cc >/dev/null; then
    say "There is no C++ compiler (cc, with which Rust links, is not on the PATH). To mend it: sudo apt-get install g++ (Fedora: gcc-c++)"
    return 1
  fi
  [[ -x $target/release/xtask ]] || say "building the project's own tool, which takes some seconds"
  (cd "$root" && cargo build --quiet --release -p xtask --target-dir "$target") || return
  TORCH_EXACT_CHECKOUT=$root "$target/release/xtask" "$@"
}

# use_linked: what is built and started from here on has the libtorch that setup linked, whatever the variables say.
use_linked() {
  local settings
  settings=$(xtask environment) && eval "$settings"
}
