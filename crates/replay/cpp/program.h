// A recorded step as a list of kernels on standing memory.

#pragma once

#include "conditions.h"
#include "prepared.h"

#include <memory>

namespace replay {

class Program {
 public:
  // Compiles a recording, which is complete and not refused.
  explicit Program(const Recording& recording);

  // Why the program does not give the bits of the step that was recorded, which is taken once more
  // for this; empty where it does. What the step left behind is the same afterwards either way.
  std::string verify(const Recording& recording, const std::vector<double>& slots);

  Fit fit(const at::Tensor* const* arguments, size_t n) const {
    return conditions_.fit(arguments, n);
  }

  // Takes the step with these arguments, which fit, and as many numbers as the recorded step used;
  // gives out the tensors to look at.
  void take(const at::Tensor* const* arguments, size_t n, const double* slots,
            at::Tensor** results);

  // The kernels' names, one a line.

 private:
  struct Kernel {
    c10::OperatorHandle op;
    torch::jit::Stack args;
    std::unique_ptr<Prepared> prepared;
    // Results of a functional call, and the tensors that they are copied into.
    std::vector<std::pair<size_t, std::vector<at::Tensor>>> copies;
  };

  // A number that is supplied for each step, and where it goes.
  struct Slot {
    size_t slot;
    size_t kernel;
    size_t argument;
    std::optional<size_t> element;
    // An element of a tensor in place of an argument.
    at::Tensor tensor;
  };

  // Memory with the tensors of the program that lie on it.
  struct Block {
    at::Storage storage;
    std::vector<at::Tensor> tensors;
    // Kernels that read or write it.
    std::vector<size_t> kernels;
    // References to the storage when the last step was taken.
    size_t uses = 0;
  };

  // A tensor that is seen outside: a result, or a leaf's gradient.
  struct Shown {
    int value;
    // Whether it lies on memory of the program's own, not on an argument or a tensor from outside.
    bool own;
    // For a gradient, whose.
    at::Tensor leaf;
    // The handle that was given out. It shares its memory with the program until it is kept beyond
    // the next step.
    at::Tensor tensor;
  };

  struct ArgumentPlace {
    int value;
    int64_t offset;
  };

  bool is_constant(const Call& call) const;
  void find_constants();
  void find_needed();
  void allocate();
  const at::Tensor& tensor(int value);
  void build(size_t number);
  void reduce(const at::Tensor& from, torch::jit::Stack how, bool mean, const at::Tensor& to,
              const Call& call);
  void add(Kernel kernel, const Call& call, std::vector<Slot> slots);
  void move(Block& block, const at::Storage& storage);
  void put_slots(const double* slots);
  bool made_here(int value) const;
  void bind(const at::Tensor* const* arguments, size_t n);
  void release();
  void run();

  // Only while the program is made, as `constant_`, `needed_` and `scratch_` are.
  const Recording* recording_;
  std::vector<bool> constant_;
  std::vector<bool> needed_;
  // By the call, memory for the losses that it reduces.
  std::unordered_map<size_t, at::Storage> scratch_;
  std::vector<bool> shown_memory_;

  std::vector<Value> values_;
  std::vector<at::Tensor> tensors_;
  std::vector<Block> blocks_;
  std::vector<Kernel> kernels_;
  std::vector<Slot> slots_;
  std::vector<Shown> shown_;
  std::vector<int> results_;
  std::vector<ArgumentPlace> arguments_;
  Conditions conditions_;
  torch::jit::Stack stack_;
};

} // namespace replay
