// Finds the recorder in a process that is recorded, which `parity` loads.

#include <dlfcn.h>

extern "C" void (*te_recorder_pause())(int) {
  static const auto pause = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "parity_recorder_pause"));
  return pause;
}
