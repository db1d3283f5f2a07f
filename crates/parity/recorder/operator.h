// What the recorder needs to know of an operator.

#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace recorder {

enum class Kind {
  // Its outputs are compared.
  kComputes,
  // Compared where the output has other bits than each input: a conversion.
  kCopies,
  // A view, a change of shape or of bookkeeping, a value read by the program.
  kRefers,
  // Its outputs have no values yet.
  kAllocates,
  // No call of the program's: profiling.
  kIgnored,
};

struct Operator {
  std::string name;  // with the overload, as in aten::add.Tensor
  Kind kind = Kind::kComputes;
  // Made of calls of other operators.
  bool is_composite = false;
  std::vector<std::string> arguments;
  // Arguments that the operator writes to.
  std::vector<bool> written;
  // Arguments whose contents the operator does not read, or that only its own scratch memory comes to.
  std::vector<bool> unread;

  explicit Operator(const c10::OperatorHandle& handle) {
    const auto& schema = handle.schema();
    name = schema.name();
    kind = kind_of(schema);
    if (!schema.overload_name().empty()) {
      name += "." + schema.overload_name();
    }
    is_composite = handle.hasKernelForDispatchKey(c10::DispatchKey::CompositeImplicitAutograd) &&
                   !handle.hasKernelForDispatchKey(c10::DispatchKey::CPU);
    for (const auto& argument : schema.arguments()) {
      arguments.push_back(argument.name());
      written.push_back(argument.alias_info() != nullptr && argument.alias_info()->isWrite());
      unread.push_back(is_scratch(argument.name()) || (written.back() && (argument.kwarg_only() || overwrites(schema.name()))));
    }
    scratch_ = scratch_of(schema);
  }

  // Whether this output is memory for the operator's own backward, parts of which are never filled. Where
  // the backward reads a part, what it makes of it is compared.
  bool is_scratch_output(size_t index) const {
    return index < 64 && (scratch_ >> index & 1) != 0;
  }

 private:
  uint64_t scratch_ = 0;

  static bool is_scratch(const std::string& argument) {
    return holds({"workspace", "reserve", "reserveSpace", "philox_seed", "philox_offset"}, argument);
  }

  // Fills the tensor that it is called on, whatever was in it.
  static bool overwrites(const std::string& name) {
    return holds({"aten::fill_", "aten::zero_", "aten::copy_", "aten::uniform_", "aten::normal_", "aten::random_",
                  "aten::bernoulli_", "aten::exponential_", "aten::cauchy_", "aten::log_normal_", "aten::geometric_"},
                 name);
  }

  // A bit for each output that is scratch memory: those of such a name, and those without one.
  static uint64_t scratch_of(const c10::FunctionSchema& schema) {
    const auto& name = schema.name();
    if (name == "aten::mkldnn_rnn_layer" || name == "aten::cudnn_batch_norm" ||
        name.compare(0, 22, "aten::_batch_norm_with") == 0) {
      return 1 << 3;
    }
    if (name == "aten::_cudnn_rnn" || name == "aten::miopen_rnn") {
      return 1 << 3 | 1 << 4;
    }
    if (name == "aten::_embedding_bag" || name == "aten::_embedding_bag_forward_only") {
      return 1 << 1 | 1 << 2 | 1 << 3;
    }
    if (name == "aten::_ctc_loss" || name == "aten::_cudnn_ctc_loss") {
      return 1 << 1;
    }
    uint64_t found = 0;
    for (size_t i = 0; i < schema.returns().size() && i < 64; ++i) {
      const auto& output = schema.returns()[i].name();
      bool is_named = is_scratch(output) || output == "rng_state" || output == "unused" || output == "debug_attn_mask";
      found |= uint64_t{is_named} << i;
    }
    return found;
  }
  static bool holds(std::initializer_list<std::string_view> names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  static Kind kind_of(const c10::FunctionSchema& schema) {
    const auto& name = schema.name();
    if (name.compare(0, 10, "profiler::") == 0 || name.compare(0, 6, "prim::") == 0) {
      return Kind::kIgnored;
    }
    // What a process group communicates is there when its work is waited for.
    if (name.compare(0, 11, "aten::empty") == 0 || name.compare(0, 15, "aten::new_empty") == 0 ||
        name.compare(0, 6, "c10d::") == 0 ||
        (name.compare(0, 17, "_c10d_functional:") == 0 && name != "_c10d_functional::wait_tensor")) {
      return Kind::kAllocates;
    }
    if (holds({"aten::_to_copy", "aten::to", "aten::contiguous", "aten::lift",
               "aten::lift_fresh_copy", "aten::_unsafe_view", "aten::_reshape_copy", "aten::view_copy",
               "aten::alias_copy", "aten::detach_copy", "aten::_copy_from", "aten::resolve_conj",
               "aten::resolve_neg"},
              name)) {
      return Kind::kCopies;
    }
    if (holds({"aten::t_", "aten::transpose_", "aten::swapaxes_", "aten::squeeze_", "aten::unsqueeze_",
               "aten::as_strided_", "aten::detach_", "aten::requires_grad_", "aten::resize_",
               "aten::resize_as_", "aten::set_", "aten::set_data"},
              name)) {
      return Kind::kRefers;
    }
    bool writes = false, makes = false;
    for (const auto& argument : schema.arguments()) {
      writes |= argument.alias_info() != nullptr && argument.alias_info()->isWrite();
    }
    for (const auto& result : schema.returns()) {
      bool is_tensor = result.type()->kind() == c10::TypeKind::TensorType ||
                       result.type()->kind() == c10::TypeKind::ListType;
      makes |= is_tensor && (result.alias_info() == nullptr || result.alias_info()->isWrite());
    }
    return writes || makes ? Kind::kComputes : Kind::kRefers;
  }
};

}  // namespace recorder
