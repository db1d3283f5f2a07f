#include "recording.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#include <cstring>
#include <execinfo.h>
#include <sstream>

namespace replay {

namespace {

struct Holder : c10::DebugInfoBase {
  explicit Holder(Recording* recording) : recording(recording) {}
  Recording* recording;
};

// What belongs to a thread follows autograd to others; of the kinds there are, no one else uses this.
const auto KIND = c10::DebugInfoKind::TEST_INFO_2;

// The recording that is being made; null where there is none.
Recording* current() {
  const auto* holder = static_cast<Holder*>(c10::ThreadLocalDebugInfo::get(KIND));
  return holder == nullptr ? nullptr : holder->recording;
}

Frames here() {
  Frames frames(256);
  frames.resize(static_cast<size_t>(backtrace(frames.data(), static_cast<int>(frames.size()))));
  return frames;
}

std::unique_ptr<at::ObserverContext> start(const at::RecordFunction& fn) {
  auto* recording = current();
  if (recording != nullptr && !recording->overlooking) recording->before(fn);
  return nullptr;
}

void end(const at::RecordFunction& fn, at::ObserverContext*) {
  auto* recording = current();
  if (recording != nullptr && !recording->overlooking) recording->after(fn);
}

// The bytes of a storage as a tensor.
at::Tensor flat(const at::Storage& storage) {
  const auto key = storage.device().is_cuda() ? c10::DispatchKey::CUDA : c10::DispatchKey::CPU;
  auto t = at::detail::make_tensor<c10::TensorImpl>(
      at::Storage(storage), c10::DispatchKeySet(key), c10::scalarTypeToTypeMeta(at::kByte));
  t.unsafeGetTensorImpl()->set_sizes_contiguous(static_cast<int64_t>(storage.nbytes()));
  return t;
}

bool same_bits(double a, double b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

// Whether two arguments that hold no tensors are the same.
bool same_plain(const at::IValue& a, const at::IValue& b) {
  if (a.tagKind() != b.tagKind()) return false;
  if (a.isDouble()) return same_bits(a.toDouble(), b.toDouble());
  if (a.isGenerator()) {
    return a.toGenerator().unsafeGetGeneratorImpl() == b.toGenerator().unsafeGetGeneratorImpl();
  }
  if (a.isList()) {
    const auto x = a.toListRef(), y = b.toListRef();
    return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin(), same_plain);
  }
  return a == b;
}

std::string text(const at::IValue& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

bool made_empty(const Call& call) {
  static const std::vector<std::string> names = {"aten::empty", "aten::empty_like",
                                                 "aten::empty_strided", "aten::new_empty",
                                                 "aten::new_empty_strided"};
  const auto& name = call.op.operator_name().name;
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Whether the operator overwrites what it writes to, without reading it.
bool overwrites(const Call& call, size_t argument) {
  if (call.op.schema().arguments()[argument].kwarg_only()) return true;
  static const std::vector<std::string> names = {
      "aten::zero_",    "aten::fill_",      "aten::copy_",       "aten::uniform_",
      "aten::normal_",  "aten::bernoulli_", "aten::random_",     "aten::exponential_",
      "aten::cauchy_",  "aten::geometric_", "aten::log_normal_"};
  const auto& name = call.op.operator_name().name;
  return argument == 0 && std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

std::string bytes(const at::Storage& storage) {
  if (storage.device().is_cpu()) return {static_cast<const char*>(storage.data()), storage.nbytes()};
  const at::AutoDispatchBelowADInplaceOrView below;
  const auto copy = flat(storage).cpu();
  return {static_cast<const char*>(copy.const_data_ptr()), storage.nbytes()};
}

void put(const at::Storage& storage, const std::string& bytes) {
  if (storage.device().is_cpu()) {
    std::memcpy(storage.mutable_data(), bytes.data(), bytes.size());
    return;
  }
  const at::AutoDispatchBelowADInplaceOrView below;
  const auto size = static_cast<int64_t>(bytes.size());
  flat(storage).copy_(at::from_blob(const_cast<char*>(bytes.data()), {size}, at::kByte));
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const auto x = a.detach().contiguous().cpu(), y = b.detach().contiguous().cpu();
  return std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0;
}

bool writes(const c10::FunctionSchema& schema, size_t argument) {
  const auto* alias = schema.arguments()[argument].alias_info();
  return alias != nullptr && alias->isWrite();
}

Geometry::Geometry(const at::Tensor& t)
    : dtype(t.scalar_type()),
      offset(t.storage_offset()),
      sizes(t.sizes().vec()),
      strides(t.strides().vec()),
      wrapped_number(t.unsafeGetTensorImpl()->is_wrapped_number()) {}

bool Geometry::operator==(const Geometry& other) const {
  return dtype == other.dtype && offset == other.offset && sizes == other.sizes &&
         strides == other.strides && wrapped_number == other.wrapped_number;
}

Setting Setting::now() {
  const auto keys = c10::impl::tls_local_dispatch_key_set();
  return {keys.included_.raw_repr(), keys.excluded_.raw_repr(), at::GradMode::is_enabled(),
          at::get_num_threads()};
}

bool Setting::operator==(const Setting& other) const {
  return included_keys == other.included_keys && excluded_keys == other.excluded_keys &&
         grad_mode == other.grad_mode && threads == other.threads;
}

Recording::Recording(std::vector<at::Tensor> arguments, const Recording* previous, bool with_frames)
    : arguments(std::move(arguments)), setting(Setting::now()), with_frames_(with_frames) {
  TORCH_CHECK(current() == nullptr, "a step is being recorded on this thread already");
  for (size_t i = 0; i < this->arguments.size(); ++i) {
    const auto& argument = this->arguments[i];
    if (argument.requires_grad()) refuse("an argument of the step requires grad");
    const int value = value_of(argument, Memory::OUTSIDE, static_cast<int>(i));
    argument_values.push_back(value);
  }
  if (previous != nullptr && previous->refusal.reason.empty()) {
    for (const auto& leaf : previous->leaves) {
      const auto tensor = leaf.tensor.lock();
      grads_before.push_back(tensor && at::Tensor(tensor).grad().defined());
    }
    for (const int memory : previous->changed) {
      const auto storage = previous->memories[memory].storage.lock();
      if (!storage) continue;
      saved.push_back({at::Storage(storage), bytes(at::Storage(storage))});
    }
    for (const auto& generator : previous->generators) {
      generator_states.push_back(generator.get_state());
    }
  }
  callback_ = at::addThreadLocalCallback(at::RecordFunctionCallback(start, end)
                                             .needsInputs(true)
                                             .needsOutputs(true)
                                             .scopes({at::RecordScope::FUNCTION}));
  found_by_.emplace(KIND, std::make_shared<Holder>(this));
}

Recording::~Recording() {
  if (!finished_) {
    found_by_.reset();
    at::removeCallback(callback_);
  }
}

void Recording::refuse(const std::string& reason, const Call* call) {
  if (refusal.reason.empty()) refusal = {reason, call != nullptr ? call->frames : here()};
}

int Recording::memory_of(const at::Tensor& t, int made_by, int argument) {
  auto* storage = t.storage().unsafeGetStorageImpl();
  const auto found = by_storage_.find(storage);
  if (found != by_storage_.end()) {
    if (argument >= 0) refuse("two arguments of the step share their memory");
    return found->second;
  }
  Memory memory{c10::weak_intrusive_ptr<c10::StorageImpl>(t.storage().getWeakStorageImpl())};
  memory.made_by = made_by;
  memory.argument = argument;
  memory.nbytes = storage->nbytes();
  memory.on_cpu = storage->device().is_cpu();
  // What lives within the step only and was made without a call that is seen turns out to be the
  // program's own at the end; it is small.
  constexpr size_t MOST_BYTES = 4096;
  const bool by_hand = memory.on_cpu && made_by == Memory::OUTSIDE && argument < 0 &&
                       memory.nbytes <= MOST_BYTES;
  if (by_hand) {
    memory.written_by_hand = std::string(static_cast<const char*>(storage->data()), memory.nbytes);
  }
  memory.seen = c10::weak_intrusive_ptr<c10::TensorImpl>(t.getIntrusivePtr());
  const int number = static_cast<int>(memories.size());
  memories.push_back(std::move(memory));
  by_storage_.emplace(storage, number);
  return number;
}

int Recording::value_of(const at::Tensor& t, int made_by, int argument) {
  if (!t.defined()) return -1;
  if (t.layout() != at::kStrided || !(t.is_cpu() || t.is_cuda()) || !t.has_storage() ||
      t.is_conj() || t.is_neg() || t.is_quantized() || t.is_nested()) {
    refuse("a tensor that is not an ordinary dense one of the CPU or of a GPU");
    return -1;
  }
  if (t.is_cuda()) {
    if (gpu && *gpu != t.device()) refuse("its tensors are on more than one GPU");
    gpu = t.device();
  }
  Value value{memory_of(t, made_by, argument), Geometry(t)};
  // An argument may begin elsewhere in its memory the next time.
  argument = memories[value.memory].argument;
  if (argument >= 0) value.geometry.offset -= arguments[argument].storage_offset();
  const auto found = std::find(values.begin(), values.end(), value);
  const int number = static_cast<int>(found - values.begin());
  if (found == values.end()) values.push_back(std::move(value));
  if (t.requires_grad() && t.is_leaf() && made_by == Memory::OUTSIDE) {
    c10::weak_intrusive_ptr<c10::TensorImpl> tensor(t.getIntrusivePtr());
    const auto known = [&](const Leaf& leaf) { return leaf.tensor == tensor; };
    if (std::none_of(leaves.begin(), leaves.end(), known)) {
      leaves.push_back({std::move(tensor), number});
    }
  }
  return number;
}

Arg Recording::arg_of(const at::IValue& ivalue, int made_by) {
  Arg arg;
  if (ivalue.isTensor()) {
    arg.kind = Arg::Kind::Tensor;
    arg.values.push_back(value_of(ivalue.toTensor(), made_by));
  } else if (ivalue.isTensorList()) {
    arg.kind = Arg::Kind::Tensors;
    for (const at::Tensor& t : ivalue.toTensorVector()) arg.values.push_back(value_of(t, made_by));
  } else if (ivalue.isOptionalTensorList()) {
    arg.kind = Arg::Kind::Tensors;
    for (const auto& t : ivalue.toOptionalTensorVector()) {
      arg.values.push_back(t ? value_of(*t, made_by) : -1);
    }
    arg.plain = at::IValue(true);
  } else {
    // A list is copied: the caller's may change.
    arg.plain = ivalue.isList() ? ivalue.deepcopy() : ivalue;
    if (ivalue.isGenerator()) {
      const auto generator = ivalue.toGenerator();
      if (std::find(generators.begin(), generators.end(), generator) == generators.end()) {
        generators.push_back(generator);
      }
    }
  }
  return arg;
}

void Recording::before(const at::RecordFunction& fn) {
  if (c10::impl::tls_is_dispatch_key_excluded(c10::DispatchKey::AutogradFunctionality)) return;
  const auto name = fn.operator_name();
  if (!name) return;
  for (auto& frame : frames_) frame.composite = true;
  frames_.push_back({});
  const auto op = c10::Dispatcher::singleton().findOp(*name);
  // What it cuts a tensor from is not there when a step is replayed.
  if (!op || !refusal.reason.empty() || name->name == "aten::detach_") return;
  Call call{*op};
  for (const auto& input : fn.inputs()) call.args.push_back(arg_of(input, Memory::OUTSIDE));
  if (call.args.size() != op->schema().arguments().size()) {
    return refuse(call.name() + " was called with defaults left out");
  }
  if (with_frames_) call.frames = here();
  settle(call);
  take_slots(call);
  frames_.back().call = std::move(call);
}

void Recording::after(const at::RecordFunction& fn) {
  if (c10::impl::tls_is_dispatch_key_excluded(c10::DispatchKey::AutogradFunctionality)) return;
  if (!fn.operator_name() || frames_.empty()) return;
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (frame.composite || !frame.call || !refusal.reason.empty()) return;
  Call call = std::move(*frame.call);
  check(call);
  if (!refusal.reason.empty()) return;
  const int number = static_cast<int>(calls.size());
  const size_t known = memories.size();
  for (const auto& output : fn.outputs()) call.results.push_back(arg_of(output, number));
  const bool settled = !made_empty(call);
  for (size_t memory = known; memory < memories.size(); ++memory) {
    memories[memory].settled = settled || !memories[memory].on_cpu;
  }
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (!writes(call.op.schema(), i)) continue;
    for (const int value : call.args[i].values) {
      if (value < 0) continue;
      const int memory = values[value].memory;
      if (memories[memory].argument >= 0) {
        return refuse(call.name() + " changes an argument of the step");
      }
      if (memories[memory].made_by == Memory::OUTSIDE &&
          std::find(changed.begin(), changed.end(), memory) == changed.end()) {
        changed.push_back(memory);
      }
    }
  }
  calls.push_back(std::move(call));
}

// Notes what was written by hand to memory that this call is the first to read.
void Recording::settle(const Call& call) {
  for (size_t i = 0; i < call.args.size(); ++i) {
    for (const int value : call.args[i].values) {
      if (value < 0) continue;
      auto& memory = memories[values[value].memory];
      if (memory.settled) continue;
      const auto* op = &call.op.operator_name().name;
      // Views and questions about the shape read nothing.
      const auto* alias = call.op.schema().arguments()[i].alias_info();
      if (alias != nullptr && !alias->isWrite()) continue;
      if (op->find("_like") != std::string::npos) continue;
      memory.settled = true;
      if (overwrites(call, i)) continue;
      const auto storage = memory.storage.lock();
      if (!storage) continue;
      memory.written_by_hand =
          std::string(static_cast<const char*>(storage->data()), storage->nbytes());
    }
  }
}

void Recording::check(const Call& call) {
  if (call.op.hasTag(at::Tag::data_dependent_output)) {
    return refuse(call.name() + " reads a value back");
  }
  if (call.op.hasTag(at::Tag::dynamic_output_shape)) {
    return refuse(call.name() + " gives a tensor whose shape depends on values");
  }
  if (call.op.hasTag(at::Tag::inplace_view)) {
    return refuse(call.name() + " changes a tensor's shape or memory in place");
  }
  for (const auto& result : call.op.schema().returns()) {
    const auto& type = *result.type();
    if (!type.isSubtypeOf(*c10::TensorType::get()) &&
        !type.isSubtypeOf(*c10::ListType::ofTensors())) {
      return refuse(call.name() + " returns something else than tensors");
    }
  }
  if (call.op.hasTag(at::Tag::nondeterministic_seeded)) {
    random = true;
    const auto& generator = at::globalContext().defaultGenerator(gpu.value_or(at::Device(at::kCPU)));
    if (std::find(generators.begin(), generators.end(), generator) == generators.end()) {
      generators.push_back(generator);
    }
  }
}

void Recording::tag(const double* numbers, const size_t* slots, size_t n) {
  tags_.clear();
  for (size_t i = 0; i < n; ++i) tags_.emplace_back(numbers[i], slots[i]);
  tags_taken_ = false;
}

void Recording::untag() {
  if (!tags_.empty() && !tags_taken_) {
    refuse("a number that changes from step to step is used in a way that is not seen");
  }
  tags_.clear();
}

void Recording::take_slots(Call& call) {
  if (tags_.empty()) return;
  size_t taken = 0, numbers = 0;
  for (auto& arg : call.args) {
    if (arg.kind == Arg::Kind::Tensor && arg.values[0] >= 0) {
      const auto& value = values[arg.values[0]];
      auto& memory = memories[value.memory];
      double number = 0;
      if (!value.geometry.wrapped_number || value.geometry.dtype != at::kDouble) continue;
      if (!memory.written_by_hand) continue;
      std::memcpy(&number, memory.written_by_hand->data(), sizeof(number));
      if (!same_bits(number, tags_[0].first)) continue;
      ++numbers;
      memory.supplied = true;
      arg.slots.emplace_back(0, tags_[0].second);
      taken = 1;
    } else if (arg.kind != Arg::Kind::Plain) {
      continue;
    } else if (arg.plain.isDouble() && same_bits(arg.plain.toDouble(), tags_[0].first)) {
      ++numbers;
      arg.slots.emplace_back(0, tags_[0].second);
      taken = 1;
    } else if (arg.plain.isList() && arg.plain.toListRef().size() == tags_.size()) {
      const auto list = arg.plain.toListRef();
      for (size_t i = 0; i < list.size(); ++i) {
        if (!list[i].isDouble() || !same_bits(list[i].toDouble(), tags_[i].first)) continue;
        arg.slots.emplace_back(i, tags_[i].second);
        ++taken;
      }
    }
  }
  if (numbers > 1) return refuse(call.name() + " is given the same changing number twice");
  tags_taken_ = tags_taken_ || taken == tags_.size();
}

void Recording::finish(const std::vector<at::Tensor>& tensors) {
  finished_ = true;
  found_by_.reset();
  at::removeCallback(callback_);
  frames_.clear();
  if (!refusal.reason.empty()) return;
  for (const auto& t : tensors) {
    results.push_back(value_of(t, Memory::OUTSIDE));
    if (results.back() < 0) refuse("a result of the step is undefined");
  }
  result_tensors = tensors;
  if (calls.empty()) refuse("the step calls no operator that is seen");
  std::vector<bool> shown(memories.size(), false);
  for (const int result : results) {
    if (result >= 0) shown[values[result].memory] = true;
  }
  // Views of parameters that backward makes look like leaves, too.
  const auto gone = [](const Leaf& leaf) { return leaf.tensor.expired(); };
  leaves.erase(std::remove_if(leaves.begin(), leaves.end(), gone), leaves.end());
  for (auto& leaf : leaves) {
    const auto grad = at::Tensor(leaf.tensor.lock()).grad();
    if (!grad.defined()) continue;
    const auto found = by_storage_.find(grad.storage().unsafeGetStorageImpl());
    leaf.grad_after = Leaf::UNKNOWN;
    if (found == by_storage_.end()) continue;
    leaf.grad_after = value_of(grad, Memory::OUTSIDE);
    shown.at(found->second) = true;
  }
  for (size_t i = 0; i < memories.size(); ++i) {
    auto& memory = memories[i];
    if (memory.made_by == Memory::OUTSIDE) {
      const bool within = memory.storage.expired();
      if (!within) memory.written_by_hand.reset();
      // In a graph it is made when it is captured.
      if (!memory.on_cpu) continue;
      if (!within && gpu) return refuse("it reads a tensor on the CPU, and others on a GPU");
      const bool kept = std::find(changed.begin(), changed.end(), i) == changed.end();
      if (within && !(memory.written_by_hand && kept)) {
        const auto found = reading(i, " that was made without an operator and is gone after the step");
        if (refusal.reason.empty()) refusal = found;
        return;
      }
    } else if (!shown.at(i) && !memory.storage.expired()) {
      const auto& call = calls[memory.made_by];
      return refuse("a result of " + call.name() + " outlives the step: return it from the step", &call);
    }
  }
  if (gpu) check_graph();
}

// A graph has what a GPU is asked, and leaves out what the CPU computes.
void Recording::check_graph() {
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto& call = calls[i];
    const auto on_cpu = [&](int value) { return value >= 0 && memories[values[value].memory].on_cpu; };
    bool computes = false;
    for (size_t j = 0; j < call.args.size(); ++j) {
      const auto& of = call.args[j].values;
      if (writes(call.op.schema(), j)) computes = computes || std::any_of(of.begin(), of.end(), on_cpu);
    }
    for (const auto& result : call.results) {
      for (const int value : result.values) {
        const bool here = on_cpu(value) && memories[values[value].memory].made_by == static_cast<int>(i);
        computes = computes || (here && !made_empty(call));
      }
    }
    if (computes) return refuse(call.name() + " computes on the CPU, in a step on a GPU", &call);
  }
}

Refusal Recording::difference(const Recording& other) const {
  const size_t n = std::min(calls.size(), other.calls.size());
  for (size_t i = 0; i < n; ++i) {
    const auto &a = calls[i], &b = other.calls[i];
    const auto differs = [&](const std::string& how) { return Refusal{a.name() + how, b.frames}; };
    if (a.name() != b.name()) return differs(" is called in one step, " + b.name() + " in the next");
    for (size_t j = 0; j < a.args.size(); ++j) {
      const auto &x = a.args[j], &y = b.args[j];
      const auto name = "'s " + a.op.schema().arguments()[j].name();
      if (x.slots != y.slots) return differs(name + " is supplied in one step only");
      bool same = x.kind == y.kind && x.values == y.values;
      if (x.kind == Arg::Kind::Plain && x.slots.empty()) same = same && same_plain(x.plain, y.plain);
      if (same) continue;
      if (x.kind != Arg::Kind::Plain) return differs(name + " is another tensor in the next step");
      return differs(name + " is " + text(x.plain) + " in one step and " + text(y.plain) + " in the next");
    }
    for (size_t j = 0; j < a.results.size(); ++j) {
      if (a.results[j].values != b.results[j].values) {
        return differs(" gives another result in the next step");
      }
    }
  }
  if (calls.size() != other.calls.size()) {
    const auto& more = calls.size() > n ? calls[n] : other.calls[n];
    return {more.name() + " is called in one of two steps only", more.frames};
  }
  for (size_t i = 0; i < memories.size() && i < other.memories.size(); ++i) {
    const auto &a = memories[i], &b = other.memories[i];
    const bool outside = a.made_by == Memory::OUTSIDE && a.argument < 0;
    const bool by_hand = a.written_by_hand && b.written_by_hand;
    const bool same = a.made_by == b.made_by && a.argument == b.argument &&
                      (!outside || by_hand || a.storage == b.storage);
    if (!same) {
      return other.reading(i, " that is another one in the next step: pass it to the step as an argument");
    }
    if (a.supplied != b.supplied || (!a.supplied && a.written_by_hand != b.written_by_hand)) {
      return other.reading(i, " of numbers from the program, which are others in the next step");
    }
  }
  std::string reason;
  if (memories.size() != other.memories.size() || !(values == other.values)) {
    reason = "shapes differ from step to step";
  } else if (results != other.results) {
    reason = "the step returns other tensors the next time";
  } else if (leaves.size() != other.leaves.size()) {
    reason = "another number of leaves takes part in the next step";
  } else {
    for (size_t i = 0; i < leaves.size(); ++i) {
      const auto &a = leaves[i], &b = other.leaves[i];
      if (!(a.tensor == b.tensor)) reason = "other leaves take part in the next step";
      if (a.grad_after != b.grad_after) reason = "gradients are left in another way by the next step";
    }
  }
  return {reason, {}};
}

// Names the call that is the first to read a memory.
Refusal Recording::reading(size_t memory, const std::string& what) const {
  for (const auto& call : calls) {
    for (const auto& arg : call.args) {
      for (const int value : arg.values) {
        if (value < 0 || values[value].memory != static_cast<int>(memory)) continue;
        std::ostringstream text;
        text << call.name() << " reads a tensor of shape "
             << at::IntArrayRef(values[value].geometry.sizes) << what;
        return {text.str(), call.frames};
      }
    }
  }
  return {"the step returns a tensor" + what, {}};
}

} // namespace replay
