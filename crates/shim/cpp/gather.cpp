// A loader's batch: rows of several tensors in one call.

#include "guarded.h"

#include <ATen/ATen.h>
#include <ATen/DimVector.h>
#include <ATen/EmptyTensor.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

using at::Tensor;

namespace {

// Bytes of a batch beyond which index_select's own threads are of use.
constexpr size_t kLarge = 1 << 16;

// The indices where a small batch's rows may be copied as they lie. index_select does the same, but
// takes twelve thousand instructions to begin; whoever observes operators is to see it.
const int64_t* plain_indices(const Tensor& order, int64_t start, int64_t len) {
  const bool plain = !at::hasCallbacks() && order.is_cpu() && order.is_contiguous() &&
                     order.scalar_type() == at::kLong && start >= 0 && len >= 0 &&
                     start <= order.numel() - len;
  return plain ? order.const_data_ptr<int64_t>() + start : nullptr;
}

std::optional<Tensor> copied(const Tensor& t, const int64_t* rows, int64_t len) {
  if (t.dim() == 0 || t.layout() != at::kStrided || t.is_conj() || t.is_neg() || t.is_quantized()) {
    return {};
  }
  const int64_t count = t.size(0);
  const size_t row = count == 0 ? 0 : t.nbytes() / count;
  const auto is_there = [&](int64_t index) { return index >= 0 && index < count; };
  if (row * len > kLarge || !std::all_of(rows, rows + len, is_there)) return {};
  at::DimVector sizes(t.sizes());
  sizes[0] = len;
  Tensor out = at::detail::empty_cpu(sizes, t.scalar_type());
  if (row == 0) return out;
  const auto* from = static_cast<const char*>(t.const_data_ptr());
  auto* to = static_cast<char*>(out.mutable_data_ptr());
  for (int64_t i = 0; i < len; ++i, to += row) std::memcpy(to, from + rows[i] * row, row);
  return out;
}

} // namespace

extern "C" {

// Rows of tensors that are on the order's device, contiguous and have no gradient; else nothing.
// The caller frees what it finds in `out`, after an error as well.
void te_gather_rows(const Tensor* const* tensors, size_t n, const Tensor* order, int64_t start,
                    int64_t len, Tensor** out, char** error) {
  std::fill_n(out, n, nullptr);
  guarded(error, [&] {
    for (size_t i = 0; i < n; ++i) {
      const Tensor& t = *tensors[i];
      if (t.requires_grad() || !t.is_contiguous() || t.device() != order->device()) return;
    }
    const int64_t* indices = plain_indices(*order, start, len);
    std::optional<Tensor> rows;
    for (size_t i = 0; i < n; ++i) {
      std::optional<Tensor> gathered;
      if (indices != nullptr) gathered = copied(*tensors[i], indices, len);
      if (!gathered && !rows) rows = order->narrow(0, start, len);
      out[i] = new Tensor(gathered ? *std::move(gathered) : tensors[i]->index_select(0, *rows));
    }
  });
}
}
