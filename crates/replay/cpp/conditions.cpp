#include "conditions.h"

#include <algorithm>

namespace replay {

Conditions::Conditions(const Recording& recording)
    : device_(recording.gpu.value_or(c10::Device(c10::kCPU))), setting_(recording.setting) {
  for (const int value : recording.argument_values) {
    arguments_.push_back(recording.values[value].geometry);
  }
  for (const auto& memory : recording.memories) {
    if (memory.made_by != Memory::OUTSIDE || memory.argument >= 0 || memory.written_by_hand) continue;
    if (const auto seen = memory.seen->lock()) {
      outside_.emplace_back(*memory.seen, seen->storage().unsafeGetStorageImpl());
    }
  }
  for (size_t i = 0; i < recording.leaves.size(); ++i) {
    const auto& leaf = recording.leaves[i];
    const at::Tensor tensor(leaf.tensor.lock());
    const bool before = i < recording.grads_before.size() && recording.grads_before[i];
    c10::StorageImpl* accumulated = nullptr;
    if (leaf.grad_after >= 0 && !recording.makes(leaf.grad_after)) {
      const auto& memory = recording.memories[recording.values[leaf.grad_after].memory];
      accumulated = memory.storage.lock().get();
    }
    leaves_.push_back({tensor, before, leaf.grad_after != -1, accumulated});
    const auto& changed = recording.changed;
    const int memory = recording.values[leaf.value].memory;
    if (std::find(changed.begin(), changed.end(), memory) != changed.end()) {
      changed_leaves_.push_back(tensor);
    }
  }
}

Fit Conditions::fit(const at::Tensor* const* arguments, size_t n) const {
  for (const auto& [tensor, storage] : outside_) {
    const auto now = tensor.lock();
    if (now && now->storage().unsafeGetStorageImpl() != storage) return Fit::Stale;
  }
  if (!(Setting::now() == setting_) || n != arguments_.size()) return Fit::OtherStep;
  for (size_t i = 0; i < n; ++i) {
    const auto& geometry = arguments_[i];
    const auto& t = *arguments[i];
    if (t.layout() != at::kStrided || t.device() != device_ || t.requires_grad() ||
        t.scalar_type() != geometry.dtype || t.sizes() != at::IntArrayRef(geometry.sizes) ||
        t.strides() != at::IntArrayRef(geometry.strides)) {
      return Fit::OtherStep;
    }
  }
  for (const auto& leaf : leaves_) {
    if (!leaf.tensor.requires_grad()) return Fit::OtherStep;
    const auto& grad = leaf.tensor.grad();
    if (grad.defined() != leaf.grad_before) return Fit::OtherStep;
    if (leaf.accumulated && grad.storage().unsafeGetStorageImpl() != leaf.accumulated) {
      return Fit::Stale;
    }
  }
  return Fit::Fits;
}

void Conditions::leave() const {
  for (const auto& leaf : leaves_) {
    if (!leaf.grad_after && leaf.tensor.grad().defined()) leaf.tensor.mutable_grad().reset();
  }
  for (const auto& leaf : changed_leaves_) leaf.unsafeGetTensorImpl()->bump_version();
}

} // namespace replay
