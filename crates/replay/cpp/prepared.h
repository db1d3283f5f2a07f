// Kernels whose loop over the elements is laid out beforehand.

#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/native/TensorIterator.h>

#include <memory>
#include <string>
#include <vector>

namespace replay {

// Elementwise arithmetic and sums of tensors of one dtype. In a small tensor most of the time goes to
// laying out the loop; here it is done once, the way the operator does it.
class Prepared {
 public:
  // Null for an operator or for tensors that are not among those known.
  static std::unique_ptr<Prepared> of(const std::string& name, const torch::jit::Stack& args);

  void run(const torch::jit::Stack& args) {
    if (!iterator_) lay_out(args);
    call_(*iterator_, args);
  }

  // The tensors lie elsewhere now, as they lay before.
  void moved(const torch::jit::Stack& args);

  using Iterator = std::unique_ptr<at::TensorIterator>;

 private:
  void lay_out(const torch::jit::Stack& args);

  Iterator (*lay_out_)(const torch::jit::Stack& args) = nullptr;
  void (*call_)(at::TensorIterator& iterator, const torch::jit::Stack& args) = nullptr;
  std::vector<size_t> operands_;
  Iterator iterator_;
  bool reduces_ = false;
};

} // namespace replay
