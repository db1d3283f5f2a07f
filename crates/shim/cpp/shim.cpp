// What tch leaves out of libtorch.

#include "arithmetic.h"
#include "guarded.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ScalarOps.h>
#include <ATen/Version.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/cpu/Utils.h>
#include <ATen/native/ForeachUtils.h>
#include <c10/core/DispatchKey.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

using at::Generator;
using at::Tensor;

namespace {

char* copied(const std::string& text) {
  return strdup(text.c_str());
}

std::runtime_error loader_error() {
  const char* reason = dlerror();
  return std::runtime_error(reason ? reason : "the loader gives no reason");
}

std::vector<Tensor> list(const Tensor* const* tensors, size_t n) {
  std::vector<Tensor> all;
  all.reserve(n);
  for (size_t i = 0; i < n; ++i) all.push_back(*tensors[i]);
  return all;
}

// Hands new tensors out, all of them or none.
void hand_out(std::vector<Tensor> tensors, Tensor** out) {
  std::vector<std::unique_ptr<Tensor>> owned;
  for (auto& tensor : tensors) owned.push_back(std::make_unique<Tensor>(std::move(tensor)));
  for (size_t i = 0; i < owned.size(); ++i) out[i] = owned[i].release();
}

} // namespace

extern "C" {

// Ends the process without running static destructors, of which libtorch has 60 ms worth.
void te_exit(int code) {
  _exit(code);
}

void te_string_free(char* text) {
  free(text);
}

// The file that libtorch_cpu was loaded from.
void te_library_path(char** out, char** error) {
  *out = nullptr;
  guarded(error, [&] {
    Dl_info info;
    if (dladdr(reinterpret_cast<const void*>(&at::get_cpu_capability), &info) == 0 ||
        info.dli_fname == nullptr) {
      throw std::runtime_error("the loader does not know where libtorch_cpu came from");
    }
    *out = copied(info.dli_fname);
  });
}

// Opens a shared library for good and makes its symbols everyone's.
void te_open_library(const char* path, char** error) {
  guarded(error, [&] {
    if (dlopen(path, RTLD_NOW | RTLD_GLOBAL) == nullptr) throw loader_error();
  });
}

// Whether the operator has a kernel of its own for the backend.
void te_has_kernel(const char* name, const char* overload, const char* key, bool* out,
                   char** error) {
  guarded(error, [&] {
    const auto schema = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    *out = schema.hasKernelForDispatchKey(c10::parseDispatchKey(key));
  });
}

// The CUDA runtime that libtorch_cpu was linked with and the loader has brought in with it; 0 in a
// build for the CPU, which has none.
void te_cuda_runtime(int* version) {
  *version = 0;
  const auto get_version =
      reinterpret_cast<int (*)(int*)>(dlsym(RTLD_DEFAULT, "cudaRuntimeGetVersion"));
  if (get_version == nullptr || get_version(version) != 0) *version = 0;
}

// What the NVIDIA driver says of itself and its GPUs, one name a line. `found` is false where
// there is no driver; `failure` is the driver's reason where it does not start. The driver's
// interface is C and stable, so no CUDA header is needed.
void te_cuda_driver(bool* found, int* version, char** names, char** failure, char** error) {
  *found = false;
  *version = 0;
  *names = nullptr;
  *failure = nullptr;
  guarded(error, [&] {
    void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (driver == nullptr) return;
    const auto get_version = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDriverGetVersion"));
    const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
    const auto count = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
    const auto get = reinterpret_cast<int (*)(int*, int)>(dlsym(driver, "cuDeviceGet"));
    const auto name =
        reinterpret_cast<int (*)(char*, int, int)>(dlsym(driver, "cuDeviceGetName"));
    const auto explain =
        reinterpret_cast<int (*)(int, const char**)>(dlsym(driver, "cuGetErrorString"));
    if (!get_version || !init || !count || !get || !name || !explain) {
      throw std::runtime_error("libcuda.so.1 is not an NVIDIA driver");
    }
    *found = true;
    if (get_version(version) != 0) *version = 0;
    const int no_device = 100;
    const int started = init(0);
    if (started != 0 && started != no_device) {
      const char* reason = nullptr;
      const bool known = explain(started, &reason) == 0 && reason != nullptr;
      *failure = copied((known ? reason : "unknown error") +
                        (" (CUDA error " + std::to_string(started) + ")"));
    }
    int gpus = 0;
    if (started != 0 || count(&gpus) != 0) gpus = 0;
    std::string all;
    for (int gpu = 0; gpu < gpus; ++gpu) {
      char text[256] = {};
      int handle = 0;
      if (get(&handle, gpu) != 0 || name(text, sizeof(text) - 1, handle) != 0) {
        strcpy(text, "a GPU without a name");
      }
      all.append(text).append("\n");
    }
    *names = copied(all);
  });
}

// The name of the node that made `t`, as Python names it; null for a leaf.
void te_grad_fn_name(const Tensor* t, char** name, char** error) {
  *name = nullptr;
  guarded(error, [&] {
    const auto& node = t->grad_fn();
    if (!node) return;
    const std::string full = node->name();
    const auto colon = full.rfind("::");
    *name = copied(colon == std::string::npos ? full : full.substr(colon + 2));
  });
}

void te_is_inference(const Tensor* t, bool* out, char** error) {
  guarded(error, [&] { *out = t->is_inference(); });
}

// Python's `math.erf`, which Rust lacks.
double te_erf(double x) {
  return std::erf(x);
}

bool te_grad_enabled() {
  return at::GradMode::is_enabled();
}

// Whether a mask has no element that counts behind one that does not, row by row.
void te_left_aligned(const Tensor* t, const Tensor* mask, bool* out, char** error) {
  guarded(error, [&] { *out = at::_nested_tensor_from_mask_left_aligned(*t, *mask); });
}

// Which C++ tensor this is: the same number for all handles on it, and for no other while it lives.
uintptr_t te_identity(const Tensor* t) {
  return reinterpret_cast<uintptr_t>(t->unsafeGetTensorImpl());
}

// Which storage a tensor is a view of, as a number as above, how many bytes it holds, and at which
// element the tensor begins.
void te_storage(const Tensor* t, uintptr_t* identity, int64_t* bytes, int64_t* offset,
                char** error) {
  guarded(error, [&] {
    const auto& storage = t->storage();
    *identity = reinterpret_cast<uintptr_t>(storage.unsafeGetStorageImpl());
    *bytes = static_cast<int64_t>(storage.nbytes());
    *offset = t->storage_offset();
  });
}

void te_clear_grad(const Tensor* t, char** error) {
  guarded(error, [&] {
    if (t->grad().defined()) t->mutable_grad().reset();
  });
}

void te_cpu_capability(char** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = copied(at::get_cpu_capability()); });
}

// Whether the processor has AVX2 and AVX-512, in the parts that ATen asks for.
void te_has_instructions(bool* avx2, bool* avx512, char** error) {
  *avx2 = *avx512 = false;
  guarded(error, [&] {
    const auto capabilities = at::cpu::get_cpu_capabilities();
    auto has = [&](const char* name) {
      auto found = capabilities.find(name);
      return found != capabilities.end() && found->second.isBool() && found->second.toBool();
    };
    *avx2 = has("avx2") && has("fma3");
    *avx512 = *avx2 && has("avx512_f") && has("avx512_vl") && has("avx512_bw") && has("avx512_dq");
  });
}

// What MKL is to compute with: an Outcome of arithmetic.h.
int te_mkl_set(bool as_intel, int branch, bool no_approximate) {
  return arithmetic::set({as_intel, branch, no_approximate});
}

// Empty without MKL.
void te_mkl_describe(char** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = copied(arithmetic::describe()); });
}

// Sets a variable of this process's environment, which ATen and oneDNN read when they begin.
void te_setenv(const char* name, const char* value) {
  setenv(name, value, 1);
}

void te_inference_mode_new(c10::InferenceMode** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new c10::InferenceMode(true); });
}

void te_inference_mode_free(c10::InferenceMode* mode) {
  delete mode;
}

// A Python number as an operand: an element that takes part in arithmetic but not in the choice
// of the result's dtype, and that autograd records as Python's operators do.
void te_number_f64(double value, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Tensor(at::native::wrapped_scalar_tensor(value)); });
}

void te_number_i64(int64_t value, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Tensor(at::native::wrapped_scalar_tensor(value)); });
}

void te_scalar_f64(double value, const Tensor* like, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] {
    *out = new Tensor(at::detail::scalar_tensor_static(value, like->scalar_type(), at::kCPU));
  });
}

void te_scalar_i64(int64_t value, const Tensor* like, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] {
    *out = new Tensor(at::detail::scalar_tensor_static(value, like->scalar_type(), at::kCPU));
  });
}

// Generators of the CPU.

void te_generator_new(Generator** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Generator(at::detail::createCPUGenerator()); });
}

void te_generator_seeded(uint64_t seed, Generator** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Generator(at::detail::createCPUGenerator(seed)); });
}

void te_generator_default(Generator** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Generator(at::detail::getDefaultCPUGenerator()); });
}

Generator* te_generator_clone(const Generator* g) {
  return new Generator(*g);
}

void te_generator_free(Generator* g) {
  delete g;
}

void te_generator_manual_seed(Generator* g, uint64_t seed, char** error) {
  guarded(error, [&] {
    const std::lock_guard<std::mutex> lock(g->mutex());
    g->set_current_seed(seed);
  });
}

void te_generator_seed(Generator* g, uint64_t* out, char** error) {
  guarded(error, [&] {
    const std::lock_guard<std::mutex> lock(g->mutex());
    *out = g->seed();
  });
}

void te_generator_initial_seed(Generator* g, uint64_t* out, char** error) {
  guarded(error, [&] {
    const std::lock_guard<std::mutex> lock(g->mutex());
    *out = g->current_seed();
  });
}

void te_generator_get_state(Generator* g, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] {
    const std::lock_guard<std::mutex> lock(g->mutex());
    *out = new Tensor(g->get_state());
  });
}

void te_generator_set_state(Generator* g, const Tensor* state, char** error) {
  guarded(error, [&] {
    const std::lock_guard<std::mutex> lock(g->mutex());
    g->set_state(*state);
  });
}

void te_generator_random_int64(Generator* g, int64_t* out, char** error) {
  guarded(error, [&] {
    *out = at::empty({}, at::kLong).random_(*g).item<int64_t>();
  });
}

void te_generator_randperm(Generator* g, int64_t n, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Tensor(torch::randperm(n, *g, at::kLong)); });
}

void te_generator_uniform_(Generator* g, const Tensor* t, double from, double to, char** error) {
  guarded(error, [&] { t->uniform_(from, to, *g); });
}

void te_generator_normal_(Generator* g, const Tensor* t, double mean, double std, char** error) {
  guarded(error, [&] { t->normal_(mean, std, *g); });
}

void te_generator_random_(Generator* g, const Tensor* t, int64_t from, int64_t to, char** error) {
  guarded(error, [&] { t->random_(from, to, *g); });
}

// `like` has the dtype.
void te_generator_normal_size(Generator* g, double mean, double std, const int64_t* size,
                              size_t dims, const Tensor* like, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] {
    *out = new Tensor(torch::normal(mean, std, at::IntArrayRef(size, dims), *g, like->options()));
  });
}

// A null tensor stands for the number beside it; one of the two is a tensor.
void te_generator_normal(Generator* g, const Tensor* means, double mean, const Tensor* stds,
                         double std, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] {
    *out = new Tensor(!stds    ? at::normal(*means, std, *g)
                      : !means ? at::normal(mean, *stds, *g)
                               : at::normal(*means, *stds, *g));
  });
}

// In-place operators with the factor that tch's own bindings leave out.

void te_add_(const Tensor* self, const Tensor* other, double alpha, char** error) {
  guarded(error, [&] { self->add_(*other, alpha); });
}

void te_add(const Tensor* self, const Tensor* other, double alpha, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Tensor(self->add(*other, alpha)); });
}

void te_addcmul_(const Tensor* self, const Tensor* a, const Tensor* b, double value, char** error) {
  guarded(error, [&] { self->addcmul_(*a, *b, value); });
}

void te_addcmul(const Tensor* self, const Tensor* a, const Tensor* b, double value, Tensor** out,
                char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Tensor(self->addcmul(*a, *b, value)); });
}

void te_addcdiv_(const Tensor* self, const Tensor* a, const Tensor* b, double value, char** error) {
  guarded(error, [&] { self->addcdiv_(*a, *b, value); });
}

// In-place operators with a Python number, which is a tensor to them: the overloads that take a
// scalar round it to the tensor's dtype first, which below float32 gives other bits.

void te_add_number_(const Tensor* self, double number, char** error) {
  guarded(error, [&] { self->add_(at::native::wrapped_scalar_tensor(number)); });
}

void te_mul_number_(const Tensor* self, double number, char** error) {
  guarded(error, [&] { self->mul_(at::native::wrapped_scalar_tensor(number)); });
}

// tch's own forms of the next four panic where libtorch refuses, when they free their number.

void te_fill_(const Tensor* self, double value, char** error) {
  guarded(error, [&] { self->fill_(value); });
}

void te_clamp_(const Tensor* self, double min, double max, char** error) {
  guarded(error, [&] { self->clamp_(min, max); });
}

void te_rsub_f64(const Tensor* self, double number, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Tensor(at::rsub(*self, number)); });
}

void te_rsub_i64(const Tensor* self, int64_t number, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Tensor(at::rsub(*self, number)); });
}

void te_clone(const Tensor* self, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Tensor(self->clone()); });
}

void te_clamp_max(const Tensor* self, double max, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Tensor(at::clamp(*self, std::nullopt, max)); });
}

void te_vector_norm(const Tensor* self, double ord, Tensor** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Tensor(at::linalg_vector_norm(*self, ord)); });
}

// `torch._foreach_*`: one operation on every tensor of a list. They share a signature: `self`, `a`
// and `b` are lists of `n` tensors, `scalars` is one number or, where a name says so, `n`, and `out`
// has room for `n` new tensors. What an operation does not take is null.

#define TE_FOREACH(name, body)                                                              \
  void te_foreach_##name(const Tensor* const* self, const Tensor* const* a,                 \
                         const Tensor* const* b, size_t n, const double* scalars,           \
                         Tensor** out, char** error) {                                      \
    guarded(error, [&] { body; });                                                          \
  }

TE_FOREACH(add_, at::_foreach_add_(list(self, n), list(a, n), *scalars))
TE_FOREACH(add, hand_out(at::_foreach_add(list(self, n), list(a, n), *scalars), out))
TE_FOREACH(add_tensor_, at::_foreach_add_(list(self, n), *a[0], *scalars))
TE_FOREACH(add_scalar_, at::_foreach_add_(list(self, n), at::Scalar(*scalars)))
TE_FOREACH(mul_scalar_, at::_foreach_mul_(list(self, n), at::Scalar(*scalars)))
TE_FOREACH(add_scalar, hand_out(at::_foreach_add(list(self, n), at::Scalar(*scalars)), out))
TE_FOREACH(add_scalar_list_,
           at::_foreach_add_(list(self, n), std::vector<at::Scalar>(scalars, scalars + n)))
TE_FOREACH(sub, hand_out(at::_foreach_sub(list(self, n), list(a, n)), out))
TE_FOREACH(mul_, at::_foreach_mul_(list(self, n), list(a, n)))
TE_FOREACH(mul, hand_out(at::_foreach_mul(list(self, n), list(a, n)), out))
TE_FOREACH(mul_scalar_list_,
           at::_foreach_mul_(list(self, n), std::vector<at::Scalar>(scalars, scalars + n)))
TE_FOREACH(mul_scalar_list,
           hand_out(at::_foreach_mul(list(self, n), std::vector<at::Scalar>(scalars, scalars + n)),
                    out))
TE_FOREACH(div_, at::_foreach_div_(list(self, n), list(a, n)))
TE_FOREACH(copy_, at::_foreach_copy_(list(self, n), list(a, n)))
TE_FOREACH(abs_, at::_foreach_abs_(list(self, n)))
TE_FOREACH(abs, hand_out(at::_foreach_abs(list(self, n)), out))
TE_FOREACH(neg_, at::_foreach_neg_(list(self, n)))
TE_FOREACH(sign_, at::_foreach_sign_(list(self, n)))
TE_FOREACH(reciprocal_, at::_foreach_reciprocal_(list(self, n)))
TE_FOREACH(mul_tensor_, at::_foreach_mul_(list(self, n), *a[0]))
TE_FOREACH(div_scalar_list_,
           at::_foreach_div_(list(self, n), std::vector<at::Scalar>(scalars, scalars + n)))
TE_FOREACH(lerp_, at::_foreach_lerp_(list(self, n), list(a, n), at::Scalar(*scalars)))
TE_FOREACH(lerp_scalar_list_,
           at::_foreach_lerp_(list(self, n), list(a, n),
                              std::vector<at::Scalar>(scalars, scalars + n)))
TE_FOREACH(rsqrt_, at::_foreach_rsqrt_(list(self, n)))
TE_FOREACH(addcmul_,
           at::_foreach_addcmul_(list(self, n), list(a, n), list(b, n), at::Scalar(*scalars)))
TE_FOREACH(addcmul, hand_out(at::_foreach_addcmul(list(self, n), list(a, n), list(b, n),
                                                  at::Scalar(*scalars)),
                             out))
TE_FOREACH(addcdiv_,
           at::_foreach_addcdiv_(list(self, n), list(a, n), list(b, n), at::Scalar(*scalars)))
TE_FOREACH(addcdiv_scalar_list_,
           at::_foreach_addcdiv_(list(self, n), list(a, n), list(b, n),
                                 std::vector<at::Scalar>(scalars, scalars + n)))
TE_FOREACH(maximum_, at::_foreach_maximum_(list(self, n), list(a, n)))
TE_FOREACH(clamp_min_scalar_, at::_foreach_clamp_min_(list(self, n), at::Scalar(*scalars)))
TE_FOREACH(clamp_max_scalar_, at::_foreach_clamp_max_(list(self, n), at::Scalar(*scalars)))
TE_FOREACH(zero_, at::_foreach_zero_(list(self, n)))
TE_FOREACH(norm, hand_out(at::_foreach_norm(list(self, n), at::Scalar(*scalars)), out))
TE_FOREACH(sqrt_, at::_foreach_sqrt_(list(self, n)))
TE_FOREACH(sqrt, hand_out(at::_foreach_sqrt(list(self, n)), out))
TE_FOREACH(neg, hand_out(at::_foreach_neg(list(self, n)), out))

#undef TE_FOREACH

// The number of each tensor's group of one device and dtype, in the order in which PyTorch visits
// the groups, which is that of a hash table.
void te_group_by_device_and_dtype(const Tensor* const* tensors, size_t n, size_t* out,
                                  char** error) {
  guarded(error, [&] {
    std::vector<std::optional<Tensor>> all;
    for (size_t i = 0; i < n; ++i) all.emplace_back(*tensors[i]);
    const auto groups = at::native::_group_tensors_by_first_tensors_device_and_dtype(
        {std::move(all)}, /*with_indices=*/true);
    size_t number = 0;
    for (const auto& [_, group] : groups) {
      for (const auto index : group.second) out[index] = number;
      ++number;
    }
  });
}

} // extern "C"
