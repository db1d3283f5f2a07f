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
    }
  }

 private:
  static bool holds(std::initializer_list<std::string_view> names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  static Kind kind_of(const c10::FunctionSchema& schema) {
    const auto& name = schema.name();
    if (name.compare(0, 10, "profiler::") == 0 || name.compare(0, 6, "prim::") == 0) {
      return Kind::kIgnored;
    }
    if (name.compare(0, 11, "aten::empty") == 0 || name.compare(0, 15, "aten::new_empty") == 0) {
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
