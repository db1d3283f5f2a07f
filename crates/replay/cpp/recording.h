// One step of a training as libtorch saw it: the operators called, on what memory, with what numbers.

#pragma once

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace replay {

// How a tensor lies on its memory.
struct Geometry {
  at::ScalarType dtype;
  int64_t offset;
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;
  // Whether it is a Python number, which does not take part in the choice of the dtype.
  bool wrapped_number;

  explicit Geometry(const at::Tensor& t);
  bool operator==(const Geometry& other) const;
};

// A tensor of the step: its memory, by number, and how it lies on it. Two handles on the same
// elements are one value, whichever C++ objects they are.
struct Value {
  int memory;
  Geometry geometry;

  bool operator==(const Value& other) const {
    return memory == other.memory && geometry == other.geometry;
  }
};

// An argument or a result: numbers of values (-1 for an undefined tensor), or something else.
struct Arg {
  enum class Kind { Plain, Tensor, Tensors } kind = Kind::Plain;
  std::vector<int> values;
  at::IValue plain;
  // Numbers that the program supplies anew for every step: which element, and which slot.
  std::vector<std::pair<size_t, size_t>> slots;
};

// Return addresses on the stack, the innermost first.
using Frames = std::vector<void*>;

// Why a step cannot be replayed, and where that came up, if that is known; no reason where it can.
struct Refusal {
  std::string reason;
  Frames frames;
};

struct Call {
  c10::OperatorHandle op;
  std::vector<Arg> args;
  std::vector<Arg> results;
  Frames frames;

  std::string name() const {
    const auto& name = op.operator_name();
    return name.overload_name.empty() ? name.name : name.name + "." + name.overload_name;
  }
};

// Where the elements lie.
struct Memory {
  static constexpr int OUTSIDE = -1;

  // Held weakly: the address is not used again for as long as this lives, and autograd, which looks
  // at reference counts, does what it does without a recording.
  c10::weak_intrusive_ptr<c10::StorageImpl> storage;
  // The call that made it, or OUTSIDE.
  int made_by = OUTSIDE;
  // The step's argument that it belongs to.
  int argument = -1;
  size_t nbytes = 0;
  bool on_cpu = true;
  // What the program wrote there without a call, before the first call that reads it.
  std::optional<std::string> written_by_hand;
  // Whether that is a number that the program supplies anew for every step.
  bool supplied = false;
  // Whether a call has written there, or read what was written by hand.
  bool settled = true;
  // The first tensor seen on it, to learn when it is given other memory.
  std::optional<c10::weak_intrusive_ptr<c10::TensorImpl>> seen;
};

// A leaf that gradients may arrive at.
struct Leaf {
  c10::weak_intrusive_ptr<c10::TensorImpl> tensor;
  int value;
  // Whether it had a gradient when the step began, and the value of the one that it ended with: -1
  // for none, and UNKNOWN for one that no call has touched.
  static constexpr int UNKNOWN = -2;
  int grad_after = -1;
};

// Contents put aside.
struct Saved {
  at::Storage storage;
  std::string bytes;
};

// All bytes of a storage of any device.
std::string bytes(const at::Storage& storage);
void put(const at::Storage& storage, const std::string& bytes);

bool same_bits(const at::Tensor& a, const at::Tensor& b);

// What a step depends on besides tensors.
struct Setting {
  uint64_t included_keys, excluded_keys;
  bool grad_mode;
  int threads;

  static Setting now();
  bool operator==(const Setting& other) const;
  std::string difference(const Setting& other) const;
};

class Recording {
 public:
  // Begins to record on this thread. With the `previous` recording of the same step, puts aside what
  // is needed to take the step once more. The calls' places are written down where they are asked for:
  // that takes longer than most calls.
  Recording(std::vector<at::Tensor> arguments, const Recording* previous, bool with_frames);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  // Ends it. `results` are the tensors to look at.
  void finish(const std::vector<at::Tensor>& results);

  // The next calls' number of this value comes from a slot; none after `untag`.
  void tag(const double* values, const size_t* slots, size_t n);
  void untag();

  // Whether calls are overlooked for a while: those that read what is supplied anew to each replay.
  bool overlooking = false;

  // Refuses the step where it is now, or because of a call that was made.
  void refuse(const std::string& reason, const Call* call = nullptr);

  // Why this and `other`, a later one, are not the same step.
  Refusal difference(const Recording& other) const;

  // Whether a call of the step makes the memory of that value.
  bool makes(int value) const {
    return memories[values[value].memory].made_by != Memory::OUTSIDE;
  }

  void before(const at::RecordFunction& fn);
  void after(const at::RecordFunction& fn);

  // The GPU that the step's tensors are on; those of a step of the CPU are all there.
  std::optional<c10::Device> gpu;
  std::vector<at::Tensor> arguments;
  std::vector<int> argument_values;
  Setting setting;
  std::vector<Call> calls;
  std::vector<Value> values;
  std::vector<Memory> memories;
  std::vector<Leaf> leaves;
  std::vector<int> results;
  std::vector<at::Tensor> result_tensors;
  // Memory from outside that the step changes.
  std::vector<int> changed;
  std::vector<at::Generator> generators;
  bool random = false;
  Refusal refusal;

  // Of the time before the step; with a previous recording only.
  std::vector<bool> grads_before;
  std::vector<Saved> saved;
  std::vector<at::Tensor> generator_states;

 private:
  struct Frame {
    std::optional<Call> call;
    bool composite = false;
  };

  int memory_of(const at::Tensor& t, int made_by, int argument);
  int value_of(const at::Tensor& t, int made_by, int argument = -1);
  Arg arg_of(const at::IValue& ivalue, int made_by);
  Refusal reading(size_t memory, const std::string& what) const;
  void check(const Call& call);
  void settle(const Call& call);
  void take_slots(Call& call);
  void check_graph();

  std::unordered_map<c10::StorageImpl*, int> by_storage_;
  std::vector<Frame> frames_;
  std::vector<std::pair<double, size_t>> tags_;
  bool tags_taken_ = false;
  at::CallbackHandle callback_;
  // Has the recording found, also on the thread of a GPU that autograd runs backward on.
  std::optional<c10::DebugInfoGuard> found_by_;
  bool finished_ = false;
  bool with_frames_;
};

// Which of an operator's arguments it writes to.
bool writes(const c10::FunctionSchema& schema, size_t argument);

} // namespace replay
