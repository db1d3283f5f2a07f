// Any operator of libtorch by its name, for those that tch leaves out or calls with less than they take.

#include "guarded.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

extern "C" {

// `Raw` of operator.rs.
struct te_argument {
  int32_t kind;
  int64_t integer;
  double number;
  const void* list;
  size_t length;
};

} // extern "C"

namespace {

c10::IValue value_of(const te_argument& argument) {
  const auto* integers = static_cast<const int64_t*>(argument.list);
  const auto* numbers = static_cast<const double*>(argument.list);
  const auto* tensors = static_cast<const at::Tensor* const*>(argument.list);
  const auto* text = static_cast<const char*>(argument.list);
  switch (argument.kind) {
    case 0: return {};
    case 1: return *static_cast<const at::Tensor*>(argument.list);
    case 2: return argument.number;
    case 3: return argument.integer;
    case 4: return argument.integer != 0;
    case 5: return std::vector<int64_t>(integers, integers + argument.length);
    case 6: return std::vector<double>(numbers, numbers + argument.length);
    case 7: return std::string(text, argument.length);
    case 8: {
      std::vector<at::Tensor> all;
      for (size_t i = 0; i < argument.length; ++i) all.push_back(*tensors[i]);
      return all;
    }
    default: throw std::runtime_error("no such kind of argument");
  }
}

} // namespace

extern "C" {

// Arguments that are not given have the schema's defaults. Hands out `count` tensors, of at most
// `capacity`; a list of them counts as so many.
void te_operator(const char* name, const char* overload, const te_argument* arguments, size_t n,
                 at::Tensor** out, size_t capacity, size_t* count, char** error) {
  *count = 0;
  guarded(error, [&] {
    const auto op = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    const auto& expected = op.schema().arguments();
    TORCH_CHECK(n <= expected.size(), name, " takes ", expected.size(), " arguments, not ", n);
    torch::jit::Stack stack;
    for (size_t i = 0; i < n; ++i) stack.push_back(value_of(arguments[i]));
    for (size_t i = n; i < expected.size(); ++i) {
      TORCH_CHECK(expected[i].default_value(), name, " lacks ", expected[i].name());
      stack.push_back(*expected[i].default_value());
    }
    op.callBoxed(stack);
    std::vector<std::unique_ptr<at::Tensor>> made;
    for (const auto& value : stack) {
      if (value.isTensor()) {
        made.push_back(std::make_unique<at::Tensor>(value.toTensor()));
      } else if (value.isTensorList()) {
        for (const auto& tensor : value.toTensorVector()) {
          made.push_back(std::make_unique<at::Tensor>(tensor));
        }
      } else {
        TORCH_CHECK(false, name, " returns other things than tensors");
      }
    }
    TORCH_CHECK(made.size() <= capacity, name, " returns ", made.size(), " tensors");
    for (; *count < made.size(); ++*count) out[*count] = made[*count].release();
  });
}

} // extern "C"
