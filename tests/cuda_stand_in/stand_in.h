// A stand-in for the CUDA runtime, cuBLAS and the driver, for machines without a GPU: memory is the host's, kernels
// compute nothing, every launch, copy and synchronisation is logged, and what a stream capture forbids is refused as
// CUDA refuses it. The real libtorch_cuda runs on top. The runtime and cuBLAS are preloaded; the driver is found as
// libcuda.so.1.
//
//   STAND_IN_LOG=PREFIX            one log per process, PREFIX.PID
//   STAND_IN_GPUS=N                how many GPUs there are (1)
//   STAND_IN_LAUNCH_ERROR=CODE     what every launch fails with

#pragma once

#include <cuda_runtime_api.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct Stream {
  int id;         // 0: the legacy default stream
  int capturing;  // a capture that began on it goes on
  int invalid;    // that capture has met something illegal
  int nodes;      // what it has recorded
  enum cudaStreamCaptureMode mode;
  unsigned long long capture_id;
  pid_t thread;
} Stream;

Stream *stream_of(cudaStream_t handle);

// Writes a line to the log, unless a tensor is being printed.
void note(const char *format, ...);

// How work on a stream is logged: "run", "captured", or "eager-during-capture".
const char *way(Stream *stream);
