// A tensor's elements in row-major order on the host, and a fingerprint of them.

#pragma once

#include <ATen/ATen.h>
#include <ATen/functorch/BatchedTensorImpl.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <cstdint>
#include <cstring>
#include <dlfcn.h>
#include <optional>
#include <vector>

namespace recorder {

inline uint64_t read64(const uint8_t* at) {
  uint64_t value;
  std::memcpy(&value, at, 8);
  return value;
}

// Both halves of the product of two words.
inline uint64_t fold(uint64_t a, uint64_t b) {
  unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// 64 bits that tell contents apart, as fast as memory is read. Four chains, since each waits for
// its own multiplications only.
inline uint64_t fingerprint(const void* bytes, size_t size) {
  constexpr uint64_t kKeys[4] = {
      0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93};
  const auto* at = static_cast<const uint8_t*>(bytes);
  uint64_t chains[4] = {kKeys[1], kKeys[2], kKeys[3], kKeys[0]};
  size_t left = size;
  for (; left >= 64; left -= 64, at += 64) {
    for (int i = 0; i < 4; ++i) {
      chains[i] = fold(read64(at + 16 * i) ^ kKeys[i], read64(at + 16 * i + 8) ^ chains[i]);
    }
  }
  uint8_t last[64] = {};
  std::memcpy(last, at, left);
  uint64_t result = fold(size ^ kKeys[0], kKeys[3]);
  for (int i = 0; i < 4; ++i) {
    chains[i] = fold(read64(last + 16 * i) ^ kKeys[i], read64(last + 16 * i + 8) ^ chains[i]);
    result = fold(result ^ chains[i], kKeys[(i + 1) % 4]);
  }
  return result;
}

// What is called while it lives is below autograd and every mode: the program must not notice.
struct Below {
  at::AutoDispatchBelowADInplaceOrView autograd;
  c10::impl::ExcludeDispatchKeyGuard modes{c10::DispatchKeySet(
      {c10::DispatchKey::Python, c10::DispatchKey::PythonTLSSnapshot, c10::DispatchKey::AutocastCPU,
       c10::DispatchKey::AutocastCUDA})};
};

// The cudaStream_t of a stream, of older versions by CUDAStream::stream(), whose object is
// the stream itself.
template <typename Device>
void* native_handle(const Device& device, c10::Stream stream) {
  if constexpr (requires { device.getStreamNativeHandle(stream); }) {
    return device.getStreamNativeHandle(stream);
  } else {
    void* library = dlopen("libc10_cuda.so", RTLD_NOLOAD | RTLD_LAZY);
    void* handle = library == nullptr ? nullptr : dlsym(library, "_ZNK3c104cuda10CUDAStream6streamEv");
    return handle == nullptr ? nullptr : reinterpret_cast<void* (*)(const c10::Stream*)>(handle)(&stream);
  }
}

// Whether CUDA records what is done rather than doing it: a copy to the host would break that.
inline bool is_capturing(const at::Tensor& tensor) {
  if (!tensor.is_cuda()) {
    return false;
  }
  using IsCapturing = int (*)(void*, int*);
  // Of the CUDA runtime that libtorch's own calls find: everyone's, else the one it came with.
  static const auto is_capturing = reinterpret_cast<IsCapturing>([] {
    const char* name = "cudaStreamIsCapturing";
    if (void* everyones = dlsym(RTLD_DEFAULT, name)) {
      return everyones;
    }
    void* libtorch = dlopen("libtorch_cuda.so", RTLD_NOLOAD | RTLD_LAZY);
    return libtorch == nullptr ? nullptr : dlsym(libtorch, name);
  }());
  if (is_capturing == nullptr) {
    return false;
  }
  const auto* device = c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA);
  int status = 0;
  return is_capturing(native_handle(*device, device->getStream(tensor.device())), &status) != 0 || status != 0;
}

// The tensor with the elements, of one that vmap has wrapped.
inline const at::Tensor& unwrapped(const at::Tensor& tensor) {
  const auto* batched = at::functorch::maybeGetBatchedImpl(tensor);
  return batched == nullptr ? tensor : unwrapped(batched->value());
}

// Whether it is a FakeTensor, which says that it is where its like would be.
inline bool is_fake(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.key_set().has(c10::DispatchKey::Python)) {
    return false;
  }
  const auto& storage = tensor.unsafeGetTensorImpl()->unsafe_storage();
  return storage && storage.device_type() == at::kMeta && !tensor.is_meta();
}

// Why there are no elements to be read, or null.
inline const char* unreadable(const at::Tensor& tensor) {
  auto keys = tensor.key_set();
  if (keys.has(c10::DispatchKey::Python)) {
    return is_fake(tensor) ? "fake" : "subclass";
  }
  // What torch.func.grad or functionalization wraps cannot be unwrapped with the headers of a wheel.
  if (keys.has_any(c10::DispatchKeySet({c10::DispatchKey::FuncTorchGradWrapper, c10::DispatchKey::Functionalize}))) {
    return "wrapped";
  }
  if (tensor.is_quantized()) {
    return "quantized";
  }
  if (!tensor.is_cpu() && !tensor.is_cuda()) {
    return tensor.is_meta() ? "meta" : "device";
  }
  return is_capturing(tensor) ? "captured" : nullptr;
}

inline bool is_readable(const at::Tensor& tensor) {
  return unreadable(tensor) == nullptr && !tensor.is_nested() && tensor.layout() == at::kStrided &&
         tensor.has_storage() && (tensor.numel() == 0 || tensor.const_data_ptr());
}

// What a sparse or nested tensor is made of; nothing of another.
inline std::vector<at::Tensor> parts_of(const at::Tensor& tensor) {
  if (unreadable(tensor) != nullptr) {
    return {};
  }
  Below below;
  if (tensor.is_nested()) {
    return {tensor._nested_tensor_size(), tensor.values()};
  }
  switch (tensor.layout()) {
    case at::kSparse:
      return {tensor._indices(), tensor._values()};
    case at::kSparseCsr:
    case at::kSparseBsr:
      return {tensor.crow_indices(), tensor.col_indices(), tensor.values()};
    case at::kSparseCsc:
    case at::kSparseBsc:
      return {tensor.ccol_indices(), tensor.row_indices(), tensor.values()};
    default:
      return {};
  }
}

// A readable tensor's elements: the tensor's own memory where it lies in order, else a copy.
class Bits {
 public:
  explicit Bits(const at::Tensor& tensor) {
    size_ = tensor.numel() * tensor.element_size();
    if (size_ == 0) {
      return;
    }
    bool as_it_lies = tensor.is_cpu() && !tensor.is_conj() && !tensor.is_neg();
    if (as_it_lies && tensor.is_contiguous()) {
      data_ = tensor.const_data_ptr();
    } else if (as_it_lies && size_ <= sizeof small_) {
      gather(tensor);
      data_ = small_;
    } else {
      Below below;
      copy_ = tensor.resolve_conj().resolve_neg().to(at::kCPU).contiguous();
      data_ = copy_.const_data_ptr();
    }
  }

  const void* data() const {
    return data_;
  }

  size_t size() const {
    return size_;
  }

 private:
  void gather(const at::Tensor& tensor) {
    const auto* base = static_cast<const char*>(tensor.const_data_ptr());
    auto sizes = tensor.sizes(), strides = tensor.strides();
    size_t width = tensor.element_size();
    std::vector<int64_t> index(sizes.size());
    int64_t offset = 0;
    for (char* to = small_; to < small_ + size_; to += width) {
      std::memcpy(to, base + offset * static_cast<int64_t>(width), width);
      for (size_t dim = sizes.size(); dim-- > 0;) {
        offset += strides[dim];
        if (++index[dim] < sizes[dim]) {
          break;
        }
        offset -= sizes[dim] * strides[dim];
        index[dim] = 0;
      }
    }
  }

  size_t size_ = 0;
  const void* data_ = nullptr;
  at::Tensor copy_;
  char small_[4096];
};

}  // namespace recorder
