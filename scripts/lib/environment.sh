# Which environment variables change what this project builds, starts or installs; sourced by scripts/setup.
# Uses its read_python, libtorch_version and torch_version.

# What pip may be told for an installation: where packages come from, and how. All else in PIP_* would put them elsewhere
# or choose others than those that are locked.
pip_keeps='INDEX_URL|EXTRA_INDEX_URL|NO_INDEX|FIND_LINKS|TRUSTED_HOST|PROXY|CERT|CLIENT_CERT|KEYRING_PROVIDER|USE_FEATURE|'
pip_keeps+='TIMEOUT|DEFAULT_TIMEOUT|RETRIES|RESUME_RETRIES|CACHE_DIR|NO_CACHE_DIR|CONFIG_FILE|PROGRESS_BAR|NO_COLOR|'
pip_keeps+='VERBOSE|QUIET|DISABLE_PIP_VERSION_CHECK|NO_INPUT|ROOT_USER_ACTION'

# pip_unsets: `-u NAME` for every PIP_* that an installation leaves out.
pip_unsets() {
  local name
  for name in $(compgen -e PIP_ || true); do
    [[ $name =~ ^PIP_($pip_keeps)$ ]] || printf -- '-u\n%s\n' "$name"
  done
}

# variable NAME LIBTORCH: what NAME, which is set, does here, LIBTORCH being the folder that is linked. Fails where a plain
# `cargo build`, or a program started by itself, would not work with it; says nothing of variables that do not matter.
variable() {
  local name=$1 libtorch=$2 value=${!1} folder faults=''
  local -a folders
  case $name in
  LIBTORCH_USE_PYTORCH)
    local python=python3
    [[ -z ${VIRTUAL_ENV:-} ]] || python=python
    if read_python "$python" && [[ $py_torch == "$torch_version" ]]; then
      echo "cargo builds against the PyTorch of $python, $py_folder, and not against .libtorch"
    else
      echo "cargo asks $python for PyTorch, which has no $torch_version, and not .libtorch"
      return 1
    fi
    ;;
  LIBTORCH_INCLUDE)
    echo "cargo takes the headers from there"
    [[ -f $value/include/torch/csrc/api/include/torch/torch.h ]]
    ;;
  LIBTORCH_LIB)
    echo "cargo takes the libraries from there"
    [[ -f $value/lib/libtorch_cpu.so && $(libtorch_version "$value") == "$torch_version" ]]
    ;;
  LIBTORCH_CXX11_ABI)
    echo "PyTorch $torch_version has the new C++ ABI, which is 1"
    [[ $value == 1 ]]
    ;;
  LIBTORCH_STATIC)
    echo "PyTorch has no static libraries; 0, false or nothing links the shared ones"
    [[ $value == 0 || $value == false || $value == FALSE ]]
    ;;
  LIBTORCH_BYPASS_VERSION_CHECK) echo "of no effect: the shim checks the version all the same" ;;
  TORCH_CUDA_VERSION) echo "of no effect: cargo downloads no libtorch" ;;
  LD_LIBRARY_PATH)
    IFS=: read -ra folders <<<"$value"
    for folder in "${folders[@]}"; do
      ! foreign_libtorch "$folder" || faults+="${faults:+, }$folder"
    done
    [[ -z $faults ]] || echo "a program started by itself loads the libtorch of $faults"
    [[ -z $faults ]]
    ;;
  LD_PRELOAD)
    echo "is loaded into every program before libtorch"
    [[ $value != *libtorch* && $value != *libc10* ]]
    ;;
  LD_AUDIT) echo "is asked wherever a library is loaded" ;;
  PYTHONHOME)
    echo "every Python takes its library from there"
    python3 -c '' 2>/dev/null
    ;;
  PYTHONPATH) echo "every Python, the one compared with too, imports from there first" ;;
  PYTHONUSERBASE) echo "Python's own packages of yours lie there" ;;
  PIP_*)
    if [[ $name =~ ^PIP_($pip_keeps)$ ]]; then echo "installations go by it"; else echo "installations leave it out"; fi
    ;;
  CUDA_VISIBLE_DEVICES)
    if [[ -z $value || $value == -1* ]]; then
      echo "hides every GPU: --device auto takes the CPU"
    else
      echo "hides all GPUs but these, which are numbered from 0"
    fi
    ;;
  CUDA_LAUNCH_BLOCKING | PYTORCH_*ALLOC_CONF | PYTORCH_NO_CUDA_MEMORY_CACHING) echo "changes how fast a GPU works" ;;
  ATEN_CPU_CAPABILITY | MKL_CBWR | MKL_ENABLE_INSTRUCTIONS | ONEDNN_MAX_CPU_ISA | DNNL_MAX_CPU_ISA | GLIBC_TUNABLES)
    echo "can choose other kernels: the last digits may not be those of the pages"
    ;;
  CUBLAS_WORKSPACE_CONFIG | NVIDIA_TF32_OVERRIDE | TORCH_ALLOW_TF32_CUBLAS_OVERRIDE)
    echo "can choose other kernels of a GPU, in Python and here alike"
    ;;
  OMP_NUM_THREADS | MKL_NUM_THREADS) echo "sets the number of threads, as --threads does" ;;
  esac
}

# environment_rows LIBTORCH: a line `NAME=VALUE: what it does` for each that matters; those that are in the way begin with
# an exclamation mark and end with what to do. Fails if there is one.
environment_rows() {
  local name text status=0
  for name in $(compgen -e | sort); do
    if text=$(variable "$name" "$1"); then
      [[ -z $text ]] || echo "$name=${!name}: $text"
    else
      echo "!$name=${!name}: $text. To mend it: unset $name"
      status=1
    fi
  done
  return $status
}
