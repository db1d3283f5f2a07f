// Writes down every call that a program makes of libtorch's operators, in a process that loaded
// this library and whose environment names a folder in PARITY_RECORDING.
//
// Recorded is the call made with autograd in reach that has no such call inside it: composite
// operators are opened, kernels are left whole.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>
#include <c10/core/ScalarType.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <c10/core/impl/TorchDispatchModeTLS.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <sstream>
#include <sys/stat.h>
#include <unordered_map>

#include "arithmetic.h"
#include "bits.h"
#include "json.h"
#include "log.h"
#include "operator.h"
#include "location.h"

namespace recorder {
namespace {

// A tensor of more bytes than this is told by its fingerprint alone, and so are all once this many
// bytes are kept.
constexpr size_t kKeptOfOne = size_t{64} << 10, kKeptOfAll = size_t{512} << 20;

// One call from its start to its end.
struct Call : at::ObserverContext {
  const Operator* op = nullptr;  // nullptr: a node of the backward pass
  std::string node;
  Call* outer = nullptr;
  bool closed = false;  // what it calls is its own affair
  bool has_inner = false;
  bool is_fake = false;  // shapes and dtypes are worked out, nothing is computed
  std::string arguments, inputs;
  std::vector<uint64_t> input_bits;
  // What the operator writes to: the outputs of one that returns nothing.
  std::vector<at::Tensor> written;
};

thread_local Call* innermost = nullptr;
// Whether this thread has made a call of its own, not only such as the backward pass runs in a thread
// of libtorch's.
thread_local bool is_programs = false;
thread_local int paused = 0;

// What the recorder itself calls is no call of the program's. A RecordFunctionGuard would say the
// same, and has libtorch rebuild its lists of callbacks each time.
struct Pause {
  Pause() {
    ++paused;
  }

  ~Pause() {
    --paused;
  }
};

// Adds the time that it lives.
class Timer {
 public:
  explicit Timer(std::atomic<int64_t>& nanoseconds) : nanoseconds_(nanoseconds) {}

  ~Timer() {
    auto lived = std::chrono::steady_clock::now() - start_;
    nanoseconds_ += std::chrono::duration_cast<std::chrono::nanoseconds>(lived).count();
  }

 private:
  std::atomic<int64_t>& nanoseconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

uint64_t identify(const at::Tensor& tensor, const Bits& bits) {
  return fingerprint(bits.data(), bits.size()) ^ static_cast<uint64_t>(tensor.scalar_type());
}

class Recorder {
 public:
  // Never destroyed: threads may still compute while the process ends.
  static Recorder& get() {
    static auto* recorder = new Recorder;
    return *recorder;
  }

  Python python;

  void start();
  std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function);
  void end(const at::RecordFunction& function, Call& call);
  void finish();
  void in_child();
  void note_generated(const char* folder);

 private:
  const Operator* find(const at::RecordFunction& function);
  void describe_inputs(const at::RecordFunction& function, Call& call);
  void open(const std::string& folder, int64_t parent);
  std::string header(int64_t parent) const;
  void fail(int error);
  void describe(const at::Tensor& tensor, std::string& out, uint64_t* bits, bool keep, bool has_values);
  void describe_values(const at::Tensor& tensor, std::string& out, uint64_t* fingerprint, bool keep);
  int keep(uint64_t fingerprint, const Bits& bits, std::string& out);
  void note_arithmetic(std::string& text);
  void write(const Call& call, std::string& outputs, bool counts);

  std::string folder_, libtorch_;
  std::vector<int64_t> asked_;
  std::mutex mutex_;
  std::atomic<bool> stopped_{true};
  std::atomic<bool> is_fresh_child_{false};
  Log calls_, bits_;
  std::atomic<int64_t> spent_{0};
  size_t failed_at_ = 0, spent_at_ = 0, asked_bytes_ = 0;
  int64_t next_ = 0, threads_ = 0;
  std::unordered_map<uint64_t, size_t> kept_;
  Stacks stacks_;
  bool noted_aten_ = false, noted_mkl_ = false;
  std::string last_line_, last_thread_;
  std::mutex operators_mutex_;
  std::unordered_map<const char*, std::unique_ptr<Operator>> operators_;
};

std::string text_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? std::string() : value;
}

// The version beside the library, as a wheel or an unpacked libtorch has it.
std::string version_of(const std::string& lib) {
  std::string line;
  std::ifstream wheel(lib + "/../version.py");
  while (std::getline(wheel, line)) {
    if (line.compare(0, 11, "__version__") == 0) {
      size_t from = line.find('\''), to = line.rfind('\'');
      return from < to ? line.substr(from + 1, to - from - 1) : line;
    }
  }
  std::ifstream unpacked(lib + "/../build-version");
  std::getline(unpacked, line);
  return line;
}

void Recorder::start() {
  folder_ = text_of("PARITY_RECORDING");
  std::string asked = text_of("PARITY_KEEP");
  for (size_t at = 0; at < asked.size(); at = asked.find(',', at), at += at < asked.size()) {
    asked_.push_back(std::strtoll(asked.c_str() + at, nullptr, 10));
  }
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&at::get_num_threads), &info) != 0) {
    std::string path = info.dli_fname;
    libtorch_ = path.substr(0, path.rfind('/'));
  }
  stacks_.libtorch = libtorch_;
  if (dladdr(reinterpret_cast<const void*>(&text_of), &info) != 0) {
    stacks_.own = info.dli_fname;
  }
  open(folder_, 0);
  pthread_atfork(nullptr, nullptr, [] { Recorder::get().in_child(); });
}

// The first process of a command writes into the folder itself, any other into one below it.
void Recorder::open(const std::string& folder, int64_t parent) {
  std::string place = folder;
  int error = parent == 0 ? calls_.open(place + "/calls.jsonl") : EEXIST;
  if (error == EEXIST) {
    place += "/process-" + std::to_string(::getpid());
    ::mkdir(place.c_str(), 0777);
    error = calls_.open(place + "/calls.jsonl");
  }
  error = error == 0 ? bits_.open(place + "/bits") : error;
  if (error != 0) {
    std::fprintf(stderr, "parity: cannot record into %s: %s\n", place.c_str(), std::strerror(error));
    return;
  }
  std::string line = header(parent);
  failed_at_ = line.find("\"failed\":\"") + 10;
  spent_at_ = line.find("\"spent\":\"") + 9;
  error = calls_.append(line.data(), line.size());
  size_t from = line.find("\"id\":\"") + 6;
  error = error == 0 ? bits_.append(line.data() + from, 16) : error;
  stopped_ = error != 0;
  if (error != 0) {
    std::fprintf(stderr, "parity: cannot record into %s: %s\n", place.c_str(), std::strerror(error));
  }
}

// When this process was started, in clock ticks since the system was.
int64_t start_time() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  // Behind the program's name, which ends in the last parenthesis, the twentieth word.
  std::istringstream words(text.substr(text.rfind(')') + 1));
  for (int i = 0; i < 20; ++i) {
    words >> text;
  }
  return std::atoll(text.c_str());
}

std::string Recorder::header(int64_t parent) const {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t id = fold(static_cast<uint64_t>(now.tv_nsec) + 1, static_cast<uint64_t>(now.tv_sec) * 0x9e3779b97f4a7c15);
  std::string line = "{\"recording\":1,\"id\":\"";
  append_hex(line, fold(id, 0xd6e8feb86659fd93 ^ static_cast<uint64_t>(::getpid())));
  // Room for the number of an error that ends the recording.
  line += "\",\"failed\":\"000\"";
  // And for the microseconds that recording took, known in the end.
  line += ",\"spent\":\"000000000000\",\"process\":";
  append(line, static_cast<int64_t>(::getpid()));
  line += ",\"parent\":";
  append(line, parent);
  line += ",\"started\":";
  append(line, start_time());
  if (std::string rank = text_of("RANK"); !rank.empty()) {
    line += ",\"rank\":";
    append(line, static_cast<int64_t>(std::atoll(rank.c_str())));
  }
  line += ",\"libtorch\":";
  append_text(line, version_of(libtorch_));
  line += ",\"python\":";
  line += dlsym(RTLD_DEFAULT, "PyEval_GetFrame") != nullptr ? "true" : "false";
  line += ",\"program\":";
  char program[4096];
  ssize_t length = ::readlink("/proc/self/exe", program, sizeof program);
  append_text(line, std::string_view(program, length < 0 ? 0 : static_cast<size_t>(length)));
  line += ",\"command\":[";
  std::ifstream words("/proc/self/cmdline");
  std::string word;
  for (bool first = true; std::getline(words, word, '\0'); first = false) {
    line += first ? "" : ",";
    append_text(line, word);
  }
  return line + "]}\n";
}

// The folder is full, or the like: the program goes on, the recording does not.
void Recorder::fail(int error) {
  stopped_ = true;
  char digits[4];
  std::snprintf(digits, sizeof digits, "%03d", error);
  calls_.patch(failed_at_, digits);
}

const Operator* Recorder::find(const at::RecordFunction& function) {
  std::lock_guard<std::mutex> lock(operators_mutex_);
  // The schema's own name has one address; a name made for this one call may get it again.
  auto& known = operators_[function.name()];
  if (known != nullptr && known->name.compare(0, std::strlen(function.name()), function.name()) == 0) {
    return known->kind == Kind::kIgnored ? nullptr : known.get();
  }
  auto name = function.operator_name();
  auto handle = name ? c10::Dispatcher::singleton().findOp(*name) : std::nullopt;
  if (!handle) {
    return nullptr;
  }
  known = std::make_unique<Operator>(*handle);
  return known->kind == Kind::kIgnored ? nullptr : known.get();
}

void Recorder::describe(
    const at::Tensor& tensor, std::string& out, uint64_t* fingerprint, bool keep_it, bool has_values) {
  out += out.empty() ? "{\"dtype\":\"" : ",{\"dtype\":\"";
  if (!tensor.defined()) {
    out += "none\"}";
    return;
  }
  // Looked up once: each look-up makes two strings.
  thread_local std::array<std::string, static_cast<size_t>(at::ScalarType::NumOptions)> names;
  auto& name = names[static_cast<size_t>(tensor.scalar_type())];
  if (name.empty()) {
    // Each look-up makes two strings.
    name = c10::getDtypeNames(tensor.scalar_type()).first;
  }
  out += name;
  out += "\",\"shape\":[";
  bool has_sizes = !tensor.is_nested() && !tensor.unsafeGetTensorImpl()->has_symbolic_sizes_strides();
  for (int64_t dim = 0; has_sizes && dim < tensor.dim(); ++dim) {
    out += dim == 0 ? "" : ",";
    append(out, tensor.size(dim));
  }
  out += "],\"device\":\"";
  out += tensor.is_cpu() ? "cpu" : tensor.device().str();
  out += '"';
  if (has_values) {
    describe_values(tensor, out, fingerprint, keep_it);
  }
  out += '}';
}

void Recorder::describe_values(const at::Tensor& tensor, std::string& out, uint64_t* fingerprint, bool keep_it) {
  const at::Tensor& plain = unwrapped(tensor);
  bool is_wrapped = !plain.is_same(tensor);
  if (std::vector<at::Tensor> parts = parts_of(plain); !parts.empty()) {
    *fingerprint = 0;
    for (const at::Tensor& part : parts) {
      *fingerprint = fold(*fingerprint ^ identify(part, Bits(part)), 0x9e3779b97f4a7c15);
    }
    out += ",\"sparse\":true,\"bits\":\"";
    append_hex(out, *fingerprint);
    out += '"';
  } else if (is_readable(plain)) {
    Bits bits(plain);
    *fingerprint = identify(plain, bits);
    out += is_wrapped ? ",\"sparse\":true,\"bits\":\"" : ",\"bits\":\"";
    append_hex(out, *fingerprint);
    out += '"';
    if (keep_it && !is_wrapped) {
      std::lock_guard<std::mutex> lock(mutex_);
      if (int error = keep(*fingerprint, bits, out)) {
        fail(error);
      }
    }
  } else if (!plain._is_zerotensor()) {  // whose dtype and shape say all
    const char* reason = unreadable(plain);
    out += ",\"unread\":\"";
    out += reason == nullptr ? "layout" : reason;
    out += '"';
  }
}

int Recorder::keep(uint64_t fingerprint, const Bits& bits, std::string& out) {
  bool is_asked = std::find(asked_.begin(), asked_.end(), next_) != asked_.end();
  bool fits = bits.size() <= kKeptOfOne && bits_.used() - asked_bytes_ + bits.size() <= kKeptOfAll;
  if (!is_asked && !fits) {
    return 0;
  }
  auto [entry, is_new] = kept_.try_emplace(fingerprint, bits_.used());
  if (is_new) {
    if (int error = bits_.append(bits.data(), bits.size())) {
      kept_.erase(entry);
      return error;
    }
    // What is asked for takes no room from what is kept anyway.
    asked_bytes_ += is_asked ? bits.size() : 0;
  }
  out += ",\"kept\":";
  append(out, static_cast<int64_t>(entry->second));
  return 0;
}

template <typename Do>
void each_tensor(const c10::IValue& value, Do&& act) {
  if (value.isTensor()) {
    act(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) {
      act(tensor);
    }
  } else if (value.isOptionalTensorList()) {
    for (const auto& tensor : value.toOptionalTensorVector()) {
      if (tensor) {
        act(*tensor);
      }
    }
  } else if (value.isTuple()) {
    for (const auto& element : value.toTupleRef().elements()) {
      each_tensor(element, act);
    }
  }
}

bool append_number(const c10::IValue& value, std::string& out) {
  if (value.isDouble()) {
    append(out, value.toDouble());
  } else if (value.isInt()) {
    append(out, value.toInt());
  } else if (value.isBool()) {
    out += value.toBool() ? "true" : "false";
  } else if (value.isComplexDouble()) {
    auto number = value.toComplexDouble();
    out += '[';
    append(out, number.real());
    out += ',';
    append(out, number.imag());
    out += ']';
  } else if (value.isIntList() || value.isDoubleList() || value.isBoolList()) {
    out += '[';
    bool first = true;
    for (const c10::IValue& element : value.toListRef()) {
      out += first ? "" : ",";
      append_number(element, out);
      first = false;
    }
    out += ']';
  } else {
    return false;
  }
  return true;
}

std::unique_ptr<at::ObserverContext> Recorder::begin(const at::RecordFunction& function) {
  if (paused > 0 || (stopped_ && !is_fresh_child_)) {
    return nullptr;
  }
  bool is_node = function.scope() == at::RecordScope::BACKWARD_FUNCTION;
  bool excluded = c10::impl::tls_is_dispatch_key_excluded(c10::DispatchKey::AutogradFunctionality);
  // Inference mode excludes autograd everywhere; what is inside a kernel shows by the kernel.
  if (!is_node && excluded && innermost != nullptr && innermost->closed) {
    return nullptr;
  }
  Timer timer(spent_);
  const Operator* op = is_node ? nullptr : find(function);
  if (!is_node && op == nullptr) {
    return nullptr;
  }
  auto call = std::make_unique<Call>();
  call->op = op;
  call->outer = innermost;
  call->closed = op != nullptr && !op->is_composite;
  if (is_node) {
    call->node = function.name();
  } else if (call->outer != nullptr) {
    call->is_fake = call->outer->is_fake;
    call->node = call->outer->node;
    call->outer->has_inner = true;
  }
  using Modes = c10::impl::TorchDispatchModeTLS;
  call->is_fake = call->is_fake || Modes::get_mode(c10::impl::TorchDispatchModeKey::FAKE).has_value();
  if (call->closed) {
    describe_inputs(function, *call);
  }
  innermost = call.get();
  return call;
}

void Recorder::describe_inputs(const at::RecordFunction& function, Call& call) {
  Pause pause;
  auto inputs = function.inputs();
  for (size_t i = 0; i < inputs.size() && i < call.op->arguments.size(); ++i) {
    size_t end = call.arguments.size();
    call.arguments += end == 0 ? "\"" : ",\"";
    call.arguments += call.op->arguments[i];
    call.arguments += "\":";
    if (!append_number(inputs[i], call.arguments)) {
      call.arguments.resize(end);
    }
    each_tensor(inputs[i], [&](const at::Tensor& tensor) {
      uint64_t bits = 0;
      describe(tensor, call.inputs, &bits, false, !call.op->unread[i]);
      call.input_bits.push_back(bits);
      call.is_fake = call.is_fake || is_fake(tensor);
      if (call.op->written[i]) {
        call.written.push_back(tensor);
      }
    });
  }
}

void Recorder::end(const at::RecordFunction& function, Call& call) {
  innermost = call.outer;
  if (call.op == nullptr || call.has_inner || paused > 0) {
    return;
  }
  if (is_fresh_child_.exchange(false)) {
    std::lock_guard<std::mutex> lock(mutex_);
    open(folder_, ::getppid());
  }
  if (stopped_) {
    return;
  }
  Timer timer(spent_);
  Pause pause;
  bool counts = call.op->kind == Kind::kComputes || call.op->kind == Kind::kCopies;
  bool has_values = call.op->kind != Kind::kAllocates;
  std::vector<at::Tensor> results;
  std::vector<bool> is_scratch;
  for (const auto& value : function.outputs()) {
    size_t index = static_cast<size_t>(&value - function.outputs().data());
    each_tensor(value, [&](const at::Tensor& tensor) {
      results.push_back(tensor);
      is_scratch.push_back(call.op->is_scratch_output(index));
    });
  }
  for (const at::Tensor& tensor : call.written) {
    if (std::none_of(results.begin(), results.end(), [&](auto& result) { return result.is_same(tensor); })) {
      results.push_back(tensor);
    }
  }
  std::string outputs;
  bool is_copy = call.op->kind == Kind::kCopies;
  for (size_t i = 0; i < results.size(); ++i) {
    const at::Tensor& tensor = results[i];
    uint64_t bits = 0;
    bool is_read = has_values && !(i < is_scratch.size() && is_scratch[i]);
    describe(tensor, outputs, &bits, counts && call.closed, is_read);
    is_copy = is_copy && std::find(call.input_bits.begin(), call.input_bits.end(), bits) != call.input_bits.end();
    if (has_values && !is_read && tensor.defined()) {
      outputs.insert(outputs.size() - 1, ",\"unread\":\"scratch\"");
    }
    counts = counts && !call.is_fake && !is_fake(tensor);
  }
  // An operator that fails has no outputs; nor do values change in one that had nothing to do.
  write(call, outputs, counts && call.closed && !is_copy && !results.empty());
}

// The version in a library's own sentence on itself: the word behind `before`.
std::string version_in(const std::string& sentence, const char* before) {
  size_t from = sentence.find(before);
  from = from == std::string::npos ? 0 : from + std::strlen(before);
  return sentence.substr(from, sentence.find_first_of(" -", from) - from);
}

// The path of this thread by what started it, which preload.cpp knows.
std::string thread_of_caller() {
  using Thread = const char* (*)();
  static auto thread = reinterpret_cast<Thread>(dlsym(RTLD_DEFAULT, "parity_thread"));
  return thread == nullptr ? "" : thread();
}

// What computed, as soon as it has: asked earlier, it would be settled before the program could choose.
void Recorder::note_arithmetic(std::string& text) {
  auto note = [&](const char* library, const std::string& what) {
    text += "{\"library\":\"";
    text += library;
    text += "\",\"computes\":";
    append_text(text, what);
    text += "}\n";
  };
  if (!noted_aten_) {
    noted_aten_ = true;
    note("ATen", at::get_cpu_capability());
    std::string instructions = text_of("ONEDNN_MAX_CPU_ISA");
    note("oneDNN", (instructions.empty() ? "native" : instructions) + "; " + version_in(at::get_mkldnn_version(), " v"));
  }
  if (!noted_mkl_) {
    static const int* answer = arithmetic::kept_answer();
    if (answer != nullptr && *answer >= 0) {
      noted_mkl_ = true;
      note("MKL", arithmetic::describe() + "; " + version_in(at::get_mkl_version(), "Version "));
    }
  }
}

void Recorder::write(const Call& call, std::string& outputs, bool counts) {
  // Before any lock: whoever holds the GIL may be waiting for it.
  std::string line = python.line();
  std::lock_guard<std::mutex> lock(mutex_);
  std::string text;
  if (int64_t threads = at::get_num_threads(); threads != threads_) {
    threads_ = threads;
    text += "{\"threads\":";
    append(text, threads);
    text += "}\n";
  }
  if (counts) {
    note_arithmetic(text);
  }
  is_programs = is_programs || !line.empty() || call.node.empty();
  if (is_programs) {
    last_thread_ = thread_of_caller();
  }
  int64_t stack = -1;
  if (!line.empty()) {
    last_line_ = line;
  } else if (!last_line_.empty()) {
    // A thread of the backward pass: Python waits in the line that began it.
    line = last_line_;
  } else {
    stack = stacks_.number(call.op, text);
  }
  text += "{\"call\":";
  append(text, next_);
  text += ",\"op\":\"" + call.op->name;
  text += counts ? "\",\"counts\":true" : "\",\"counts\":false";
  if (stack >= 0) {
    text += ",\"stack\":";
    append(text, stack);
  } else {
    text += ",\"at\":";
    append_text(text, line);
  }
  if (!call.node.empty()) {
    text += ",\"node\":";
    append_text(text, call.node);
  }
  if (!last_thread_.empty()) {
    text += ",\"thread\":\"" + last_thread_ + '"';
  }
  text += ",\"args\":{" + call.arguments + "},\"in\":[" + call.inputs + "],\"out\":[" + outputs + "]}\n";
  if (int error = calls_.append(text.data(), text.size())) {
    fail(error);
    return;
  }
  ++next_;
}

// Called with the GIL, by which the libraries are guarded; whoever has the mutex does not wait for it.
void Recorder::note_generated(const char* folder) {
  auto& known = python.generated;
  if (std::find(known.begin(), known.end(), folder) != known.end()) {
    return;
  }
  known.emplace_back(folder);
  std::lock_guard<std::mutex> lock(mutex_);
  std::string text = "{\"library\":\"TorchInductor\",\"computes\":\"with kernels of its own\"}\n";
  if (int error = stopped_ ? 0 : calls_.append(text.data(), text.size())) {
    fail(error);
  }
}

void Recorder::finish() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!stopped_) {
    char digits[13];
    std::snprintf(digits, sizeof digits, "%012" PRId64, std::min<int64_t>(spent_ / 1000, 999999999999));
    calls_.patch(spent_at_, digits);
  }
  stopped_ = true;
  calls_.close(true);
  bits_.close(true);
}

// A forked child writes a recording of its own from its first call on.
void Recorder::in_child() {
  new (&mutex_) std::mutex;
  new (&operators_mutex_) std::mutex;
  calls_.close(false);
  bits_.close(false);
  kept_.clear();
  stacks_.forget();
  next_ = 0;
  threads_ = 0;
  spent_ = 0;
  noted_aten_ = noted_mkl_ = false;
  stopped_ = true;
  is_fresh_child_ = true;
}

__attribute__((constructor)) void load() {
  if (std::getenv("PARITY_RECORDING") == nullptr) {
    return;
  }
  Recorder::get().start();
  at::addGlobalCallback(
      at::RecordFunctionCallback(
          [](const at::RecordFunction& function) { return Recorder::get().begin(function); },
          [](const at::RecordFunction& function, at::ObserverContext* call) {
            if (call != nullptr) {
              Recorder::get().end(function, *static_cast<Call*>(call));
            }
          })
          .needsInputs(true)
          .needsOutputs(true)
          .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
}

__attribute__((destructor)) void unload() {
  if (std::getenv("PARITY_RECORDING") != nullptr) {
    Recorder::get().finish();
  }
}

}  // namespace
}  // namespace recorder

extern "C" {

// Calls of this thread are not recorded while more pauses began (1) than ended (-1).
__attribute__((visibility("default"))) void parity_recorder_pause(int by) {
  recorder::paused += by;
}

// Python files below this folder are generated by TorchInductor, whose kernels pass no dispatcher.
__attribute__((visibility("default"))) void parity_recorder_generated(const char* folder) {
  recorder::Recorder::get().note_generated(folder);
}

// Python files below this folder are libraries.
__attribute__((visibility("default"))) void parity_recorder_library(const char* folder) {
  recorder::Recorder::get().python.libraries.emplace_back(folder);
}
}
