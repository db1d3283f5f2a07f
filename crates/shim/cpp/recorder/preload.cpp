// Preloaded into every program of a recorded command: loads the recorder into one that came with
// libtorch, and does nothing to any other. Python loads libtorch later, and sitecustomize.py sees
// to that. Needs no libtorch itself, so that it can be in a program without one.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <link.h>

namespace {

// Leaves the reason why nothing is recorded where `parity` looks for it.
void refuse(const char* reason) {
  char path[4096];
  std::snprintf(path, sizeof path, "%s/refused", std::getenv("PARITY_RECORDING"));
  if (std::FILE* file = std::fopen(path, "w")) {
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

void load_recorder() {
  const char* recorder = std::getenv("PARITY_RECORDER");
  const char* wanted = std::getenv("PARITY_LIBTORCH");
  void* libtorch = dlopen("libtorch_cpu.so", RTLD_NOLOAD | RTLD_LAZY);
  if (recorder == nullptr || wanted == nullptr || std::getenv("PARITY_RECORDING") == nullptr || libtorch == nullptr) {
    return;
  }
  link_map* map = nullptr;
  char version[64], reason[512];
  bool is_known = dlinfo(libtorch, RTLD_DI_LINKMAP, &map) == 0 && read_version(map->l_name, version);
  // Another version's functions are not those the recorder was compiled to call.
  if (is_known && std::strncmp(version, wanted, std::strlen(wanted)) != 0) {
    std::snprintf(reason, sizeof reason, "it runs on libtorch %s, and this recorder is for %s", version, wanted);
    refuse(reason);
  } else if (dlopen(recorder, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    refuse(dlerror());
  }
}

using Main = int (*)(int, char**, char**);
using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);

}  // namespace

// Called when all libraries of a program are in place and before its own first statement.
extern "C" __attribute__((visibility("default"))) int __libc_start_main(
    Main main, int argc, char** argv, void (*init)(), void (*fini)(), void (*rtld_fini)(), void* stack_end) {
  load_recorder();
  auto start = reinterpret_cast<Start>(dlsym(RTLD_NEXT, "__libc_start_main"));
  return start(main, argc, argv, init, fini, rtld_fini, stack_end);
}
