// The loops of loops.rs on libtorch's C++ interface, with the same bits but for Adam's, whose C++ has other arithmetic
// than Python's. Where C++ has nothing that draws as Python's loader does, it is written out. Takes `--serve` and
// `--run` as loops.rs does, with `eager` for a way.

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>

using torch::Tensor;
using Take = std::function<Tensor()>;
using Loss = std::function<Tensor(const Tensor&, const Tensor&)>;

namespace {

std::pair<Tensor, Tensor> line() {
  const auto x = torch::arange(0.0, 1.0, 0.025).unsqueeze(1);
  return {x, x * 0.7 + 0.3};
}

Take two_parameters() {
  const auto [x, y] = line();
  const auto weight = torch::randn({1}).requires_grad_(), bias = torch::randn({1}).requires_grad_();
  auto optimizer = std::make_shared<torch::optim::SGD>(std::vector<Tensor>{weight, bias}, 0.001);
  return [=, x = x, y = y] {
    const auto loss = torch::l1_loss(weight * x + bias, y);
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
    return loss;
  };
}

template <typename Model>
Take fixed(Model model, Loss loss_of, double lr, Tensor x, Tensor y) {
  auto optimizer = std::make_shared<torch::optim::SGD>(model->parameters(), lr);
  return [=]() mutable {
    const auto loss = loss_of(model->forward(x), y);
    optimizer->zero_grad();
    loss.backward();
    optimizer->step();
    return loss;
  };
}

Take two_layers() {
  // In braces, arguments are made from left to right, and with them the weights drawn.
  torch::nn::Sequential model{torch::nn::Linear(1, 10), torch::nn::ReLU(), torch::nn::Linear(10, 1)};
  const auto [x, y] = line();
  return fixed(model, [](const auto& a, const auto& b) { return torch::l1_loss(a, b); }, 0.001, x, y);
}

Take step_of(int64_t rows, int64_t features) {
  const auto x = torch::randn({rows, features}), y = torch::randn({rows, 1});
  torch::nn::Linear model(features, 1);
  return fixed(model, [](const auto& a, const auto& b) { return torch::mse_loss(a, b); }, 1e-3, x, y);
}

int64_t draw_int64() {
  return torch::empty({}, torch::kInt64).random_().item<int64_t>();
}

// An epoch's batches, drawn as Python's loader draws them.
template <typename Body>
void batches(const Tensor& x, const Tensor& y, int64_t size, Body body) {
  draw_int64();
  auto generator = at::detail::createCPUGenerator(static_cast<uint64_t>(draw_int64()));
  const int64_t n = x.size(0);
  const auto order = torch::randperm(n, generator);
  for (int64_t start = 0; start < n; start += size) {
    const auto rows = order.narrow(0, start, std::min(size, n - start));
    body(x.index_select(0, rows), y.index_select(0, rows));
  }
  // A sampler that is asked for more rows than there are draws another order.
  torch::randperm(n, generator);
}

template <typename Model, typename Optimizer>
Take epochs(Model model, std::shared_ptr<Optimizer> optimizer, Loss loss_of, Tensor x, Tensor y, int64_t size) {
  return [=]() mutable {
    Tensor loss;
    batches(x, y, size, [&](const Tensor& x, const Tensor& y) {
      loss = loss_of(model->forward(x), y);
      loss.backward();
      optimizer->step();
      optimizer->zero_grad();
    });
    return loss;
  };
}

Take fit() {
  const auto x = torch::randn({15, 3}), y = torch::randn({15, 2});
  torch::nn::Linear model(3, 2);
  auto optimizer = std::make_shared<torch::optim::SGD>(model->parameters(), 1e-5);
  return epochs(model, optimizer, [](const auto& a, const auto& b) { return torch::mse_loss(a, b); }, x, y, 5);
}

Take classifier() {
  const auto x = torch::randn({320, 20}), y = torch::randint(4, {320}, torch::kInt64);
  using torch::nn::Linear;
  torch::nn::Sequential model{Linear(20, 64), torch::nn::ReLU(), Linear(64, 64), torch::nn::ReLU(), Linear(64, 4)};
  auto optimizer = std::make_shared<torch::optim::Adam>(model->parameters(), 1e-3);
  const auto loss_of = [](const auto& a, const auto& b) { return torch::nn::functional::cross_entropy(a, b); };
  return epochs(model, optimizer, loss_of, x, y, 32);
}

Take loader() {
  const auto x = torch::randn({1024, 20}), y = torch::randn({1024, 1});
  return [=] {
    Tensor last;
    batches(x, y, 32, [&](const Tensor&, const Tensor& y) { last = y; });
    return last[0][0];
  };
}

Take make(const std::string& name) {
  torch::manual_seed(42);
  if (name == "two_parameters") return two_parameters();
  if (name == "two_layers") return two_layers();
  if (name == "fit") return fit();
  if (name == "classifier") return classifier();
  if (name == "loader") return loader();
  long rows = 0, features = 0;
  TORCH_CHECK(std::sscanf(name.c_str(), "step:%ldx%ld", &rows, &features) == 2, "no loop is named ", name);
  return step_of(rows, features);
}

void take(const Take& one, long times) {
  Tensor last;
  const auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < times; ++i) last = one();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const float loss = last.item<float>();
  uint32_t bits = 0;
  std::memcpy(&bits, &loss, sizeof(bits));
  std::printf("{\"seconds\": %.9e, \"loss\": \"%08x\"}\n", seconds.count(), bits);
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == "--run") {
    take(make(argv[2]), std::stol(argv[4]));
    return 0;
  }
  std::map<std::string, Take> all;
  std::string line, name, way;
  while (std::getline(std::cin, line)) {
    long times = 0;
    std::istringstream(line) >> name >> way >> times;
    if (!all.count(name)) all[name] = make(name);
    take(all[name], times);
  }
}
