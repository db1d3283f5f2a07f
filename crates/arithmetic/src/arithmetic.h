// Chooses the code by which MKL, inside libtorch_cpu, computes: in data that MKL keeps, not in its code. Needs no libtorch to be compiled, so that it can be in
// a library that is preloaded into any program.
//
// MKL asks once whether the processor is Intel's and keeps the answer; what it computes with depends on it. Its AVX2
// branch is the same code on every processor, but for functions that begin with RCPPS or RSQRTPS, whose last bits are
// each vendor's own. Of those, MKL's table has a version without: for processors with SSE4.2 (`E2`), with divisions
// that IEEE 754 defines to the last bit. Both are high-accuracy versions, as ATen asks for. Square roots, which IEEE 754
// defines too, are the processor's.

#pragma once

#include <dlfcn.h>

#include <cstring>
#include <string>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace arithmetic {

enum Outcome : int { kSet = 0, kNoLibtorch, kNoMkl, kUnknownMkl, kTooLate, kRefused };

// What MKL is to compute with.
struct Choice {
  bool as_intel;       // answer that the processor is Intel's
  int branch;          // as mkl_cbwr_set takes it, strict or not; 0: MKL's own choice
  bool no_approximate; // leave RCPPS and RSQRTPS out
};

inline void* symbol(const char* name) {
  void* library = dlopen("libtorch_cpu.so", RTLD_NOLOAD | RTLD_LAZY);
  return library == nullptr ? nullptr : dlsym(library, name);
}

// Where mkl_serv_intel_cpu_true keeps its answer, -1 before it has one; null if its code is not as known.
inline int* kept_answer() {
  auto* code = static_cast<const unsigned char*>(symbol("mkl_serv_intel_cpu_true"));
  // mov OFFSET(%rip), %eax; test %eax, %eax; js
  const unsigned char load[] = {0x8b, 0x05}, test[] = {0x85, 0xc0, 0x78};
  if (code == nullptr || std::memcmp(code, load, 2) != 0 || std::memcmp(code + 6, test, 3) != 0) {
    return nullptr;
  }
  int offset;
  std::memcpy(&offset, code + 2, 4);
  return reinterpret_cast<int*>(const_cast<unsigned char*>(code) + 6 + offset);
}

// The functions of MKL that ATen calls and whose AVX2 code has RCPPS or RSQRTPS: tests find them by disassembly.
constexpr const char* kApproximate[] = {"dAcos", "dAsin",  "dAtan",  "dLn",   "dLog10", "dLog2", "dSqrt",
                                        "sAcos", "sAsin",  "sAtan",  "sLog10", "sLog2", "sSqrt", "sTan"};

// A function's table has six versions for each of three accuracies; the second six are of the highest.
constexpr int kE2 = 7, kAvx2 = 9;

#ifdef __SSE2__
inline void square_roots(int n, const float* a, float* r) {
  int i = 0;
  for (; i + 4 <= n; i += 4) _mm_storeu_ps(r + i, _mm_sqrt_ps(_mm_loadu_ps(a + i)));
  for (; i < n; ++i) _mm_store_ss(r + i, _mm_sqrt_ss(_mm_load_ss(a + i)));
}

inline void square_roots_f64(int n, const double* a, double* r) {
  int i = 0;
  for (; i + 2 <= n; i += 2) _mm_storeu_pd(r + i, _mm_sqrt_pd(_mm_loadu_pd(a + i)));
  for (; i < n; ++i) _mm_store_sd(r + i, _mm_sqrt_sd(_mm_setzero_pd(), _mm_load_sd(a + i)));
}
#endif

inline void** table(const char* function) {
  char name[64] = "mkl_vml_kernel_";
  std::strcat(std::strcat(name, function), "_ttab");
  return static_cast<void**>(symbol(name));
}

// MKL's Cholesky decomposition of up to 16 rows of float32 begins with RSQRTSS; its decompositions of one triangle,
// with the same arguments, do not.
using Cholesky = void (*)(const char* uplo, void*, void*, void*, void*, int);
inline Cholesky upper_cholesky, lower_cholesky;

inline void cholesky(const char* uplo, void* n, void* a, void* lda, void* info, int flag) {
  ((*uplo & 0xdf) == 'U' ? upper_cholesky : lower_cholesky)(uplo, n, a, lda, info, flag);
}

// Where mkl_lapack_ps_spotrf_small keeps the code it has chosen, null before; null if its code is not as known.
inline Cholesky* kept_cholesky() {
  auto* code = static_cast<const unsigned char*>(symbol("mkl_lapack_ps_spotrf_small"));
  upper_cholesky = reinterpret_cast<Cholesky>(symbol("mkl_lapack_ps_spotrf_u_small"));
  lower_cholesky = reinterpret_cast<Cholesky>(symbol("mkl_lapack_ps_spotrf_l_small"));
  // mov OFFSET(%rip), %rax; test %rax, %rax; je
  const unsigned char load[] = {0x48, 0x8b, 0x05}, test[] = {0x48, 0x85, 0xc0, 0x74};
  if (code == nullptr || upper_cholesky == nullptr || lower_cholesky == nullptr ||
      std::memcmp(code + 11, load, 3) != 0 || std::memcmp(code + 18, test, 4) != 0) {
    return nullptr;
  }
  int offset;
  std::memcpy(&offset, code + 14, 4);
  return reinterpret_cast<Cholesky*>(const_cast<unsigned char*>(code) + 18 + offset);
}

// The table's version of a function without approximate instructions.
inline void* exact(const char* function) {
#ifdef __SSE2__
  if (std::strcmp(function, "sSqrt") == 0) return reinterpret_cast<void*>(&square_roots);
  if (std::strcmp(function, "dSqrt") == 0) return reinterpret_cast<void*>(&square_roots_f64);
#endif
  return table(function)[kE2];
}

// Whether another library, or this one, has left the approximate instructions out.
inline bool is_exact() {
  void** logarithm = table("dLn");
  return logarithm != nullptr && logarithm[kAvx2] == logarithm[kE2];
}

inline Outcome set(const Choice& choice) {
  if (dlopen("libtorch_cpu.so", RTLD_NOLOAD | RTLD_LAZY) == nullptr) {
    return kNoLibtorch;
  }
  auto set_branch = reinterpret_cast<int (*)(int)>(symbol("mkl_serv_cbwr_set"));
  auto get_branch = reinterpret_cast<int (*)(int)>(symbol("mkl_serv_cbwr_get"));
  if (set_branch == nullptr || get_branch == nullptr) {
    return kNoMkl;
  }
  int* answer = kept_answer();
  for (const char* function : kApproximate) {
    if (table(function) == nullptr) {
      answer = nullptr;
    }
  }
  Cholesky* kept = kept_cholesky();
  if (answer == nullptr || kept == nullptr) {
    return kUnknownMkl;
  }
  if (*answer >= 0) {  // MKL has begun
    constexpr int kAll = -1;
    bool is_so = (!choice.as_intel || *answer == 1) && (choice.branch == 0 || get_branch(kAll) == choice.branch);
    is_so = is_so && (!choice.no_approximate || is_exact());
    return is_so ? kSet : kTooLate;
  }
  if (choice.as_intel) {
    *answer = 1;
  }
  if (choice.branch != 0 && set_branch(choice.branch) != 0) {
    *answer = -1;
    return kRefused;
  }
  if (choice.no_approximate) {
    for (const char* function : kApproximate) {
      table(function)[kAvx2] = exact(function);
    }
    *kept = cholesky;
  }
  return kSet;
}

// What MKL computes with, in words; empty where there is no MKL. Asking settles it, as computing does.
inline std::string describe() {
  auto get_branch = reinterpret_cast<int (*)(int)>(symbol("mkl_serv_cbwr_get"));
  auto get_own = reinterpret_cast<int (*)()>(symbol("mkl_serv_cbwr_get_auto_branch"));
  if (get_branch == nullptr || get_own == nullptr) {
    return "";
  }
  constexpr int kAll = -1, kStrict = 0x10000, kAuto = 2;
  auto name = [](int branch) -> std::string {
    switch (branch) {
      case 3: return "COMPATIBLE";
      case 4: return "SSE2";
      case 8: return "SSE4_2";
      case 9: return "AVX";
      case 10: return "AVX2";
      case 12: return "AVX512";
      case 14: return "AVX512_E1";
      default: return "branch " + std::to_string(branch);
    }
  };
  const int chosen = get_branch(kAll), own = get_own();
  std::string text = own == kAuto ? "native, not Intel's" : "native, " + name(own);
  if (const int branch = chosen & ~kStrict; branch > kAuto) {
    // On a processor that is not Intel's any branch is COMPATIBLE.
    text = name(own == kAuto ? 3 : branch) + ((chosen & kStrict) != 0 ? ", STRICT" : "");
  }
  return text + (is_exact() ? ", no approximate instructions" : "");
}

}  // namespace arithmetic
