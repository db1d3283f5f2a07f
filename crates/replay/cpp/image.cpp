// A shared library that lies in memory.

#include "guarded.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace {

std::runtime_error loader_error() {
  const char* reason = dlerror();
  return std::runtime_error(reason ? reason : "the loader gives no reason");
}

// A file that holds `size` bytes and can be opened by its path, gone with the value: in memory, or
// a temporary one where a sandbox forbids that or /proc is missing.
class ImageFile {
 public:
  ImageFile(const char* bytes, size_t size) {
    file_ = memfd_create("torch_exact", MFD_CLOEXEC);
    path_ = "/proc/self/fd/" + std::to_string(file_);
    if (file_ < 0 || access(path_.c_str(), R_OK) != 0) {
      if (file_ >= 0) close(file_);
      const char* folder = getenv("TMPDIR");
      path_ = std::string(folder && *folder ? folder : "/tmp") + "/torch_exact.XXXXXX";
      file_ = mkstemp(path_.data());
      on_disk_ = file_ >= 0;
    }
    while (file_ >= 0 && size > 0) {
      const ssize_t written = write(file_, bytes, size);
      if (written < 0) break;
      bytes += written;
      size -= static_cast<size_t>(written);
    }
    if (file_ < 0 || size > 0) {
      const std::string reason = "cannot write " + path_ + ": " + strerror(errno);
      remove();
      throw std::runtime_error(reason);
    }
  }
  ~ImageFile() {
    remove();
  }
  ImageFile(const ImageFile&) = delete;
  ImageFile& operator=(const ImageFile&) = delete;
  const char* path() const {
    return path_.c_str();
  }

 private:
  void remove() {
    if (file_ >= 0) close(file_);
    if (on_disk_) unlink(path_.c_str());
  }

  int file_ = -1;
  bool on_disk_ = false;
  std::string path_;
};

} // namespace

extern "C" {

// Opens a shared library that lies in memory, for good, and finds `symbol` in it.
void te_open_image(const char* bytes, size_t size, const char* symbol, void** out, char** error) {
  *out = nullptr;
  guarded(error, [&] {
    const ImageFile file(bytes, size);
    void* library = dlopen(file.path(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw loader_error();
    *out = dlsym(library, symbol);
    if (*out == nullptr) throw loader_error();
  });
}

} // extern "C"
