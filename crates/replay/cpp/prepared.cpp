// The kernels of each instruction set are to be seen in the stubs' declarations.
#define HAVE_AVX2_CPU_DEFINITION
#define HAVE_AVX512_CPU_DEFINITION

#include "prepared.h"

#include <ATen/ATen.h>
#include <ATen/core/Reduction.h>
#include <ATen/native/Activation.h>
#include <ATen/native/BinaryOps.h>
#include <ATen/native/Lerp.h>
#include <ATen/native/PointwiseOps.h>
#include <ATen/native/ReduceOps.h>
#include <ATen/native/ReduceOpsUtils.h>
#include <ATen/native/TensorCompare.h>
#include <ATen/native/UnaryOps.h>

#include <unordered_map>
#include <vector>

namespace replay {

namespace {

using at::TensorIterator;
using at::TensorIteratorConfig;
using torch::jit::Stack;
using Iterator = Prepared::Iterator;
namespace native = at::native;

// The kernel that the dispatcher would choose on this machine: DispatchStub's own choice is not
// exported.
template <typename Stub>
auto kernel(const Stub&) -> typename Stub::FnPtr {
  static const typename Stub::FnPtr chosen = [] {
    const std::string capability = at::get_cpu_capability();
    if (capability == "AVX512" && Stub::AVX512) return Stub::AVX512;
    if (capability == "AVX512" || capability == "AVX2") return Stub::AVX2;
    return capability == "DEFAULT" ? Stub::DEFAULT : typename Stub::FnPtr();
  }();
  return chosen;
}

// How an operator's loop is laid out, and which arguments its operands are, the output first.
struct Loop {
  Iterator (*lay_out)(const Stack& args);
  std::vector<size_t> operands;
  bool reduces = false;
};

Iterator owned(TensorIterator&& iterator) {
  return std::make_unique<TensorIterator>(std::move(iterator));
}

template <size_t Out, size_t A>
Loop unary() {
  const auto lay_out = [](const Stack& args) {
    at::Tensor out = args[Out].toTensor();
    return owned(TensorIterator::unary_op(out, args[A].toTensor()));
  };
  return {lay_out, {Out, A}};
}

template <size_t Out, size_t A, size_t B>
Loop binary() {
  const auto lay_out = [](const Stack& args) {
    at::Tensor out = args[Out].toTensor();
    return owned(TensorIterator::binary_op(out, args[A].toTensor(), args[B].toTensor()));
  };
  return {lay_out, {Out, A, B}};
}

template <size_t Out, size_t A, size_t B, size_t C>
Loop ternary() {
  const auto lay_out = [](const Stack& args) {
    return owned(TensorIteratorConfig()
                     .promote_inputs_to_common_dtype(true)
                     .cast_common_dtype_to_outputs(true)
                     .enforce_safe_casting_to_output(true)
                     .add_owned_output(args[Out].toTensor())
                     .add_owned_const_input(args[A].toTensor())
                     .add_owned_const_input(args[B].toTensor())
                     .add_owned_const_input(args[C].toTensor())
                     .build());
  };
  return {lay_out, {Out, A, B, C}};
}

Loop sum() {
  const auto lay_out = [](const Stack& args) {
    const auto& out = args[4].toTensor();
    std::vector<int64_t> dims;
    if (!args[1].isNone()) dims = args[1].toIntVector();
    return owned(at::meta::make_reduction_from_out_ty(args[0].toTensor(), out, dims,
                                                        args[2].toBool(), out.scalar_type()));
  };
  return {lay_out, {4, 0}, true};
}

// What the backward of a loss that is a mean divides by: arguments 1 and 3 are its input and its
// reduction.
double mean_of(double one, const Stack& args) {
  const bool mean = args[3].toInt() == at::Reduction::Mean;
  return mean ? one / static_cast<double>(args[1].toTensor().numel()) : one;
}

using Invoke = void (*)(TensorIterator&, const Stack&);

// A kernel that takes nothing but the loop.
#define PLAIN(stub) \
  [](TensorIterator& it, const Stack&) { kernel(native::stub)(it); }, bool(kernel(native::stub))

// One that takes a number, which is the argument of that index.
#define WITH_NUMBER(stub, index)                                                        \
  [](TensorIterator& it, const Stack& args) {                                           \
    kernel(native::stub)(it, args[index].toScalar());                                   \
  },                                                                                    \
      bool(kernel(native::stub))

// As `WITH_NUMBER`, where the kernel takes a double.
#define WITH_DOUBLE(stub, index)                                                        \
  [](TensorIterator& it, const Stack& args) {                                           \
    kernel(native::stub)(it, args[index].toDouble());                                   \
  },                                                                                    \
      bool(kernel(native::stub))

struct Known {
  Loop loop;
  Invoke call;
  bool available;
};

const std::unordered_map<std::string, Known>& known() {
  static const std::unordered_map<std::string, Known> all = {
      {"aten::add.out", {binary<3, 0, 1>(), WITH_NUMBER(add_stub, 2)}},
      {"aten::add_.Tensor", {binary<0, 0, 1>(), WITH_NUMBER(add_stub, 2)}},
      {"aten::sub.out",
       {binary<3, 0, 1>(),
        [](TensorIterator& it, const Stack& args) {
          kernel(native::add_stub)(it, -args[2].toScalar());
        },
        bool(kernel(native::add_stub))}},
      {"aten::mul.out", {binary<2, 0, 1>(), PLAIN(mul_stub)}},
      {"aten::mul_.Tensor", {binary<0, 0, 1>(), PLAIN(mul_stub)}},
      {"aten::div.out", {binary<2, 0, 1>(), PLAIN(div_true_stub)}},
      {"aten::div_.Tensor", {binary<0, 0, 1>(), PLAIN(div_true_stub)}},
      {"aten::maximum.out", {binary<2, 0, 1>(), PLAIN(maximum_stub)}},
      {"aten::sigmoid_backward.grad_input", {binary<2, 0, 1>(), PLAIN(sigmoid_backward_stub)}},
      {"aten::tanh_backward.grad_input", {binary<2, 0, 1>(), PLAIN(tanh_backward_stub)}},
      {"aten::threshold_backward.grad_input",
       {binary<3, 1, 0>(),
        [](TensorIterator& it, const Stack& args) {
          kernel(native::threshold_stub)(it, args[2].toScalar(), 0);
        },
        bool(kernel(native::threshold_stub))}},
      {"aten::lerp_.Scalar", {binary<0, 0, 1>(), WITH_NUMBER(lerp_kernel_scalar_weight, 2)}},
      {"aten::abs.out", {unary<1, 0>(), PLAIN(abs_stub)}},
      {"aten::sgn.out", {unary<1, 0>(), PLAIN(sign_stub)}},
      {"aten::neg.out", {unary<1, 0>(), PLAIN(neg_stub)}},
      {"aten::sqrt.out", {unary<1, 0>(), PLAIN(sqrt_stub)}},
      {"aten::tanh.out", {unary<1, 0>(), PLAIN(tanh_stub)}},
      {"aten::sigmoid.out", {unary<1, 0>(), PLAIN(sigmoid_stub)}},
      {"aten::clamp_min.out", {unary<2, 0>(), WITH_NUMBER(clamp_min_scalar_stub, 1)}},
      {"aten::addcmul.out", {ternary<4, 0, 1, 2>(), WITH_NUMBER(addcmul_stub, 3)}},
      {"aten::addcmul_", {ternary<0, 0, 1, 2>(), WITH_NUMBER(addcmul_stub, 3)}},
      {"aten::addcdiv_", {ternary<0, 0, 1, 2>(), WITH_NUMBER(addcdiv_stub, 3)}},
      {"aten::mse_loss.out", {binary<3, 0, 1>(), PLAIN(mse_stub)}},
      {"aten::huber_loss.out", {binary<4, 0, 1>(), WITH_DOUBLE(huber_stub, 3)}},
      {"aten::smooth_l1_loss.out", {binary<4, 0, 1>(), WITH_DOUBLE(smooth_l1_stub, 3)}},
      {"aten::mse_loss_backward.grad_input",
       {ternary<4, 1, 2, 0>(),
        [](TensorIterator& it, const Stack& args) {
          kernel(native::mse_backward_stub)(it, mean_of(2, args));
        },
        bool(kernel(native::mse_backward_stub))}},
      {"aten::huber_loss_backward.out",
       {ternary<5, 1, 2, 0>(),
        [](TensorIterator& it, const Stack& args) {
          kernel(native::huber_backward_stub)(it, mean_of(1, args), args[4].toDouble());
        },
        bool(kernel(native::huber_backward_stub))}},
      {"aten::smooth_l1_loss_backward.grad_input",
       {ternary<5, 1, 2, 0>(),
        [](TensorIterator& it, const Stack& args) {
          kernel(native::smooth_l1_backward_stub)(it, mean_of(1, args), args[4].toDouble());
        },
        bool(kernel(native::smooth_l1_backward_stub))}},
      {"aten::sum.IntList_out", {sum(), PLAIN(sum_stub)}},
  };
  return all;
}

#undef PLAIN
#undef WITH_NUMBER
#undef WITH_DOUBLE

} // namespace

std::unique_ptr<Prepared> Prepared::of(const std::string& name, const Stack& args) {
  const auto found = known().find(name);
  if (found == known().end() || !found->second.available) return nullptr;
  // The loop would work on converted copies of tensors of other dtypes.
  std::optional<at::ScalarType> dtype;
  for (const auto& arg : args) {
    if (!arg.isTensor()) continue;
    const auto& t = arg.toTensor();
    if (!t.defined() || t.numel() == 0) return nullptr;
    if (t.unsafeGetTensorImpl()->is_wrapped_number()) continue;
    if (t.scalar_type() != at::kFloat && t.scalar_type() != at::kDouble) return nullptr;
    if (dtype && *dtype != t.scalar_type()) return nullptr;
    dtype = t.scalar_type();
  }
  auto prepared = std::make_unique<Prepared>();
  prepared->lay_out_ = found->second.loop.lay_out;
  prepared->operands_ = found->second.loop.operands;
  prepared->reduces_ = found->second.loop.reduces;
  prepared->call_ = found->second.call;
  return prepared;
}

void Prepared::lay_out(const Stack& args) {
  iterator_ = lay_out_(args);
}

void Prepared::moved(const Stack& args) {
  if (!iterator_) return;
  // The kernel of a sum writes to the iterator's own view of the output first.
  const bool output_moved = iterator_->data_ptr(0) != args[operands_[0]].toTensor().data_ptr();
  if (output_moved && reduces_) return iterator_.reset();
  for (size_t i = 0; i < operands_.size(); ++i) {
    const auto& t = args[operands_[i]].toTensor();
    // A number is read from a copy that the iterator has of it.
    if (t.unsafeGetTensorImpl()->is_wrapped_number()) continue;
    iterator_->unsafe_replace_operand(static_cast<int64_t>(i), t.data_ptr());
  }
}

} // namespace replay
