/* Opens the library that it is given, and calls it if it is given a word for it. */

#include <dlfcn.h>
#include <stdio.h>

int main(int words, char** word) {
  void* library = dlopen(word[1], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    puts(dlerror());
    return 1;
  }
  if (words < 3) {
    return 0;
  }
  int (*compute)(const char*) = (int (*)(const char*))dlsym(library, "compute");
  return compute(word[2]);
}
