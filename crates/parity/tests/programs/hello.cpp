// A program of libtorch's own language, and a library: ones, times its argument.

#include <ATen/ATen.h>

#include <cstdlib>

extern "C" int compute(const char* word) {
  double factor = std::atof(word);
  at::Tensor x = at::ones({3});
  at::Tensor y = x.mul(factor);
  return y.sum().item<double>() > 0 ? 0 : 1;
}

int main(int, char** words) {
  return compute(words[1]);
}
