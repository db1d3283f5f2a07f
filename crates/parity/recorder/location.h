// Where in the program a call is made: a line of Python, or the return addresses on the stack.

#pragma once

#include <cstdint>
#include <dlfcn.h>
#include <link.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>
#include <unwind.h>
#include <utility>
#include <vector>

#include "json.h"

namespace recorder {

// Python's C interface, where there is a Python in the process; none is linked.
class Python {
 public:
  // Files below these folders are libraries, and files that torch.compile generated.
  std::vector<std::string> libraries, generated;

  // The innermost line of the program's own Python as FILE:LINE, empty where Python runs nothing in
  // this thread. The dispatcher holds no GIL, so taking it waits for nobody who waits for us; the
  // caller must hold no lock.
  std::string line() {
    if (!find() || !is_initialized_() || is_finalizing_() || this_thread_() == nullptr) {
      return {};
    }
    int gil = ensure_();
    std::string found;
    void* frame = frame_();
    if (frame != nullptr) {
      inc_ref_(frame);
    }
    bool is_compiled = false;
    while (frame != nullptr && found.empty()) {
      void* code = frame_code_(frame);
      const File& file = file_of(code);
      int line = frame_line_(frame);
      // A function that torch.compile has replaced stands in its first line: its caller says more.
      if (file.name.empty()) {
        is_compiled = is_compiled || file.is_generated;
      } else if (is_compiled && line == first_line(code)) {
        is_compiled = false;
      } else {
        found = file.name;
        found += ':';
        append(found, static_cast<int64_t>(line));
      }
      dec_ref_(code);
      void* outer = frame_back_(frame);
      dec_ref_(frame);
      frame = outer;
    }
    if (frame != nullptr) {
      dec_ref_(frame);
    }
    release_(gil);
    return found;
  }

 private:
  template <typename Function>
  static bool look_up(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
    return function != nullptr;
  }

  bool find() {
    if (looked_up_) {
      return found_;
    }
    looked_up_ = true;
    found_ = look_up(is_initialized_, "Py_IsInitialized") && look_up(this_thread_, "PyGILState_GetThisThreadState") &&
             look_up(ensure_, "PyGILState_Ensure") && look_up(release_, "PyGILState_Release") &&
             look_up(frame_, "PyEval_GetFrame") && look_up(frame_back_, "PyFrame_GetBack") &&
             look_up(frame_code_, "PyFrame_GetCode") && look_up(frame_line_, "PyFrame_GetLineNumber") &&
             look_up(attribute_, "PyObject_GetAttrString") && look_up(text_, "PyUnicode_AsUTF8") && look_up(number_, "PyLong_AsLong") &&
             look_up(inc_ref_, "Py_IncRef") && look_up(dec_ref_, "Py_DecRef") &&
             (look_up(is_finalizing_, "Py_IsFinalizing") || look_up(is_finalizing_, "_Py_IsFinalizing"));
    return found_;
  }

  struct File {
    std::string name;  // empty if it is a library's
    bool is_generated = false;
  };

  // The file of a code object. Guarded by the GIL.
  const File& file_of(void* code) {
    auto [entry, is_new] = files_.try_emplace(code);
    if (is_new) {
      // Kept, so that no other code object gets its address.
      inc_ref_(code);
      if (void* name = attribute_(code, "co_filename")) {
        const char* text = text_(name);
        entry->second.is_generated = text != nullptr && is_generated(text);
        if (text != nullptr && !entry->second.is_generated && !is_library(text)) {
          entry->second.name = text;
        }
        dec_ref_(name);
      }
    }
    return entry->second;
  }

  int first_line(void* code) {
    void* line = attribute_(code, "co_firstlineno");
    int number = line == nullptr ? 0 : static_cast<int>(number_(line));
    if (line != nullptr) {
      dec_ref_(line);
    }
    return number;
  }

  static bool is_below(const std::string& file, const std::vector<std::string>& folders) {
    for (const auto& folder : folders) {
      if (file.compare(0, folder.size(), folder) == 0) {
        return true;
      }
    }
    return false;
  }

  bool is_generated(const std::string& file) const {
    // What torch.fx calls the code it makes.
    return file.compare(0, 14, "<eval_with_key") == 0 || is_below(file, generated);
  }

  bool is_library(const std::string& file) const {
    return is_below(file, libraries) || file.compare(0, 7, "<frozen") == 0 ||
           file.find("/site-packages/") != std::string::npos || file.find("/dist-packages/") != std::string::npos;
  }

  bool looked_up_ = false, found_ = false;
  int (*is_initialized_)() = nullptr;
  int (*is_finalizing_)() = nullptr;
  void* (*this_thread_)() = nullptr;
  int (*ensure_)() = nullptr;
  void (*release_)(int) = nullptr;
  void* (*frame_)() = nullptr;
  void* (*frame_back_)(void*) = nullptr;
  void* (*frame_code_)(void*) = nullptr;
  int (*frame_line_)(void*) = nullptr;
  void* (*attribute_)(void*, const char*) = nullptr;
  const char* (*text_)(void*) = nullptr;
  long (*number_)(void*) = nullptr;
  void (*inc_ref_)(void*) = nullptr;
  void (*dec_ref_)(void*) = nullptr;
  std::unordered_map<void*, File> files_;
};

// The stack as return addresses. Walking it takes tens of microseconds, so a stack that was walked
// before is recognised by its return addresses, which lie where they lay.
class Stacks {
 public:
  // The number of this thread's stack; lines that describe it, and its modules, if it is new.
  int64_t number(const void* key, std::string& lines) {
    char here;
    auto& cached = cache_[reinterpret_cast<uintptr_t>(&here) ^ (reinterpret_cast<uintptr_t>(key) << 16)];
    if (!cached.slots.empty() && cached.is_standing()) {
      return cached.number;
    }
    Walk walk;
    _Unwind_Backtrace(visit, &walk);
    std::string frames;
    for (uintptr_t address : walk.addresses) {
      append_frame(address, frames, lines);
    }
    auto [entry, is_new] = numbers_.try_emplace(frames, static_cast<int64_t>(numbers_.size()));
    if (is_new) {
      lines += "{\"stack\":";
      append(lines, entry->second);
      lines += ",\"frames\":[" + frames + "]}\n";
    }
    cached.number = entry->second;
    cached.slots = walk.in_slots ? std::move(walk.slots) : std::vector<Slot>();
    return cached.number;
  }

  // Folder of the libraries whose frames are left out, and the recorder itself.
  std::string libtorch, own;

  void forget() {
    cache_.clear();
    numbers_.clear();
    modules_.clear();
  }

 private:
  using Slot = std::pair<const uintptr_t*, uintptr_t>;

  struct Cached {
    int64_t number = 0;
    std::vector<Slot> slots;

    bool is_standing() const {
      for (const auto& [at, address] : slots) {
        if (*at != address) {
          return false;
        }
      }
      return true;
    }
  };

  struct Walk {
    std::vector<uintptr_t> addresses;
    std::vector<Slot> slots;
    bool in_slots = true;
  };

  struct Module {
    uintptr_t from, to, bias;
    int64_t number;  // -1: left out
  };

  static _Unwind_Reason_Code visit(_Unwind_Context* context, void* argument) {
    auto* walk = static_cast<Walk*>(argument);
    uintptr_t address = _Unwind_GetIP(context);
    if (address == 0 || walk->addresses.size() == 256) {
      return _URC_END_OF_STACK;
    }
#if defined(__x86_64__)
    const auto* slot = reinterpret_cast<const uintptr_t*>(_Unwind_GetCFA(context)) - 1;
    // The innermost frame is our own: no return address leads into it.
    if (!walk->addresses.empty()) {
      walk->in_slots = walk->in_slots && *slot == address;
      walk->slots.emplace_back(slot, address);
    }
#else
    walk->in_slots = false;
#endif
    walk->addresses.push_back(address);
    return _URC_NO_REASON;
  }

  void append_frame(uintptr_t address, std::string& frames, std::string& lines) {
    const Module* module = find(address, lines);
    if (module == nullptr || module->number < 0) {
      return;
    }
    frames += frames.empty() ? "[" : ",[";
    append(frames, module->number);
    frames += ',';
    // Of the call itself, not of what follows it.
    append(frames, static_cast<int64_t>(address - module->bias - 1));
    frames += ']';
  }

  const Module* find(uintptr_t address, std::string& lines) {
    for (const Module& module : modules_) {
      if (module.from <= address && address < module.to) {
        return &module;
      }
    }
    Search search{this, address, &lines, false};
    dl_iterate_phdr(add, &search);
    return search.found ? &modules_.back() : nullptr;
  }

  struct Search {
    Stacks* stacks;
    uintptr_t address;
    std::string* lines;
    bool found;
  };

  static int add(dl_phdr_info* info, size_t, void* argument) {
    auto* search = static_cast<Search*>(argument);
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const auto& part = info->dlpi_phdr[i];
      uintptr_t from = info->dlpi_addr + part.p_vaddr;
      if (part.p_type == PT_LOAD && from <= search->address && search->address < from + part.p_memsz) {
        std::string path = info->dlpi_name;
        if (path.empty()) {
          char program[4096];
          ssize_t length = ::readlink("/proc/self/exe", program, sizeof program);
          path.assign(program, length < 0 ? 0 : static_cast<size_t>(length));
        }
        Module module{from, from + part.p_memsz, info->dlpi_addr, -1};
        if (!search->stacks->is_left_out(path)) {
          module.number = static_cast<int64_t>(search->stacks->modules_.size());
          search->stacks->describe(module.number, path, *search->lines);
        }
        search->stacks->modules_.push_back(module);
        search->found = true;
        return 1;
      }
    }
    return 0;
  }

  bool is_left_out(const std::string& path) const {
    size_t slash = path.rfind('/');
    std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
    for (const char* system : {"libc.so", "libm.so", "libstdc++.so", "libgcc_s.so", "libpthread.so", "ld-linux",
                               "preload.so"}) {
      if (name.compare(0, std::char_traits<char>::length(system), system) == 0) {
        return true;
      }
    }
    return path == own || (slash != std::string::npos && path.compare(0, slash, libtorch) == 0);
  }

  static void describe(int64_t number, const std::string& path, std::string& lines) {
    struct stat status = {};
    ::stat(path.c_str(), &status);
    lines += "{\"module\":";
    append(lines, number);
    lines += ",\"path\":";
    append_text(lines, path);
    lines += ",\"size\":";
    append(lines, static_cast<int64_t>(status.st_size));
    lines += ",\"modified\":";
    append(lines, static_cast<int64_t>(status.st_mtim.tv_sec));
    lines += "}\n";
  }

  std::unordered_map<uintptr_t, Cached> cache_;
  std::unordered_map<std::string, int64_t> numbers_;
  std::vector<Module> modules_;
};

}  // namespace recorder
