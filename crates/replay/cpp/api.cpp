// What Rust calls of the recording and the replaying of steps.

#include "guarded.h"
#include "captured.h"
#include "program.h"

#include <algorithm>

using at::Tensor;
using replay::Captured;
using replay::Program;
using replay::Recording;

namespace {

std::vector<Tensor> list(const Tensor* const* tensors, size_t n) {
  std::vector<Tensor> all;
  all.reserve(n);
  for (size_t i = 0; i < n; ++i) all.push_back(*tensors[i]);
  return all;
}

// A reason as Rust takes it over: null for none.
char* reason(const std::string& text) {
  return text.empty() ? nullptr : strdup(text.c_str());
}

char* refusal_of(const replay::Refusal& refusal, void** frames, size_t* n_frames) {
  *n_frames = std::min(*n_frames, refusal.frames.size());
  std::copy_n(refusal.frames.begin(), *n_frames, frames);
  return reason(refusal.reason);
}

} // namespace

extern "C" {

// Whether somebody watches the calls, whom a replay would not tell of them.
bool te_is_observed() {
  return at::hasCallbacks();
}

void te_recording_new(const Tensor* const* arguments, size_t n, const Recording* previous,
                      bool with_frames, Recording** out, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = new Recording(list(arguments, n), previous, with_frames); });
}

void te_recording_free(Recording* recording) {
  delete recording;
}

void te_recording_refuse(Recording* recording, const char* text) {
  recording->refuse(text);
}

void te_recording_tag(Recording* recording, const double* numbers, const size_t* slots, size_t n) {
  recording->tag(numbers, slots, n);
}

void te_recording_overlook(Recording* recording, bool on) {
  recording->overlooking = on;
}

void te_recording_untag(Recording* recording) {
  recording->untag();
}

// `refusal` is why the step cannot be replayed, or null; `frames` has room for `*n_frames` return
// addresses of where that is, and gets as many as are known.
void te_recording_finish(Recording* recording, const Tensor* const* results, size_t n,
                         char** refusal, void** frames, size_t* n_frames, char** error) {
  *refusal = nullptr;
  guarded(error, [&] {
    recording->finish(list(results, n));
    *refusal = refusal_of(recording->refusal, frames, n_frames);
  });
}

// How two recordings differ; null where they are the same step. `frames` as above.
void te_recording_difference(const Recording* a, const Recording* b, char** out, void** frames,
                             size_t* n_frames, char** error) {
  *out = nullptr;
  guarded(error, [&] { *out = refusal_of(a->difference(*b), frames, n_frames); });
}

// The number of the GPU that the step's tensors are on, or -1.
int te_recording_gpu(const Recording* recording) {
  return recording->gpu ? recording->gpu->index() : -1;
}

// Compiles a recording that was made with a previous one, and tries the program: `refusal` is why it
// may not be used, and null where there is a program.
void te_program_new(const Recording* recording, const double* slots, size_t n, Program** out,
                    char** refusal, char** error) {
  *out = nullptr;
  *refusal = nullptr;
  guarded(error, [&] {
    auto program = std::make_unique<Program>(*recording);
    *refusal = reason(program->verify(*recording, std::vector<double>(slots, slots + n)));
    if (*refusal == nullptr) *out = program.release();
  });
}

void te_program_free(Program* program) {
  delete program;
}

// 0 where the program is for this step, 1 where it is for another, 2 where it is for none any more.
void te_program_fit(const Program* program, const Tensor* const* arguments, size_t n, int* out,
                    char** error) {
  *out = 1;
  guarded(error, [&] { *out = static_cast<int>(program->fit(arguments, n)); });
}

// `results` has room for as many new tensors as the recorded step returned.
void te_program_take(Program* program, const Tensor* const* arguments, size_t n,
                     const double* slots, Tensor** results, char** error) {
  guarded(error, [&] { program->take(arguments, n, slots, results); });
}

// What lies around a CUDA graph of the step that was recorded last. `inputs` has room for as many new
// tensors as the step has arguments: those to capture it with.
void te_captured_new(const Recording* recording, Captured** out, Tensor** inputs, char** error) {
  *out = nullptr;
  guarded(error, [&] {
    auto captured = std::make_unique<Captured>(*recording);
    for (const auto& input : captured->inputs) *inputs++ = new Tensor(input);
    *out = captured.release();
  });
}

void te_captured_free(Captured* captured) {
  delete captured;
}

// The step was captured, with these results.
void te_captured_set(Captured* captured, const Tensor* const* results, size_t n, char** error) {
  guarded(error, [&] { captured->captured(list(results, n)); });
}

// The graph was launched once: `refusal` is why it may not be used, or null.
void te_captured_verify(Captured* captured, char** refusal, char** error) {
  *refusal = nullptr;
  guarded(error, [&] { *refusal = reason(captured->verify()); });
}

// It was not captured.
void te_captured_forget(Captured* captured, char** error) {
  guarded(error, [&] { captured->forget(); });
}

// As `te_program_fit`.
void te_captured_fit(const Captured* captured, const Tensor* const* arguments, size_t n, int* out,
                     char** error) {
  *out = 1;
  guarded(error, [&] { *out = static_cast<int>(captured->fit(arguments, n)); });
}

// Before a launch, with arguments that fit.
void te_captured_bind(Captured* captured, const Tensor* const* arguments, size_t n, char** error) {
  guarded(error, [&] { captured->bind(arguments, n); });
}

// After a launch; `results` as for `te_program_take`.
void te_captured_take(Captured* captured, Tensor** results, char** error) {
  guarded(error, [&] { captured->take(results); });
}

} // extern "C"
