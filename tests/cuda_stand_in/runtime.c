#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stand_in.h"

#define EXPORT __attribute__((visibility("default")))
#define SUCCEEDS(name, ...) \
  EXPORT cudaError_t name(__VA_ARGS__) { return cudaSuccess; }

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread cudaError_t last_error;
static __thread int current_device;

static cudaError_t failed(cudaError_t error) { return last_error = error; }

static int number_of(const char *variable, int otherwise) {
  const char *text = getenv(variable);
  return text ? atoi(text) : otherwise;
}

// ---- the log

static __thread int paused;

// What programs call around the printing of a tensor, as they do when they are recorded; found before
// the recorder's own, which is told, too.
EXPORT void parity_recorder_pause(int by) {
  void (*recorder)(int) = (void (*)(int))dlsym(RTLD_NEXT, "parity_recorder_pause");
  if (recorder) recorder(by);
  paused += by;
}

void note(const char *format, ...) {
  static FILE *log;
  static pid_t logs;  // the process whose log it is: one that was forked has its own
  if (paused) return;
  pthread_mutex_lock(&lock);
  if (logs != getpid()) {
    logs = getpid();
    const char *prefix = getenv("STAND_IN_LOG");
    char path[4096];
    snprintf(path, sizeof path, "%s.%d", prefix ? prefix : "", getpid());
    log = prefix ? fopen(path, "w") : NULL;
    if (!log) log = fopen("/dev/null", "w");
    setvbuf(log, NULL, _IOLBF, 0);
  }
  va_list arguments;
  va_start(arguments, format);
  vfprintf(log, format, arguments);
  va_end(arguments);
  fputc('\n', log);
  pthread_mutex_unlock(&lock);
}

// ---- capture

static Stream legacy;
static Stream *captured;  // the stream of the capture that goes on
static __thread enum cudaStreamCaptureMode thread_mode = cudaStreamCaptureModeGlobal;

Stream *stream_of(cudaStream_t handle) {
  const int is_legacy = !handle || handle == cudaStreamLegacy || handle == cudaStreamPerThread;
  return is_legacy ? &legacy : (Stream *)handle;
}

const char *way(Stream *stream) {
  if (stream->capturing) {
    stream->nodes++;
    return "captured";
  }
  return captured ? "eager-during-capture" : "run";
}

// Whether a call that could stall a capture is refused, by the modes of the capture and the thread.
static int refused(const char *call) {
  if (!captured || thread_mode == cudaStreamCaptureModeRelaxed) return 0;
  if (captured->mode == cudaStreamCaptureModeRelaxed) return 0;
  if (captured->mode == cudaStreamCaptureModeThreadLocal && captured->thread != gettid()) return 0;
  note("ILLEGAL %s during a capture", call);
  captured->invalid = 1;
  failed(cudaErrorStreamCaptureUnsupported);
  return 1;
}
#define REFUSE(call) \
  if (refused(call)) return cudaErrorStreamCaptureUnsupported

EXPORT cudaError_t cudaStreamBeginCapture(cudaStream_t handle, enum cudaStreamCaptureMode mode) {
  static unsigned long long captures;
  Stream *stream = stream_of(handle);
  if (stream == &legacy || captured) {
    note("ILLEGAL beginning of a capture");
    return failed(cudaErrorStreamCaptureUnsupported);
  }
  *stream = (Stream){stream->id, 1, 0, 0, mode, ++captures, gettid()};
  captured = stream;
  note("begin capture");
  return cudaSuccess;
}

EXPORT cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t *graph) {
  Stream *stream = stream_of(handle);
  if (!stream->capturing) return failed(cudaErrorIllegalState);
  stream->capturing = 0;
  captured = NULL;
  note("end capture, %d nodes%s", stream->nodes, stream->invalid ? ", INVALID" : "");
  *graph = NULL;
  if (stream->invalid) return failed(cudaErrorStreamCaptureInvalidated);
  int *nodes = malloc(sizeof *nodes);
  *nodes = stream->nodes;
  *graph = (cudaGraph_t)nodes;
  return cudaSuccess;
}

EXPORT cudaError_t cudaStreamIsCapturing(cudaStream_t handle, enum cudaStreamCaptureStatus *status) {
  const Stream *stream = stream_of(handle);
  *status = !stream->capturing ? cudaStreamCaptureStatusNone
            : stream->invalid  ? cudaStreamCaptureStatusInvalidated
                               : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}

EXPORT cudaError_t cudaStreamGetCaptureInfo(cudaStream_t handle, enum cudaStreamCaptureStatus *status,
                                            unsigned long long *id, cudaGraph_t *graph,
                                            const cudaGraphNode_t **nodes,
                                            const cudaGraphEdgeData **edges, size_t *count) {
  if (id) *id = stream_of(handle)->capture_id;
  if (count) *count = 0;
  return cudaStreamIsCapturing(handle, status);
}

EXPORT cudaError_t cudaThreadExchangeStreamCaptureMode(enum cudaStreamCaptureMode *mode) {
  const enum cudaStreamCaptureMode before = thread_mode;
  thread_mode = *mode;
  *mode = before;
  return cudaSuccess;
}

EXPORT cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t *exec, cudaGraph_t graph,
                                                 unsigned long long flags) {
  int *nodes = malloc(sizeof *nodes);
  *nodes = *(int *)graph;
  *exec = (cudaGraphExec_t)nodes;
  note("instantiate a graph of %d nodes", *nodes);
  return cudaSuccess;
}

EXPORT cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t *nodes, size_t *count) {
  *count = *(int *)graph;
  return cudaSuccess;
}

EXPORT cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t handle) {
  note("%s graph of %d nodes", way(stream_of(handle)), *(int *)exec);
  return cudaSuccess;
}

EXPORT cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return free(graph), cudaSuccess; }
EXPORT cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) { return free(exec), cudaSuccess; }

// ---- kernels: their names, and their launches

typedef struct {
  const void *function;
  const char *name;
} Kernel;
static Kernel *kernels;  // a hash table with open addressing; its size is a power of 2
static size_t room, used;

static Kernel *kernel_at(const void *function) {
  size_t place = (((uintptr_t)function >> 4) * 11400714819323198485ull) & (room - 1);
  while (kernels[place].function && kernels[place].function != function) place = (place + 1) & (room - 1);
  return &kernels[place];
}

EXPORT void __cudaRegisterFunction(void **binary, const char *function, char *device_function,
                                   const char *name, int limit, void *thread, void *block, void *dims,
                                   void *grid, int *warp) {
  pthread_mutex_lock(&lock);
  if (used * 2 >= room) {
    Kernel *before = kernels;
    const size_t count = room;
    room = room ? room * 2 : 1 << 17;
    kernels = calloc(room, sizeof *kernels);
    for (size_t i = 0; i < count; i++)
      if (before[i].function) *kernel_at(before[i].function) = before[i];
    free(before);
  }
  Kernel *kernel = kernel_at(function);
  used += !kernel->function;
  *kernel = (Kernel){function, name};
  pthread_mutex_unlock(&lock);
}

EXPORT void **__cudaRegisterFatBinary(void *binary) { return calloc(1, sizeof(void *)); }
EXPORT void __cudaRegisterFatBinaryEnd(void **binary) {}
EXPORT void __cudaUnregisterFatBinary(void **binary) {}
EXPORT void __cudaRegisterVar(void **binary, char *variable, char *address, const char *name, int external,
                              size_t size, int constant, int global) {}

static __thread struct {
  dim3 grid, block;
  size_t shared;
  void *stream;
} configurations[8];
static __thread int configured;

EXPORT unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared, void *stream) {
  configurations[configured].grid = grid;
  configurations[configured].block = block;
  configurations[configured].shared = shared;
  configurations[configured++].stream = stream;
  return 0;
}

EXPORT cudaError_t __cudaPopCallConfiguration(dim3 *grid, dim3 *block, size_t *shared, void *stream) {
  configured--;
  *grid = configurations[configured].grid;
  *block = configurations[configured].block;
  *shared = configurations[configured].shared;
  *(void **)stream = configurations[configured].stream;
  return cudaSuccess;
}

EXPORT cudaError_t __cudaGetKernel(cudaKernel_t *kernel, const void *function) {
  *kernel = (cudaKernel_t)function;
  return cudaSuccess;
}

EXPORT cudaError_t cudaLaunchKernel(const void *function, dim3 g, dim3 b, void **arguments, size_t shared,
                                    cudaStream_t handle) {
  Stream *stream = stream_of(handle);
  const int error = number_of("STAND_IN_LAUNCH_ERROR", 0);
  if (error) return failed(error);
  if (stream->capturing && stream->invalid) return failed(cudaErrorStreamCaptureInvalidated);
  const char *name = room ? kernel_at(function)->name : NULL;
  note("%s kernel %s <%u,%u,%u|%u,%u,%u|%zu>", way(stream), name ? name : "?", g.x, g.y, g.z, b.x, b.y, b.z,
       shared);
  return cudaSuccess;
}

EXPORT cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void **arguments,
                                      size_t shared, cudaStream_t stream) {
  return cudaLaunchKernel((void *)kernel, grid, block, arguments, shared, stream);
}

EXPORT cudaError_t cudaLaunchCooperativeKernel(const void *function, dim3 grid, dim3 block, void **arguments,
                                               size_t shared, cudaStream_t stream) {
  return cudaLaunchKernel(function, grid, block, arguments, shared, stream);
}

EXPORT cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t *c, const void *function, void **arguments) {
  return cudaLaunchKernel(function, c->gridDim, c->blockDim, arguments, c->dynamicSmemBytes, c->stream);
}

EXPORT cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void *data) {
  note("host function");
  function(data);
  return cudaSuccess;
}

EXPORT cudaError_t cudaFuncGetAttributes(struct cudaFuncAttributes *attributes, const void *function) {
  *attributes = (struct cudaFuncAttributes){.maxThreadsPerBlock = 1024, .numRegs = 32, .binaryVersion = 90,
                                            .ptxVersion = 90, .maxDynamicSharedSizeBytes = 49152};
  return cudaSuccess;
}
SUCCEEDS(cudaFuncSetAttribute, const void *function, enum cudaFuncAttribute attribute, int value)

EXPORT cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *count, const void *function,
                                                                          int block, size_t shared,
                                                                          unsigned flags) {
  *count = 2048 / (block ? block : 1);
  return cudaSuccess;
}
EXPORT cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *count, const void *function, int block,
                                                                 size_t shared) {
  return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(count, function, block, shared, 0);
}

// ---- devices

static cudaError_t answer(int *out, int value) { return *out = value, cudaSuccess; }

EXPORT cudaError_t cudaGetDeviceCount(int *count) { return answer(count, number_of("STAND_IN_GPUS", 1)); }
EXPORT cudaError_t cudaGetDevice(int *device) { return answer(device, current_device); }
EXPORT cudaError_t cudaSetDevice(int device) { return answer(&current_device, device); }
EXPORT cudaError_t cudaDriverGetVersion(int *version) { return answer(version, CUDART_VERSION); }
EXPORT cudaError_t cudaRuntimeGetVersion(int *version) { return answer(version, CUDART_VERSION); }
EXPORT cudaError_t cudaDeviceCanAccessPeer(int *can, int device, int peer) { return answer(can, 0); }
EXPORT cudaError_t cudaStreamGetPriority(cudaStream_t stream, int *priority) { return answer(priority, 0); }
SUCCEEDS(cudaDeviceEnablePeerAccess, int peer, unsigned flags)

// An H100's, where a kernel's launch depends on it.
EXPORT cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *properties, int device) {
  *properties = (struct cudaDeviceProp){
      .name = "Test GPU", .major = 9, .minor = 0, .multiProcessorCount = 132, .warpSize = 32,
      .totalGlobalMem = 80ull << 30, .sharedMemPerBlock = 49152, .sharedMemPerBlockOptin = 232448,
      .sharedMemPerMultiprocessor = 233472, .regsPerBlock = 65536, .regsPerMultiprocessor = 65536,
      .maxThreadsPerBlock = 1024, .maxThreadsPerMultiProcessor = 2048, .maxBlocksPerMultiProcessor = 32,
      .maxThreadsDim = {1024, 1024, 64}, .maxGridSize = {2147483647, 65535, 65535}, .l2CacheSize = 50 << 20,
      .textureAlignment = 512, .unifiedAddressing = 1, .concurrentKernels = 1, .canMapHostMemory = 1};
  return cudaSuccess;
}

EXPORT cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attribute, int device) {
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount: return answer(value, 132);
    case cudaDevAttrMaxThreadsPerBlock: return answer(value, 1024);
    case cudaDevAttrComputeCapabilityMajor: return answer(value, 9);
    case cudaDevAttrMaxSharedMemoryPerBlock: return answer(value, 49152);
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: return answer(value, 232448);
    case cudaDevAttrWarpSize: return answer(value, 32);
    case cudaDevAttrMaxGridDimX: return answer(value, 2147483647);
    case cudaDevAttrMaxGridDimY:
    case cudaDevAttrMaxGridDimZ: return answer(value, 65535);
    default: return answer(value, 0);
  }
}

EXPORT cudaError_t cudaDeviceGetPCIBusId(char *text, int size, int device) {
  snprintf(text, size, "0000:00:00.%d", device);
  return cudaSuccess;
}

EXPORT cudaError_t cudaDeviceGetStreamPriorityRange(int *least, int *greatest) {
  *greatest = -5;
  return answer(least, 0);
}

EXPORT cudaError_t cudaDeviceSynchronize(void) {
  REFUSE("cudaDeviceSynchronize");
  note("synchronise the device");
  return cudaSuccess;
}

EXPORT cudaError_t cudaGetLastError(void) {
  const cudaError_t error = last_error;
  last_error = cudaSuccess;
  return error;
}
EXPORT cudaError_t cudaPeekAtLastError(void) { return last_error; }
EXPORT const char *cudaGetErrorName(cudaError_t error) { return "cudaErrorOfTheStandIn"; }
EXPORT const char *cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaErrorNoKernelImageForDevice: return "no kernel image is available for execution on the device";
    case cudaErrorStreamCaptureUnsupported: return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated: return "operation failed due to a previous error during capture";
    case cudaErrorStreamCaptureImplicit:
      return "operation would make the legacy stream depend on a capturing blocking stream";
    default: return "an error of the stand-in";
  }
}

static int succeed(void) { return 0; }
static int context_state(int device, unsigned *flags, int *active) {
  if (flags) *flags = 0;
  return *active = 1, 0;
}
EXPORT cudaError_t cudaGetDriverEntryPointByVersion(const char *symbol, void **function, unsigned version,
                                                    unsigned long long flags,
                                                    enum cudaDriverEntryPointQueryResult *result) {
  *function = strcmp(symbol, "cuDevicePrimaryCtxGetState") ? (void *)succeed : (void *)context_state;
  if (result) *result = cudaDriverEntryPointSuccess;
  return cudaSuccess;
}

// ---- memory

static struct {
  char *start;
  size_t size;
} *blocks;
static size_t block_count;

// The number of the block of device memory that holds an address, or `block_count`.
static size_t block_of(const void *address) {
  size_t i = 0;
  while (i < block_count &&
         !((char *)address >= blocks[i].start && (char *)address < blocks[i].start + blocks[i].size))
    i++;
  return i;
}

EXPORT cudaError_t cudaMalloc(void **out, size_t size) {
  REFUSE("cudaMalloc");
  // A size that a kernel should have computed can be anything.
  if (size > 1u << 30 || posix_memalign(out, 512, size ? size : 512)) return failed(cudaErrorMemoryAllocation);
  memset(*out, 0, size);
  pthread_mutex_lock(&lock);
  blocks = realloc(blocks, (block_count + 1) * sizeof *blocks);
  blocks[block_count].start = *out;
  blocks[block_count++].size = size;
  pthread_mutex_unlock(&lock);
  return cudaSuccess;
}

EXPORT cudaError_t cudaFree(void *memory) {
  if (!memory) return cudaSuccess;
  REFUSE("cudaFree");
  pthread_mutex_lock(&lock);
  const size_t i = block_of(memory);
  if (i < block_count) blocks[i] = blocks[--block_count];
  pthread_mutex_unlock(&lock);
  free(memory);
  return cudaSuccess;
}

EXPORT cudaError_t cudaHostAlloc(void **out, size_t size, unsigned flags) {
  REFUSE("cudaHostAlloc");
  return posix_memalign(out, 4096, size ? size : 1) ? failed(cudaErrorMemoryAllocation) : cudaSuccess;
}
EXPORT cudaError_t cudaFreeHost(void *memory) { return free(memory), cudaSuccess; }

EXPORT cudaError_t cudaMemGetInfo(size_t *available, size_t *total) {
  *available = 79ull << 30;
  *total = 80ull << 30;
  return cudaSuccess;
}

EXPORT cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *attributes, const void *address) {
  pthread_mutex_lock(&lock);
  const int on_device = block_of(address) < block_count;
  pthread_mutex_unlock(&lock);
  *attributes = (struct cudaPointerAttributes){
      .type = on_device ? cudaMemoryTypeDevice : cudaMemoryTypeUnregistered};
  return cudaSuccess;
}

static const char *direction(enum cudaMemcpyKind kind) {
  return (const char *[]){"host to host", "host to device", "device to host", "device to device", "any"}[kind];
}

EXPORT cudaError_t cudaMemcpy(void *to, const void *from, size_t size, enum cudaMemcpyKind kind) {
  REFUSE("cudaMemcpy");
  note("run copy %s of %zu, synchronous", direction(kind), size);
  memmove(to, from, size);
  return cudaSuccess;
}

EXPORT cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t size, enum cudaMemcpyKind kind,
                                   cudaStream_t handle) {
  Stream *stream = stream_of(handle);
  const int crosses = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToHost;
  if (stream->capturing && crosses) note("ILLEGAL copy %s in a capture", direction(kind));
  note("%s copy %s of %zu", way(stream), direction(kind), size);
  if (!stream->capturing) memmove(to, from, size);
  return cudaSuccess;
}

EXPORT cudaError_t cudaMemcpyPeerAsync(void *to, int device, const void *from, int source, size_t size,
                                       cudaStream_t stream) {
  note("%s copy from cuda:%d to cuda:%d of %zu", way(stream_of(stream)), source, device, size);
  memmove(to, from, size);
  return cudaSuccess;
}

EXPORT cudaError_t cudaMemsetAsync(void *memory, int value, size_t size, cudaStream_t handle) {
  Stream *stream = stream_of(handle);
  note("%s memset %d of %zu", way(stream), value, size);
  if (!stream->capturing) memset(memory, value, size);
  return cudaSuccess;
}
EXPORT cudaError_t cudaMemset(void *memory, int value, size_t size) {
  return cudaMemsetAsync(memory, value, size, NULL);
}

SUCCEEDS(cudaMemcpyToSymbol, const void *symbol, const void *from, size_t size, size_t offset,
         enum cudaMemcpyKind kind)
EXPORT cudaError_t cudaGetSymbolAddress(void **address, const void *symbol) {
  static char memory[1 << 16];
  return *address = memory, cudaSuccess;
}

// ---- streams and events

EXPORT cudaError_t cudaStreamCreateWithPriority(cudaStream_t *handle, unsigned flags, int priority) {
  static int streams;
  Stream *stream = calloc(1, sizeof *stream);
  stream->id = __sync_add_and_fetch(&streams, 1);
  return *handle = (cudaStream_t)stream, cudaSuccess;
}
EXPORT cudaError_t cudaStreamCreate(cudaStream_t *handle) { return cudaStreamCreateWithPriority(handle, 0, 0); }
SUCCEEDS(cudaStreamDestroy, cudaStream_t stream)
SUCCEEDS(cudaStreamAddCallback, cudaStream_t stream, cudaStreamCallback_t callback, void *data, unsigned flags)

EXPORT cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  Stream *stream = stream_of(handle);
  if (stream->capturing) {
    note("ILLEGAL synchronisation of the capturing stream");
    stream->invalid = 1;
    return failed(cudaErrorStreamCaptureUnsupported);
  }
  note("%s synchronise", captured ? "eager-during-capture" : "run");
  return cudaSuccess;
}
EXPORT cudaError_t cudaStreamQuery(cudaStream_t stream) { return cudaStreamSynchronize(stream); }

typedef struct {
  Stream *recorded_on;
  int in_capture;
} Event;

EXPORT cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags) {
  return *event = calloc(1, sizeof(Event)), cudaSuccess;
}
EXPORT cudaError_t cudaEventCreate(cudaEvent_t *event) { return cudaEventCreateWithFlags(event, 0); }
EXPORT cudaError_t cudaEventDestroy(cudaEvent_t event) { return free(event), cudaSuccess; }

EXPORT cudaError_t cudaEventRecord(cudaEvent_t handle, cudaStream_t stream) {
  *(Event *)handle = (Event){stream_of(stream), stream_of(stream)->capturing};
  return cudaSuccess;
}
EXPORT cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t stream, unsigned flags) {
  return cudaEventRecord(event, stream);
}

EXPORT cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t waited_for, unsigned flags) {
  const Event *event = (const Event *)waited_for;
  Stream *stream = stream_of(handle);
  if (event->in_capture && captured && stream == &legacy) {
    note("ILLEGAL wait of the legacy stream for captured work");
    captured->invalid = 1;
    return failed(cudaErrorStreamCaptureImplicit);
  }
  if (!event->in_capture && event->recorded_on && stream->capturing) {
    note("ILLEGAL wait of the capturing stream for work outside");
    captured->invalid = 1;
    return failed(cudaErrorStreamCaptureIsolation);
  }
  return cudaSuccess;
}

EXPORT cudaError_t cudaEventQuery(cudaEvent_t event) {
  REFUSE("cudaEventQuery");
  return cudaSuccess;
}
EXPORT cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  REFUSE("cudaEventSynchronize");
  return cudaSuccess;
}
EXPORT cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t from, cudaEvent_t to) {
  return *milliseconds = 1, cudaSuccess;
}
