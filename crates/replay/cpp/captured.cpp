#include "captured.h"

#include <ATen/core/LegacyTypeDispatch.h>

namespace replay {

Captured::Captured(const Recording& recording)
    : conditions_(recording),
      before_(recording.saved),
      generators_(recording.generators),
      states_before_(recording.generator_states) {
  TORCH_CHECK(before_.size() == recording.changed.size() && states_before_.size() == generators_.size(),
              "what the step changes was not put aside");
  const at::AutoDispatchBelowADInplaceOrView below;
  for (const auto& argument : recording.arguments) {
    auto input = at::empty_strided(argument.sizes(), argument.strides(), argument.options());
    inputs.push_back(input.copy_(argument));
  }
  for (const auto& saved : before_) after_.push_back({saved.storage, bytes(saved.storage)});
  for (const auto& generator : generators_) states_after_.push_back(generator.get_state());
  for (const auto& leaf : recording.leaves) {
    const at::Tensor tensor(leaf.tensor.lock());
    grads_.push_back({tensor, tensor.grad(), {}});
  }
  for (size_t i = 0; i < recording.results.size(); ++i) {
    results_.push_back({recording.makes(recording.results[i]), recording.result_tensors[i], {}});
  }
}

void Captured::captured(const std::vector<at::Tensor>& results) {
  TORCH_CHECK(results.size() == results_.size(), "the step returned other results when captured");
  for (size_t i = 0; i < results.size(); ++i) results_[i].captured = results[i];
  for (auto& grad : grads_) grad.captured = grad.leaf.grad();
  for (const auto& saved : before_) put(saved.storage, saved.bytes);
  for (size_t i = 0; i < generators_.size(); ++i) generators_[i].set_state(states_before_[i]);
}

std::string Captured::verify() {
  std::string reason;
  const auto differs = [&](const std::string& what) {
    if (reason.empty()) reason = "launched as a graph, " + what + " has other bits";
  };
  for (size_t i = 0; i < results_.size(); ++i) {
    if (!same_bits(results_[i].eager, results_[i].captured)) differs("result " + std::to_string(i));
  }
  for (const auto& grad : grads_) {
    const bool defined = grad.eager.defined();
    if (defined != grad.captured.defined() || (defined && !same_bits(grad.eager, grad.captured))) {
      differs("a gradient");
    }
  }
  for (const auto& saved : after_) {
    if (bytes(saved.storage) != saved.bytes) differs("a parameter or a state");
  }
  for (size_t i = 0; i < generators_.size(); ++i) {
    if (!same_bits(generators_[i].get_state(), states_after_[i])) {
      differs("the random generator's state");
    }
  }
  if (!reason.empty()) {
    forget();
    return reason;
  }
  before_.clear();
  after_.clear();
  generators_.clear();
  for (auto& grad : grads_) grad.eager.reset();
  for (auto& result : results_) result.eager.reset();
  return "";
}

void Captured::forget() {
  for (auto& grad : grads_) grad.leaf.mutable_grad() = grad.eager;
  for (const auto& saved : after_) put(saved.storage, saved.bytes);
  for (size_t i = 0; i < generators_.size(); ++i) generators_[i].set_state(states_after_[i]);
}

void Captured::bind(const at::Tensor* const* arguments, size_t n) {
  const at::AutoDispatchBelowADInplaceOrView below;
  for (size_t i = 0; i < n; ++i) {
    if (!arguments[i]->is_same(inputs[i])) inputs[i].copy_(*arguments[i], /*non_blocking=*/true);
  }
}

void Captured::take(at::Tensor** results) {
  const at::AutoDispatchBelowADInplaceOrView below;
  for (auto& result : results_) {
    *results++ = new at::Tensor(result.own ? result.captured.clone() : result.captured.detach());
  }
  for (auto& grad : grads_) {
    auto& now = grad.leaf.mutable_grad();
    if (!now.is_same(grad.captured)) now = grad.captured;
  }
  conditions_.leave();
}

} // namespace replay
