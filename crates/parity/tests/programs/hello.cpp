// A program of libtorch's own language: ones, times its argument.

#include <ATen/ATen.h>

#include <cstdlib>

int main(int, char** words) {
  double factor = std::atof(words[1]);
  at::Tensor x = at::ones({3});
  at::Tensor y = x.mul(factor);
  return y.sum().item<double>() > 0 ? 0 : 1;
}
