#include "program.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ScalarOps.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/Reduction.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cstring>

namespace replay {

namespace {

using Names = std::unordered_map<std::string, std::vector<c10::OperatorName>>;

const std::vector<c10::OperatorName>& overloads(const std::string& name) {
  static const Names all = [] {
    Names names;
    for (auto& op : c10::Dispatcher::singleton().getAllOpNames()) names[op.name].push_back(op);
    return names;
  }();
  static const std::vector<c10::OperatorName> none;
  const auto found = all.find(name);
  return found == all.end() ? none : found->second;
}

// The overload that takes the same arguments and writes its results where it is told to.
std::optional<c10::OperatorHandle> out_overload(const c10::OperatorHandle& op) {
  const auto& schema = op.schema();
  const auto& args = schema.arguments();
  std::optional<c10::OperatorHandle> generated;
  // This one's overload takes the result's memory for all elements' losses first, and enlarges it.
  if (op.operator_name().name == "aten::binary_cross_entropy") return generated;
  for (const auto& name : overloads(op.operator_name().name)) {
    const auto other = c10::Dispatcher::singleton().findSchema(name);
    if (!other) continue;
    const auto& others = other->schema().arguments();
    if (others.size() != args.size() + schema.returns().size()) continue;
    bool fits = true;
    for (size_t i = 0; i < others.size() && fits; ++i) {
      if (i < args.size()) {
        fits = others[i].name() == args[i].name() && *others[i].type() == *args[i].type() &&
               !writes(other->schema(), i);
      } else {
        fits = others[i].kwarg_only() && writes(other->schema(), i) &&
               *others[i].type() == *c10::TensorType::get();
      }
    }
    if (!fits) continue;
    if (!other->hasTag(at::Tag::generated)) return other;
    generated = other;
  }
  return generated;
}

// Whether the results follow from the shapes of the tensors given, not from their elements.
bool makes_constants(const std::string& name) {
  static const std::vector<std::string> names = {
      "aten::ones",      "aten::zeros",      "aten::full",      "aten::scalar_tensor",
      "aten::arange",    "aten::eye",        "aten::linspace",  "aten::logspace",
      "aten::ones_like", "aten::zeros_like", "aten::full_like", "aten::new_ones",
      "aten::new_zeros", "aten::new_full"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A loss of each element that is reduced at once: its memory for all of them is its own.
bool reduces_losses(const Call& call) {
  const auto& name = call.op.operator_name().name;
  const bool loss =
      name == "aten::mse_loss" || name == "aten::huber_loss" || name == "aten::smooth_l1_loss";
  return loss && call.args[2].plain.toInt() != at::Reduction::None;
}

at::Storage new_storage(size_t nbytes) {
  auto* allocator = c10::GetCPUAllocator();
  return at::Storage(at::Storage::use_byte_size_t(), static_cast<int64_t>(nbytes),
                     allocator->allocate(nbytes), allocator, /*resizable=*/true);
}

at::Tensor on(const at::Storage& storage, const Geometry& geometry, int64_t base) {
  auto t = at::detail::make_tensor<c10::TensorImpl>(
      at::Storage(storage), c10::DispatchKeySet(c10::DispatchKey::CPU),
      c10::scalarTypeToTypeMeta(geometry.dtype));
  auto* impl = t.unsafeGetTensorImpl();
  impl->set_sizes_and_strides(geometry.sizes, geometry.strides, base + geometry.offset);
  if (geometry.wrapped_number) impl->set_wrapped_number(true);
  return t;
}

size_t bytes_of(const Geometry& geometry) {
  int64_t last = geometry.offset;
  for (size_t i = 0; i < geometry.sizes.size(); ++i) {
    if (geometry.sizes[i] == 0) return 0;
    last += (geometry.sizes[i] - 1) * geometry.strides[i];
  }
  return static_cast<size_t>(last + 1) * c10::elementSize(geometry.dtype);
}

} // namespace

Program::Program(const Recording& recording)
    : recording_(&recording),
      shown_memory_(recording.memories.size(), false),
      values_(recording.values),
      tensors_(recording.values.size()),
      blocks_(recording.memories.size()),
      results_(recording.results),
      conditions_(recording) {
  const at::AutoDispatchBelowADInplaceOrView below;
  for (const int result : results_) shown_memory_[values_[result].memory] = true;
  for (const auto& leaf : recording.leaves) {
    if (leaf.grad_after >= 0) shown_memory_[values_[leaf.grad_after].memory] = true;
  }
  find_constants();
  find_needed();
  allocate();
  for (size_t i = 0; i < recording.calls.size(); ++i) {
    if (needed_[i]) build(i);
  }
  for (size_t i = 0; i < recording.arguments.size(); ++i) {
    arguments_.push_back(
        {recording.argument_values[i], recording.arguments[i].storage_offset()});
  }
  for (const int result : results_) shown_.push_back({result, made_here(result), {}, {}});
  for (const auto& leaf : recording.leaves) {
    if (leaf.grad_after >= 0 && made_here(leaf.grad_after)) {
      shown_.push_back({leaf.grad_after, true, at::Tensor(leaf.tensor.lock()), {}});
    }
  }
  for (const auto& shown : shown_) tensor(shown.value);
  recording_ = nullptr;
  scratch_.clear();
  constant_.clear();
  needed_.clear();
}

bool Program::made_here(int value) const {
  return recording_->makes(value);
}

bool Program::is_constant(const Call& call) const {
  if (call.op.hasTag(at::Tag::nondeterministic_seeded)) return false;
  const bool constants = makes_constants(call.op.operator_name().name);
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (writes(call.op.schema(), i) || !call.args[i].slots.empty()) return false;
    for (const int value : call.args[i].values) {
      if (value >= 0 && !constants && !constant_[values_[value].memory]) return false;
    }
  }
  return true;
}

// Memory that holds the same elements in every step.
void Program::find_constants() {
  const auto& calls = recording_->calls;
  const auto& memories = recording_->memories;
  std::vector<bool> written(memories.size(), false);
  for (const auto& call : calls) {
    for (size_t i = 0; i < call.args.size(); ++i) {
      if (!writes(call.op.schema(), i)) continue;
      for (const int value : call.args[i].values) {
        if (value >= 0) written[values_[value].memory] = true;
      }
    }
  }
  constant_.assign(memories.size(), false);
  const auto may_be = [&](size_t i) { return !written[i] && !shown_memory_[i]; };
  for (size_t i = 0; i < memories.size(); ++i) {
    constant_[i] = memories[i].written_by_hand && may_be(i);
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    if (!is_constant(calls[i])) continue;
    for (const auto& result : calls[i].results) {
      for (const int value : result.values) {
        if (value < 0) continue;
        const int memory = values_[value].memory;
        if (memories[memory].made_by == static_cast<int>(i) && may_be(memory)) {
          constant_[memory] = true;
        }
      }
    }
  }
}

// The calls without which something that is seen after the step would be another.
void Program::find_needed() {
  const auto& calls = recording_->calls;
  std::vector<bool> read = shown_memory_;
  for (const int memory : recording_->changed) read[memory] = true;
  needed_.assign(calls.size(), false);
  for (size_t i = calls.size(); i-- > 0;) {
    const auto& call = calls[i];
    const auto& name = call.op.operator_name().name;
    // Nothing is left to do for a view, or for memory that stands.
    bool computes = false;
    bool needed = call.op.hasTag(at::Tag::nondeterministic_seeded);
    const auto touch = [&](int value) {
      if (value < 0) return;
      computes = true;
      needed = needed || read[values_[value].memory];
    };
    for (size_t j = 0; j < call.args.size(); ++j) {
      if (!writes(call.op.schema(), j)) continue;
      for (const int value : call.args[j].values) touch(value);
    }
    for (const auto& result : call.results) {
      for (const int value : result.values) {
        if (value >= 0 && recording_->memories[values_[value].memory].made_by == static_cast<int>(i)) {
          touch(value);
        }
      }
    }
    const bool empty = name.rfind("aten::empty", 0) == 0 || name.rfind("aten::new_empty", 0) == 0;
    if (!computes || !needed || empty) continue;
    needed_[i] = true;
    for (const auto& arg : call.args) {
      for (const int value : arg.values) {
        if (value >= 0) read[values_[value].memory] = true;
      }
    }
  }
}

// Gives every memory its storage: from outside, of its own, or shared with others of which none is
// in use at the same time.
void Program::allocate() {
  const auto& memories = recording_->memories;
  const int none = static_cast<int>(recording_->calls.size());
  struct Use {
    size_t nbytes = 0;
    int first, last = -1;
  };
  std::vector<Use> uses(memories.size(), Use{0, none, -1});
  for (const auto& value : values_) {
    auto& nbytes = uses[value.memory].nbytes;
    nbytes = std::max(nbytes, bytes_of(value.geometry));
  }
  for (int i = 0; i < none; ++i) {
    if (!needed_[i]) continue;
    const auto& call = recording_->calls[i];
    const auto use = [&](const Arg& arg) {
      for (const int value : arg.values) {
        if (value < 0) continue;
        auto& it = uses[values_[value].memory];
        it.first = std::min(it.first, i);
        it.last = std::max(it.last, i);
      }
    };
    for (const auto& arg : call.args) use(arg);
    for (const auto& result : call.results) use(result);
  }
  // Beyond the step's own memories, those of reduced losses.
  std::vector<int> scratch;
  for (int i = 0; i < none; ++i) {
    if (!needed_[i] || !reduces_losses(recording_->calls[i])) continue;
    const auto& args = recording_->calls[i].args;
    const auto &a = values_[args[0].values[0]].geometry, &b = values_[args[1].values[0]].geometry;
    const auto elements = c10::multiply_integers(at::infer_size(a.sizes, b.sizes));
    uses.push_back({static_cast<size_t>(elements) * c10::elementSize(a.dtype), i, i});
    scratch.push_back(i);
  }
  std::vector<size_t> temporary;
  for (size_t i = memories.size(); i < uses.size(); ++i) temporary.push_back(i);
  for (size_t i = 0; i < memories.size(); ++i) {
    const auto& memory = memories[i];
    if (memory.made_by == Memory::OUTSIDE && !memory.written_by_hand) {
      blocks_[i].storage = at::Storage(memory.storage.lock());
    } else if (memory.written_by_hand) {
      const auto& bytes = *memory.written_by_hand;
      blocks_[i].storage = new_storage(bytes.size());
      std::memcpy(blocks_[i].storage.mutable_data(), bytes.data(), bytes.size());
    } else if (constant_[i] || shown_memory_[i]) {
      blocks_[i].storage = new_storage(uses[i].nbytes);
    } else if (uses[i].last >= 0) {
      temporary.push_back(i);
    }
  }
  // The largest first: whoever shares later fits.
  std::stable_sort(temporary.begin(), temporary.end(),
                   [&](size_t a, size_t b) { return uses[a].nbytes > uses[b].nbytes; });
  std::vector<std::pair<at::Storage, std::vector<size_t>>> shared;
  for (const size_t i : temporary) {
    const auto free = [&](const auto& candidate) {
      return std::all_of(candidate.second.begin(), candidate.second.end(), [&](size_t other) {
        return uses[other].last < uses[i].first || uses[i].last < uses[other].first;
      });
    };
    auto found = std::find_if(shared.begin(), shared.end(), free);
    if (found == shared.end()) {
      found = shared.insert(shared.end(), {new_storage(uses[i].nbytes), {}});
    }
    found->second.push_back(i);
    if (i < memories.size()) {
      blocks_[i].storage = found->first;
    } else {
      scratch_[scratch[i - memories.size()]] = found->first;
    }
  }
}

const at::Tensor& Program::tensor(int value) {
  auto& made = tensors_[value];
  if (!made.defined()) {
    const int memory = values_[value].memory;
    const int argument = recording_->memories[memory].argument;
    const int64_t base = argument < 0 ? 0 : recording_->arguments[argument].storage_offset();
    made = on(blocks_[memory].storage, values_[value].geometry, base);
    blocks_[memory].tensors.push_back(made);
  }
  return made;
}

void Program::build(size_t number) {
  const Call& call = recording_->calls[number];
  auto op = call.op;
  const auto& name = op.operator_name();
  torch::jit::Stack args;
  std::vector<Slot> slots;
  for (size_t i = 0; i < call.args.size(); ++i) {
    const auto& arg = call.args[i];
    for (const auto& [element, slot] : arg.slots) {
      const bool list = arg.plain.isList();
      slots.push_back({slot, 0, i, list ? std::optional<size_t>(element) : std::nullopt, {}});
      if (arg.kind == Arg::Kind::Tensor) slots.back().tensor = tensor(arg.values[0]);
    }
    const auto one = [&](int value) { return value < 0 ? at::Tensor() : tensor(value); };
    switch (arg.kind) {
      case Arg::Kind::Plain:
        args.push_back(arg.plain.isList() ? arg.plain.deepcopy() : arg.plain);
        break;
      case Arg::Kind::Tensor:
        args.emplace_back(one(arg.values[0]));
        break;
      case Arg::Kind::Tensors:
        if (arg.plain.isBool()) {
          c10::List<std::optional<at::Tensor>> list;
          for (const int value : arg.values) {
            list.push_back(value < 0 ? std::nullopt : std::make_optional(tensor(value)));
          }
          args.emplace_back(std::move(list));
        } else {
          std::vector<at::Tensor> list;
          for (const int value : arg.values) list.push_back(one(value));
          args.emplace_back(std::move(list));
        }
    }
  }
  // What the operators on a number do themselves: they make a tensor of it.
  static const std::vector<std::string> arithmetic = {"aten::add",  "aten::sub",  "aten::mul",
                                                      "aten::div",  "aten::add_", "aten::sub_",
                                                      "aten::mul_", "aten::div_"};
  if (name.overload_name == "Scalar" &&
      std::find(arithmetic.begin(), arithmetic.end(), name.name) != arithmetic.end()) {
    const at::Tensor other = at::native::wrapped_scalar_tensor(args[1].toScalar());
    args[1] = other;
    op = c10::Dispatcher::singleton().findSchemaOrThrow(name.name.c_str(), "Tensor");
    for (auto& slot : slots) {
      if (slot.argument == 1) slot.tensor = other;
    }
  } else if (name.name == "aten::relu") {
    args.emplace_back(0);
    op = c10::Dispatcher::singleton().findSchemaOrThrow("aten::clamp_min", "");
  }
  // Results on memory of their own.
  std::vector<std::pair<size_t, std::vector<at::Tensor>>> made;
  bool functional = true, lists = false;
  for (size_t i = 0; i < call.results.size(); ++i) {
    std::vector<at::Tensor> into;
    for (const int value : call.results[i].values) {
      const bool here = value >= 0 && recording_->memories[values_[value].memory].made_by ==
                                          static_cast<int>(number);
      into.push_back(here ? tensor(value) : at::Tensor());
      functional = functional && here;
    }
    lists = lists || call.results[i].kind == Arg::Kind::Tensors;
    made.emplace_back(i, std::move(into));
  }
  for (size_t i = 0; i < call.args.size(); ++i) functional = functional && !writes(op.schema(), i);
  Kernel kernel{op, std::move(args), {}, {}};
  const auto out = functional && !lists ? out_overload(op) : std::nullopt;
  if (out && reduces_losses(call)) {
    // Each element's loss, then what reduces them, as the operator does it.
    const at::Tensor to = made[0].second[0];
    const auto sizes = at::infer_size(kernel.args[0].toTensor().sizes(), kernel.args[1].toTensor().sizes());
    Geometry geometry(to);
    const auto strides = c10::contiguous_strides(sizes);
    geometry.sizes = sizes;
    geometry.strides.assign(strides.begin(), strides.end());
    const at::Tensor losses = on(scratch_.at(number), geometry, 0);
    const bool mean = kernel.args[2].toInt() == at::Reduction::Mean;
    kernel.op = *out;
    kernel.args[2] = at::IValue(static_cast<int64_t>(at::Reduction::None));
    kernel.args.emplace_back(losses);
    add(std::move(kernel), call, std::move(slots));
    reduce(losses, {at::IValue(), at::IValue(false)}, mean, to, call);
    return;
  }
  if (out) {
    kernel.op = *out;
    for (auto& result : made) kernel.args.emplace_back(result.second[0]);
  } else {
    for (auto& result : made) {
      const auto own = [](const at::Tensor& t) { return t.defined(); };
      if (std::any_of(result.second.begin(), result.second.end(), own)) {
        kernel.copies.push_back(std::move(result));
      }
    }
  }
  // A mean is a sum that is divided, as the operator does it.
  const auto& full = toString(kernel.op.operator_name());
  const bool mean = full == "aten::mean.dtype_out" || full == "aten::mean.out";
  const auto& source = kernel.args[0];
  if (mean && slots.empty() && kernel.args[kernel.args.size() - 2].isNone() &&
      (source.toTensor().scalar_type() == at::kFloat ||
       source.toTensor().scalar_type() == at::kDouble) &&
      source.toTensor().numel() > 0) {
    const bool dims = kernel.args.size() == 5;
    torch::jit::Stack how{dims ? kernel.args[1] : at::IValue(),
                          dims ? kernel.args[2] : at::IValue(false)};
    return reduce(source.toTensor(), std::move(how), true, kernel.args.back().toTensor(), call);
  }
  add(std::move(kernel), call, std::move(slots));
}

// Appends a sum over dimensions, kept or not, and for a mean what divides it.
void Program::reduce(const at::Tensor& from, torch::jit::Stack how, bool mean, const at::Tensor& to,
                     const Call& call) {
  auto& dispatcher = c10::Dispatcher::singleton();
  torch::jit::Stack args{from, how[0], how[1], at::IValue(), to};
  add({dispatcher.findSchemaOrThrow("aten::sum", "IntList_out"), std::move(args), {}, {}}, call, {});
  if (!mean) return;
  torch::jit::Stack divide{to, at::native::wrapped_scalar_tensor(from.numel() / to.numel())};
  add({dispatcher.findSchemaOrThrow("aten::div_", "Tensor"), std::move(divide), {}, {}}, call, {});
}

// Appends a kernel, or runs it now where its results stay the same.
void Program::add(Kernel kernel, const Call& call, std::vector<Slot> slots) {
  const auto constant = [&](const Arg& result) {
    return std::all_of(result.values.begin(), result.values.end(), [&](int value) {
      return value >= 0 && constant_[values_[value].memory];
    });
  };
  const bool once = !call.results.empty() && is_constant(call) &&
                    std::all_of(call.results.begin(), call.results.end(), constant);
  if (once) {
    std::vector<Kernel> others;
    std::swap(others, kernels_);
    kernels_.push_back(std::move(kernel));
    run();
    kernels_ = std::move(others);
    return;
  }
  if (kernel.copies.empty()) {
    auto args = kernel.args;
    // A number that is supplied anew is read where it lies, so it has the dtype of the loop.
    std::vector<at::Tensor> numbers(slots.size());
    for (size_t i = 0; i < slots.size(); ++i) {
      if (!slots[i].tensor.defined()) continue;
      const auto& first = args[0].isTensor() ? args[0].toTensor() : at::Tensor();
      if (!first.defined()) continue;
      numbers[i] = at::empty({}, first.options());
      args[slots[i].argument] = numbers[i];
    }
    kernel.prepared = Prepared::of(toString(kernel.op.operator_name()), args);
    if (kernel.prepared) {
      kernel.args = std::move(args);
      for (size_t i = 0; i < slots.size(); ++i) {
        if (slots[i].tensor.defined()) slots[i].tensor = numbers[i];
      }
    }
  }
  for (const auto* list : {&call.args, &call.results}) {
    for (const auto& arg : *list) {
      for (const int value : arg.values) {
        if (value >= 0) blocks_[values_[value].memory].kernels.push_back(kernels_.size());
      }
    }
  }
  for (auto& slot : slots) {
    slot.kernel = kernels_.size();
    slots_.push_back(std::move(slot));
  }
  kernels_.push_back(std::move(kernel));
}

void Program::run() {
  constexpr c10::DispatchKeySet CPU(c10::DispatchKey::CPU);
  for (auto& kernel : kernels_) {
    if (kernel.prepared) {
      kernel.prepared->run(kernel.args);
      continue;
    }
    stack_.clear();
    stack_.insert(stack_.end(), kernel.args.begin(), kernel.args.end());
    try {
      kernel.op.redispatchBoxed(CPU, &stack_);
    } catch (const c10::Error& e) {
      TORCH_CHECK(false, toString(kernel.op.operator_name()), ": ", e.what_without_backtrace());
    }
    for (const auto& [result, into] : kernel.copies) {
      if (stack_[result].isTensor()) {
        into[0].copy_(stack_[result].toTensor());
        continue;
      }
      const auto list = stack_[result].toTensorVector();
      for (size_t i = 0; i < into.size(); ++i) {
        if (into[i].defined()) into[i].copy_(list[i]);
      }
    }
  }
  stack_.clear();
}

void Program::put_slots(const double* slots) {
  for (const auto& slot : slots_) {
    const double value = slots[slot.slot];
    auto& argument = kernels_[slot.kernel].args[slot.argument];
    if (slot.tensor.defined()) {
      if (slot.tensor.scalar_type() == at::kFloat) {
        *slot.tensor.mutable_data_ptr<float>() = static_cast<float>(value);
      } else {
        *slot.tensor.mutable_data_ptr<double>() = value;
      }
    } else if (slot.element) {
      argument.toList().set(*slot.element, at::IValue(value));
    } else {
      argument = at::IValue(value);
    }
  }
}

// Puts a block's tensors on other memory.
void Program::move(Block& block, const at::Storage& storage) {
  block.storage = storage;
  for (const auto& t : block.tensors) {
    t.unsafeGetTensorImpl()->set_storage_keep_dtype(at::Storage(storage));
  }
  for (const size_t kernel : block.kernels) {
    if (kernels_[kernel].prepared) kernels_[kernel].prepared->moved(kernels_[kernel].args);
  }
}

// Has the arguments read where they lie.
void Program::bind(const at::Tensor* const* arguments, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    auto& argument = arguments_[i];
    auto& block = blocks_[values_[argument.value].memory];
    const auto& storage = arguments[i]->storage();
    const int64_t offset = arguments[i]->storage_offset();
    if (storage.unsafeGetStorageImpl() == block.storage.unsafeGetStorageImpl() &&
        offset == argument.offset) {
      continue;
    }
    for (const auto& t : block.tensors) {
      auto* impl = t.unsafeGetTensorImpl();
      impl->set_storage_offset(impl->storage_offset() - argument.offset + offset);
    }
    move(block, storage);
    argument.offset = offset;
  }
}

// Leaves to the program's user what is kept of the last step's results and gradients.
void Program::release() {
  for (auto& shown : shown_) {
    if (!shown.own) continue;
    auto& block = blocks_[values_[shown.value].memory];
    bool kept = block.uses > 0 && block.storage.use_count() > block.uses;
    for (const auto& other : shown_) {
      if (!other.tensor.defined() || &blocks_[values_[other.value].memory] != &block) continue;
      const bool is_grad = other.leaf.defined() && other.leaf.grad().is_same(other.tensor);
      kept = kept || other.tensor.use_count() > (is_grad ? 2 : 1);
    }
    if (!kept) continue;
    for (auto& other : shown_) {
      if (&blocks_[values_[other.value].memory] == &block) other.tensor.reset();
    }
    move(block, new_storage(block.storage.nbytes()));
  }
}

void Program::take(const at::Tensor* const* arguments, size_t n, const double* slots,
                   at::Tensor** results) {
  const at::AutoDispatchBelowADInplaceOrView below;
  bind(arguments, n);
  release();
  put_slots(slots);
  run();
  for (auto& shown : shown_) {
    if (!shown.tensor.defined()) {
      // A handle of its own, so that what is done to it is not done to the program's.
      const auto& inner = tensors_[shown.value];
      shown.tensor = at::Tensor(inner.unsafeGetTensorImpl()->shallow_copy_and_detach(
          c10::VariableVersion(0), /*allow_tensor_metadata_change=*/true));
    }
    if (shown.leaf.defined()) {
      auto& grad = shown.leaf.mutable_grad();
      if (!grad.is_same(shown.tensor)) grad = shown.tensor;
    } else {
      *results++ = new at::Tensor(shown.tensor);
      if (!shown.own) shown.tensor.reset();
    }
  }
  for (const auto& shown : shown_) {
    auto& block = blocks_[values_[shown.value].memory];
    block.uses = block.storage.use_count();
  }
  conditions_.leave();
}

std::string Program::verify(const Recording& recording, const std::vector<double>& slots) {
  if (recording.saved.size() != recording.changed.size() ||
      recording.generator_states.size() != recording.generators.size()) {
    return "what the step changes was not put aside";
  }
  const at::AutoDispatchBelowADInplaceOrView below;
  std::vector<std::string> after;
  for (const auto& saved : recording.saved) {
    auto* data = static_cast<char*>(saved.storage.mutable_data());
    after.emplace_back(data, saved.bytes.size());
    std::memcpy(data, saved.bytes.data(), saved.bytes.size());
  }
  std::vector<at::Tensor> states;
  for (size_t i = 0; i < recording.generator_states.size(); ++i) {
    auto generator = recording.generators[i];
    states.push_back(generator.get_state());
    generator.set_state(recording.generator_states[i]);
  }
  std::string reason;
  try {
    put_slots(slots.data());
    run();
    // Once more: what the first time has left ready is to be tried as well.
    for (const auto& saved : recording.saved) {
      std::memcpy(saved.storage.mutable_data(), saved.bytes.data(), saved.bytes.size());
    }
    for (size_t i = 0; i < states.size(); ++i) {
      auto generator = recording.generators[i];
      generator.set_state(recording.generator_states[i]);
    }
    run();
  } catch (const c10::Error& e) {
    reason = e.what_without_backtrace();
  } catch (const std::exception& e) {
    reason = e.what();
  }
  const auto differs = [&](const std::string& what) {
    if (reason.empty()) reason = "replayed, " + what + " has other bits";
  };
  for (size_t i = 0; i < recording.result_tensors.size(); ++i) {
    const bool same = same_bits(tensors_[results_[i]], recording.result_tensors[i]);
    if (!same) differs("result " + std::to_string(i));
  }
  for (const auto& shown : shown_) {
    if (shown.leaf.defined() && !same_bits(tensors_[shown.value], shown.leaf.grad())) {
      differs("a gradient");
    }
  }
  for (size_t i = 0; i < after.size(); ++i) {
    auto* data = recording.saved[i].storage.mutable_data();
    if (std::memcmp(data, after[i].data(), after[i].size()) != 0) differs("a parameter or a state");
    std::memcpy(data, after[i].data(), after[i].size());
  }
  for (size_t i = 0; i < states.size(); ++i) {
    auto generator = recording.generators[i];
    if (!same_bits(generator.get_state(), states[i])) differs("the random generator's state");
    generator.set_state(states[i]);
  }
  return reason;
}

} // namespace replay
