// What must be as it was recorded for a replay to take a step.

#pragma once

#include "recording.h"

namespace replay {

enum class Fit : int { Fits, OtherStep, Stale };

class Conditions {
 public:
  explicit Conditions(const Recording& recording);

  // Whether a step with these arguments, here and now, is the recorded one.
  Fit fit(const at::Tensor* const* arguments, size_t n) const;

  // Leaves the parameters as a step does, whose gradients are in place: those that it leaves without
  // one have none, and autograd is told of what has changed.
  void leave() const;

 private:
  struct LeafState {
    at::Tensor tensor;
    bool grad_before;
    bool grad_after;
    // Where a gradient lies that is accumulated into; null where the step makes it anew.
    c10::StorageImpl* accumulated;
  };

  std::vector<Geometry> arguments_;
  c10::Device device_;
  std::vector<LeafState> leaves_;
  std::vector<std::pair<c10::weak_intrusive_ptr<c10::TensorImpl>, c10::StorageImpl*>> outside_;
  std::vector<at::Tensor> changed_leaves_;
  Setting setting_;
};

} // namespace replay
