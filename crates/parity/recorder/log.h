// A file that grows through a memory map: what was written stays when the process is killed, and a
// full disk is told before anything is written to it.

#pragma once

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace recorder {

class Log {
 public:
  Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  ~Log() {
    close(true);
  }

  // Starts the file, which must not exist yet; 0 or the system's error number.
  int open(const std::string& path) {
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return file_ < 0 ? errno : 0;
  }

  // Appends; 0 or the system's error number, and then nothing was appended.
  int append(const void* bytes, size_t size) {
    const char* from = static_cast<const char*>(bytes);
    if (int error = reserve(size)) {
      return error;
    }
    while (size > 0) {
      size_t room = mapped_from_ + kWindow - used_;
      if (room == 0) {
        if (int error = map(used_)) {
          return error;
        }
        continue;
      }
      size_t part = size < room ? size : room;
      std::memcpy(window_ + (used_ - mapped_from_), from, part);
      used_ += part;
      from += part;
      size -= part;
    }
    return 0;
  }

  size_t used() const {
    return used_;
  }

  // Overwrites bytes in the file's first window, whose blocks are there already.
  void patch(size_t offset, const std::string& bytes) {
    if (file_ >= 0) {
      (void)!::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    }
  }

  // In a forked child the file is the parent's: only the child's view of it goes.
  void close(bool ours) {
    if (window_ != nullptr) {
      ::munmap(window_, kWindow);
    }
    if (file_ >= 0) {
      if (ours) {
        (void)!::ftruncate(file_, static_cast<off_t>(used_));
      }
      ::close(file_);
    }
    file_ = -1;
    window_ = nullptr;
    used_ = reserved_ = mapped_from_ = 0;
  }

 private:
  static constexpr size_t kWindow = size_t{4} << 20;

  // Has the file system set blocks aside, so that writing into the map cannot fail.
  int reserve(size_t size) {
    if (file_ < 0) {
      return EBADF;
    }
    size_t end = (used_ + size + kWindow - 1) / kWindow * kWindow;
    if (end > reserved_) {
      size_t more = end - reserved_;
      int error = ::posix_fallocate(file_, static_cast<off_t>(reserved_), static_cast<off_t>(more));
      if (error != 0) {
        return error;
      }
      reserved_ = end;
    }
    return window_ == nullptr ? map(0) : 0;
  }

  int map(size_t from) {
    if (window_ != nullptr) {
      ::munmap(window_, kWindow);
      window_ = nullptr;
    }
    void* at = ::mmap(nullptr, kWindow, PROT_READ | PROT_WRITE, MAP_SHARED, file_, static_cast<off_t>(from));
    if (at == MAP_FAILED) {
      return errno;
    }
    window_ = static_cast<char*>(at);
    mapped_from_ = from;
    return 0;
  }

  int file_ = -1;
  char* window_ = nullptr;
  size_t used_ = 0, reserved_ = 0, mapped_from_ = 0;
};

}  // namespace recorder
