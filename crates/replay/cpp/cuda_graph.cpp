// CUDA graphs: libtorch_cuda's own, which tch leaves out.
//
// Compiled to a shared library of its own, because what it uses lies in libtorch_cuda, which the
// programs do not depend on. It is opened after libtorch_cuda, whose symbols are everyone's then.

#include "guarded.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <cstdlib>

using c10::cuda::CUDAStream;

namespace {

// A graph and the stream it is warmed up and captured on, which may not be the default one.
struct Graph {
  explicit Graph(c10::DeviceIndex device)
      : stream(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device)),
        outside(c10::cuda::getCurrentCUDAStream(device)) {}

  at::cuda::CUDAGraph graph;
  const CUDAStream stream;
  CUDAStream outside;
};

void graph_new(int device, Graph** out, char** error) {
  *out = nullptr;
  guarded(error, [&] {
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
    *out = new Graph(static_cast<c10::DeviceIndex>(device));
  });
}

void graph_free(Graph* graph) {
  char* error = nullptr;
  guarded(&error, [&] { delete graph; });
  free(error);
}

// The stream becomes the current one. All work before is waited for, as all work on it is in
// `leave`: this happens a few times in a run.
void enter(Graph* graph, char** error) {
  guarded(error, [&] {
    const c10::cuda::CUDAGuard guard(graph->stream.device_index());
    c10::cuda::device_synchronize();
    graph->outside = c10::cuda::getCurrentCUDAStream(graph->stream.device_index());
    c10::cuda::setCurrentCUDAStream(graph->stream);
  });
}

void leave(Graph* graph, char** error) {
  guarded(error, [&] {
    c10::cuda::setCurrentCUDAStream(graph->outside);
    const c10::cuda::CUDAGuard guard(graph->stream.device_index());
    c10::cuda::device_synchronize();
  });
}

// As torch.cuda.graph: what is cached is given back, since the graph's pool is its own.
void capture_begin(Graph* graph, char** error) {
  guarded(error, [&] {
    const c10::cuda::CUDAGuard guard(graph->stream.device_index());
    c10::cuda::CUDACachingAllocator::emptyCache();
    graph->graph.capture_begin();
  });
}

void capture_end(Graph* graph, char** error) {
  guarded(error, [&] {
    const c10::cuda::CUDAGuard guard(graph->stream.device_index());
    graph->graph.capture_end();
  });
}

void replay(Graph* graph, char** error) {
  guarded(error, [&] { graph->graph.replay(); });
}

} // namespace

// In the order of `Functions` in src/bindings/cuda_graph.rs.
struct Functions {
  decltype(&graph_new) graph_new_;
  decltype(&graph_free) graph_free_;
  decltype(&enter) enter_;
  decltype(&leave) leave_;
  decltype(&capture_begin) capture_begin_;
  decltype(&capture_end) capture_end_;
  decltype(&replay) replay_;
};

extern "C" __attribute__((visibility("default"))) const Functions te_cuda_functions = {
    &graph_new, &graph_free, &enter, &leave, &capture_begin, &capture_end, &replay};
