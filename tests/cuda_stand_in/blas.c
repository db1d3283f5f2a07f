#include <cublasLt.h>
#include <cublas_v2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "stand_in.h"

#define EXPORT __attribute__((visibility("default")))
#define SUCCEEDS(name, ...) \
  EXPORT cublasStatus_t name(__VA_ARGS__) { return CUBLAS_STATUS_SUCCESS; }

// ---- cuBLAS

static __thread cudaStream_t current;

EXPORT cublasStatus_t cublasCreate_v2(cublasHandle_t *handle) {
  return *handle = calloc(1, 64), CUBLAS_STATUS_SUCCESS;
}
EXPORT cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  return current = stream, CUBLAS_STATUS_SUCCESS;
}
EXPORT cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  note("blas math mode %d", mode);  // TF32 would show here
  return CUBLAS_STATUS_SUCCESS;
}
EXPORT cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t *mode) {
  return *mode = 0, CUBLAS_STATUS_SUCCESS;
}
EXPORT cublasStatus_t cublasGetPointerMode_v2(cublasHandle_t handle, cublasPointerMode_t *mode) {
  return *mode = 0, CUBLAS_STATUS_SUCCESS;
}
SUCCEEDS(cublasDestroy_v2, cublasHandle_t handle)
SUCCEEDS(cublasSetWorkspace_v2, cublasHandle_t handle, void *memory, size_t size)
SUCCEEDS(cublasSetPointerMode_v2, cublasHandle_t handle, cublasPointerMode_t mode)

// Alignment decides between kernels, so it is logged where addresses cannot be.
static int aligned(const void *address) { return (uintptr_t)address % 256; }

#define BLAS(real, letter)                                                                                     \
  EXPORT cublasStatus_t cublas##letter##gemm_v2(cublasHandle_t handle, cublasOperation_t ta,                   \
                                                cublasOperation_t tb, int m, int n, int k, const real *alpha,  \
                                                const real *A, int lda, const real *B, int ldb,                \
                                                const real *beta, real *C, int ldc) {                          \
    note("%s blas " #letter "gemm %d%d m%d n%d k%d ld%d,%d,%d %g %g aligned %d,%d,%d",                         \
         way(stream_of(current)), ta, tb, m, n, k, lda, ldb, ldc, (double)*alpha, (double)*beta, aligned(A),   \
         aligned(B), aligned(C));                                                                              \
    return CUBLAS_STATUS_SUCCESS;                                                                              \
  }                                                                                                            \
  EXPORT cublasStatus_t cublas##letter##gemmStridedBatched(                                                    \
      cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k,                  \
      const real *alpha, const real *A, int lda, long long sa, const real *B, int ldb, long long sb,           \
      const real *beta, real *C, int ldc, long long sc, int count) {                                           \
    note("%s blas " #letter "gemm %d%d m%d n%d k%d ld%d,%d,%d %g %g strides %lld,%lld,%lld batches %d",        \
         way(stream_of(current)), ta, tb, m, n, k, lda, ldb, ldc, (double)*alpha, (double)*beta, sa, sb, sc,   \
         count);                                                                                               \
    return CUBLAS_STATUS_SUCCESS;                                                                              \
  }                                                                                                            \
  EXPORT cublasStatus_t cublas##letter##gemv_v2(cublasHandle_t handle, cublasOperation_t t, int m, int n,      \
                                                const real *alpha, const real *A, int lda, const real *x,      \
                                                int incx, const real *beta, real *y, int incy) {               \
    note("%s blas " #letter "gemv %d m%d n%d ld%d inc%d,%d %g %g", way(stream_of(current)), t, m, n, lda, incx, \
         incy, (double)*alpha, (double)*beta);                                                                 \
    return CUBLAS_STATUS_SUCCESS;                                                                              \
  }                                                                                                            \
  EXPORT cublasStatus_t cublas##letter##dot_v2(cublasHandle_t handle, int n, const real *x, int incx,          \
                                               const real *y, int incy, real *result) {                        \
    note("%s blas " #letter "dot n%d", way(stream_of(current)), n);                                            \
    return CUBLAS_STATUS_SUCCESS;                                                                              \
  }
BLAS(float, S)
BLAS(double, D)

// ---- cuBLASLt

static const char *hexadecimal(char *text, const void *bytes, size_t size) {
  *text = 0;
  for (size_t i = 0; i < size && i < 8; i++) sprintf(text + 2 * i, "%02x", ((const unsigned char *)bytes)[i]);
  return text;
}

EXPORT size_t cublasLtGetVersion(void) { return 130100; }

#undef cublasLtMatmulDescCreate
EXPORT cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *description, cublasComputeType_t compute,
                                               cudaDataType_t scale) {
  *description = calloc(1, sizeof **description);
  note("blas lt matmul compute %d scale %d", compute, scale);
  return CUBLAS_STATUS_SUCCESS;
}
EXPORT cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t d) { return free(d), CUBLAS_STATUS_SUCCESS; }
EXPORT cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t description,
                                                     cublasLtMatmulDescAttributes_t attribute,
                                                     const void *value, size_t size) {
  char text[32];
  const int is_address =
      attribute == CUBLASLT_MATMUL_DESC_BIAS_POINTER || attribute == CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER;
  note("blas lt matmul attribute %d %s", attribute, is_address ? "address" : hexadecimal(text, value, size));
  return CUBLAS_STATUS_SUCCESS;
}

EXPORT cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType type, uint64_t rows,
                                                 uint64_t columns, int64_t leading) {
  *layout = calloc(1, sizeof **layout);
  note("blas lt layout type %d %lux%lu ld%ld", type, rows, columns, leading);
  return CUBLAS_STATUS_SUCCESS;
}
EXPORT cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t l) { return free(l), CUBLAS_STATUS_SUCCESS; }
EXPORT cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                       cublasLtMatrixLayoutAttribute_t attribute,
                                                       const void *value, size_t size) {
  char text[32];
  note("blas lt layout attribute %d %s", attribute, hexadecimal(text, value, size));
  return CUBLAS_STATUS_SUCCESS;
}

EXPORT cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference) {
  return *preference = calloc(1, sizeof **preference), CUBLAS_STATUS_SUCCESS;
}
EXPORT cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t p) {
  return free(p), CUBLAS_STATUS_SUCCESS;
}
EXPORT cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                           cublasLtMatmulPreferenceAttributes_t attribute,
                                                           const void *value, size_t size) {
  char text[32];
  note("blas lt preference attribute %d %s", attribute, hexadecimal(text, value, size));
  return CUBLAS_STATUS_SUCCESS;
}

EXPORT cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation,
                                                     cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                                     cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                                     cublasLtMatmulPreference_t preference, int asked,
                                                     cublasLtMatmulHeuristicResult_t *results, int *found) {
  results[0] = (cublasLtMatmulHeuristicResult_t){.state = CUBLAS_STATUS_SUCCESS};
  return *found = 1, CUBLAS_STATUS_SUCCESS;
}

EXPORT cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation, const void *alpha,
                                     const void *A, cublasLtMatrixLayout_t a, const void *B,
                                     cublasLtMatrixLayout_t b, const void *beta, const void *C,
                                     cublasLtMatrixLayout_t c, void *D, cublasLtMatrixLayout_t d,
                                     const cublasLtMatmulAlgo_t *algorithm, void *workspace, size_t size,
                                     cudaStream_t stream) {
  char factor[32], kept[32];
  note("%s blas lt matmul %s %s workspace %zu", way(stream_of(stream)), hexadecimal(factor, alpha, 4),
       hexadecimal(kept, beta, 4), size);
  return CUBLAS_STATUS_SUCCESS;
}
