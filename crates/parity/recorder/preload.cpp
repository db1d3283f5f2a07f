// Preloaded into every program of a recorded command: asks `parity` for the recorder of the libtorch
// that the program came with or opens later, and loads it; does nothing to a program without
// libtorch. In Python sitecustomize.py loads it. Needs no libtorch itself, so that it can be in a
// program without one.

#include "arithmetic.h"

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <initializer_list>
#include <csignal>
#include <link.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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

// The folder of a library, without links and dots.
bool folder_of(void* library, char (&folder)[PATH_MAX]) {
  link_map* map = nullptr;
  char path[PATH_MAX];
  if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0) {
    return false;
  }
  std::snprintf(path, sizeof path, "%s", map->l_name);
  char* slash = std::strrchr(path, '/');
  if (slash != nullptr) {
    *slash = '\0';
  }
  return realpath(slash == nullptr ? "." : path, folder) != nullptr;
}

// What `parity` answers to the folder of a libtorch: the path of its recorder, or why there is none.
// Compiling one takes half a minute.
bool ask(const char* libtorch, char (&answer)[PATH_MAX]) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", std::getenv("PARITY_SOCKET"));
  int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  size_t length = 0;
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      send(connection, libtorch, std::strlen(libtorch), MSG_NOSIGNAL) > 0 && shutdown(connection, SHUT_WR) == 0) {
    ssize_t received;
    while ((received = read(connection, answer + length, sizeof answer - 1 - length)) > 0 ||
           (received < 0 && errno == EINTR)) {
      length += received > 0 ? received : 0;
    }
  }
  close(connection);
  answer[length] = '\0';
  return length > 0;
}

// Whether the recorder has been asked for, or nothing is to ask for it.
std::atomic<bool> settled{true};

// Whether there is one.
std::atomic<bool> found{false};

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

// The path of the recorder for the libtorch of this program, whose arithmetic is chosen then; null if
// there is no libtorch, or a reason, which is left for `parity`.
const char* find_recorder() {
  static char answer[PATH_MAX];
  char folder[PATH_MAX];
  void* libtorch = is_loaded("libtorch_cpu.so");
  if (libtorch == nullptr || !folder_of(libtorch, folder)) {
    return nullptr;
  }
  if (const char* failure = choose_arithmetic()) {
    refuse(failure);
  } else if (!ask(folder, answer)) {
    refuse("it loaded libtorch when `parity`, which started it, had ended");
  } else if (answer[0] != '/') {
    refuse(answer);
  } else {
    found = true;
    return answer;
  }
  return nullptr;
}

// Loads the recorder if libtorch is there.
void load_recorder() {
  if (is_loaded("libtorch_cpu.so") == nullptr || settled.exchange(true)) {
    return;
  }
  const char* recorder = find_recorder();
  if (recorder != nullptr && dlopen(recorder, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    refuse(dlerror());
  }
}

// A thread by what started it: `0` is the first that the main thread started, `0.2` the third that this
// one did. The same from run to run, where the order in which threads come to compute is not.
struct Thread {
  char path[64];
  unsigned started;
};

thread_local Thread current = {};

bool is_recorded() {
  return std::getenv("PARITY_RECORDING") != nullptr && std::getenv("PARITY_SOCKET") != nullptr;
}

void begin() {
  // A recorded program does not outlive `parity` that is killed.
  const char* parity = std::getenv("PARITY_PROCESS");
  if (parity != nullptr && std::atoi(parity) == getppid()) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
  }
  // The thread that forks is the child's main thread.
  pthread_atfork(nullptr, nullptr, [] { current = {}; });
  settled = !is_recorded() || is_python();
  if (!settled) {
    load_recorder();
  }
}

// Says of a program that ends with libtorch and without the recorder why that is.
__attribute__((destructor)) void end() {
  if (is_recorded() && !found && is_loaded("libtorch_cpu.so") != nullptr) {
    refuse(is_python() ? "its Python ignores PYTHONPATH (as with -I, -E or -S), by which the recorder comes in"
                       : "it opened libtorch and never asked dlsym for a function, which is when the recorder comes in");
  }
}

// What pthread_create is given for what the program gave it.
struct Begin {
  void* (*function)(void*);
  void* argument;
  Thread thread;
};

void* begin_thread(void* given) {
  Begin begin = *static_cast<Begin*>(given);
  delete static_cast<Begin*>(given);
  current = begin.thread;
  return begin.function(begin.argument);
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
using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);

}  // namespace

// For sitecustomize.py.
extern "C" __attribute__((visibility("default"))) const char* parity_find_recorder() {
  return find_recorder();
}

// For the recorder: the path of the calling thread, empty for the one in which the process began.
extern "C" __attribute__((visibility("default"))) const char* parity_thread() {
  return current.path;
}

extern "C" __attribute__((visibility("default"))) int pthread_create(
    pthread_t* id, const pthread_attr_t* attributes, void* (*function)(void*), void* argument) {
  static auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  // A path too long is cut: its threads are told apart by their order only.
  auto* begin = new Begin{function, argument, {}};
  std::snprintf(begin->thread.path, sizeof begin->thread.path, "%s%s%u", current.path,
                current.path[0] == '\0' ? "" : ".", current.started);
  int error = create(id, attributes, begin_thread, begin);
  if (error == 0) {
    ++current.started;
  } else {
    delete begin;
  }
  return error;
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
