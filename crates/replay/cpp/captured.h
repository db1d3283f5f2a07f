// A recorded step of a GPU, whose replay is the launch of a CUDA graph.

#pragma once

#include "conditions.h"

namespace replay {

// The graph itself is the caller's, because it needs libtorch_cuda: this has what lies around it.
// After the step that was recorded, the same step is captured on `inputs`, `captured` is told, the
// graph launched once and `verify` asked.
class Captured {
 public:
  // Of a recording that was made with a previous one, right after its step.
  explicit Captured(const Recording& recording);

  // The step's arguments: copies that stay where they are.
  std::vector<at::Tensor> inputs;

  // The step has been captured, which computed nothing: puts everything back to the time before it.
  void captured(const std::vector<at::Tensor>& results);

  // The graph was launched: why it does not leave the bits of the recorded step; empty where it does.
  std::string verify();

  // Leaves everything as the recorded step did.
  void forget();

  Fit fit(const at::Tensor* const* arguments, size_t n) const {
    return conditions_.fit(arguments, n);
  }

  // Before a launch: copies these arguments, which fit, to where the graph reads them.
  void bind(const at::Tensor* const* arguments, size_t n);

  // After it: gives out the tensors to look at.
  void take(at::Tensor** results);

 private:
  struct Grad {
    at::Tensor leaf;
    // As the recorded step left it, during the trial; may be undefined.
    at::Tensor eager;
    at::Tensor captured;
  };

  struct Result {
    // Whether the graph writes it anew in each replay, so that what is given out must be a copy.
    bool own;
    at::Tensor eager;
    at::Tensor captured;
  };

  Conditions conditions_;
  std::vector<Grad> grads_;
  std::vector<Result> results_;
  // For the trial.
  std::vector<Saved> before_, after_;
  std::vector<at::Generator> generators_;
  std::vector<at::Tensor> states_before_, states_after_;
};

} // namespace replay
