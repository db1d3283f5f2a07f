# What the scripts in Bash share; sourced by them. Sets root, the checkout's folder.
unset CDPATH
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# pinned KEY: a version from Cargo.toml, where all of them stand (tch, pytorch, cuda, nvidia-driver).
pinned() { sed -n "s/^$1 = \"=\\{0,1\\}\\([^\"]*\\)\".*/\\1/p" "$root/Cargo.toml"; }

tutorials() { # one name a line
  local file
  for file in "$root"/examples/*.rs; do basename "$file" .rs; done
}

# What torch-sys reads besides LIBTORCH: scripts/lib/environment.sh says what each does.
torch_sys_variables=(LIBTORCH_USE_PYTORCH LIBTORCH_INCLUDE LIBTORCH_LIB LIBTORCH_CXX11_ABI LIBTORCH_STATIC
  LIBTORCH_BYPASS_VERSION_CHECK TORCH_CUDA_VERSION)

# foreign_libtorch FOLDER: whether the loader would find a libtorch there that is not the linked one.
foreign_libtorch() {
  [[ -e $1/libtorch_cpu.so || -e $1/libc10.so ]] && [[ $(cd -P "$1" && pwd) != "$(cd -P "$root/.libtorch/lib" 2>/dev/null && pwd)" ]]
}

# use_linked: what is built and started from here on has the libtorch that setup linked, whatever the variables say.
use_linked() {
  unset LIBTORCH "${torch_sys_variables[@]}" # .cargo/config.toml names the linked one
  [[ -n ${LD_LIBRARY_PATH:-} ]] || return 0
  local folder kept=''
  local -a folders
  IFS=: read -ra folders <<<"$LD_LIBRARY_PATH"
  for folder in "${folders[@]}"; do
    if foreign_libtorch "$folder"; then
      say "LD_LIBRARY_PATH names $folder, which has another libtorch; left out here"
    else
      kept+=${kept:+:}$folder
    fi
  done
  export LD_LIBRARY_PATH=$kept
}
