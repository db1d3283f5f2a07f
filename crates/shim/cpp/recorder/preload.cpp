// Preloaded into every program of a recorded command: loads the recorder into one that came with
// libtorch or opens it later, and does nothing to any other. In Python sitecustomize.py loads it.
// Needs no libtorch itself, so that it can be in a program without one.

#include "../arithmetic.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <initializer_list>
#include <link.h>

namespace {

// Leaves the reason why nothing is recorded where `parity` looks for it.
void refuse(const char* reason) {
  char path[4096];
  std::snprintf(path, sizeof path, "%s/refused", std::getenv("PARITY_RECORDING"));
  if (std::FILE* file = std::fopen(path, "wx")) {
    std::fprintf(file, "%s\n", reason);
    std::fclose(file);
  }
}

// The version in the version.py (of a wheel) or the build-version beside the folder of `library`.
bool read_version(const char* library, char (&version)[64]) {
  const char* slash = std::strrchr(library, '/');
  int length = slash == nullptr ? 0 : static_cast<int>(slash - library);
  char path[4096], line[256];
  std::snprintf(path, sizeof path, "%.*s/../version.py", length, library);
  std::FILE* file = std::fopen(path, "r");
  const char* form = "__version__ = '%63[^']";
  if (file == nullptr) {
    std::snprintf(path, sizeof path, "%.*s/../build-version", length, library);
    file = std::fopen(path, "r");
    form = "%63s";
  }
  bool found = false;
  while (file != nullptr && !found && std::fgets(line, sizeof line, file) != nullptr) {
    found = std::sscanf(line, form, version) == 1;
  }
  if (file != nullptr) {
    std::fclose(file);
  }
  return found;
}

// Whether the recorder is loaded, or nothing is to load it.
std::atomic<bool> settled{true};

void* is_loaded(const char* library) {
  return dlopen(library, RTLD_NOLOAD | RTLD_LAZY);
}

bool is_python() {
  return dlsym(RTLD_DEFAULT, "PyEval_GetFrame") != nullptr;
}

// Has MKL compute as PARITY_ARITHMETIC says: `as_intel branch no_approximate`. Null, or why it cannot.
const char* choose_arithmetic() {
  const char* asked = std::getenv("PARITY_ARITHMETIC");
  int as_intel = 0, branch = 0, no_approximate = 0;
  if (asked == nullptr || std::sscanf(asked, "%d %d %d", &as_intel, &branch, &no_approximate) != 3) {
    return nullptr;
  }
  switch (arithmetic::set({as_intel != 0, branch, no_approximate != 0})) {
    case arithmetic::kSet:
      return nullptr;
    case arithmetic::kNoLibtorch:
    case arithmetic::kNoMkl:
      return "its libtorch computes without MKL, so that no arithmetic can be chosen";
    case arithmetic::kUnknownMkl:
      return "its libtorch has an MKL whose insides are not known, so that no arithmetic can be chosen";
    default:
      return "it had computed before its arithmetic could be chosen";
  }
}

// Loads the recorder if libtorch is there.
void load_recorder() {
  const char* recorder = std::getenv("PARITY_RECORDER");
  const char* wanted = std::getenv("PARITY_LIBTORCH");
  void* libtorch = is_loaded("libtorch_cpu.so");
  if (libtorch == nullptr || settled.exchange(true)) {
    return;
  }
  link_map* map = nullptr;
  char version[64], reason[512];
  bool is_known = dlinfo(libtorch, RTLD_DI_LINKMAP, &map) == 0 && read_version(map->l_name, version);
  // Another version's functions are not those the recorder was compiled to call.
  if (is_known && std::strncmp(version, wanted, std::strlen(wanted)) != 0) {
    std::snprintf(reason, sizeof reason, "it runs on libtorch %s, and this recorder is for %s", version, wanted);
    refuse(reason);
  } else if (const char* failure = choose_arithmetic()) {
    refuse(failure);
  } else if (dlopen(recorder, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    refuse(dlerror());
  }
}

void begin() {
  settled = std::getenv("PARITY_RECORDER") == nullptr || std::getenv("PARITY_LIBTORCH") == nullptr ||
            std::getenv("PARITY_RECORDING") == nullptr || is_python();
  if (!settled) {
    load_recorder();
  }
}

// Says of a program that ends with libtorch and without the recorder why that is.
__attribute__((destructor)) void end() {
  const char* recorder = std::getenv("PARITY_RECORDER");
  if (recorder != nullptr && std::getenv("PARITY_RECORDING") != nullptr && is_loaded("libtorch_cpu.so") != nullptr &&
      is_loaded(recorder) == nullptr) {
    refuse(is_python() ? "its Python ignores PYTHONPATH (as with -I, -E or -S), by which the recorder comes in"
                       : "it opened libtorch and never asked dlsym for a function, which is when the recorder comes in");
  }
}

// glibc's own, under the versions it has had.
using LookUp = void* (*)(void*, const char*);

LookUp systems_dlsym() {
  for (const char* version : {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17"}) {
    if (void* found = dlvsym(RTLD_NEXT, "dlsym", version)) {
      return reinterpret_cast<LookUp>(found);
    }
  }
  return nullptr;
}

using Main = int (*)(int, char**, char**);
using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);

}  // namespace

// For sitecustomize.py.
extern "C" __attribute__((visibility("default"))) const char* parity_choose_arithmetic() {
  return choose_arithmetic();
}

// Called when all libraries of a program are in place and before its own first statement.
extern "C" __attribute__((visibility("default"))) int __libc_start_main(
    Main main, int argc, char** argv, void (*init)(), void (*fini)(), void (*rtld_fini)(), void* stack_end) {
  begin();
  auto start = reinterpret_cast<Start>(dlsym(RTLD_NEXT, "__libc_start_main"));
  return start(main, argc, argv, init, fini, rtld_fini, stack_end);
}

// A program that opens libtorch later, or a library that needs it, looks its functions up here.
extern "C" __attribute__((visibility("default"))) void* dlsym(void* handle, const char* name) noexcept {
  static std::atomic<LookUp> known{nullptr};
  LookUp look_up = known;
  if (look_up == nullptr) {
    known = look_up = systems_dlsym();
  }
  if (handle != RTLD_NEXT && handle != RTLD_DEFAULT && !settled) {
    load_recorder();
  }
  // By a jump, so that RTLD_NEXT means next after the caller, not after this library.
  return look_up(handle, name);
}
