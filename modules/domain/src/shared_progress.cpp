#include "shared_progress.hpp"

#include <ATen/ATen.h>

#include "isoscan/core/error.hpp"

namespace isoscan::domain {

namespace {

using core::Error;
using core::ErrorKind;

constexpr const char* kKind = "isoscan shared restorer checkpoint 1";

void put(core::TensorFile& file, const std::string& name, const at::Tensor& tensor) {
  const at::Tensor plain = tensor.contiguous();
  file.tensors[name] = core::Tensor::of(
      {plain.numel()}, std::vector<float>(plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel()));
}

/// A copy, of as many numbers as `like`.
at::Tensor get(const core::TensorFile& file, const std::string& name, const at::Tensor& like) {
  const core::Tensor& tensor = file.at(name);
  if (tensor.dtype != core::DType::F32 || tensor.count() != like.numel())
    throw Error(ErrorKind::Input, "the checkpoint's \"" + name + "\" does not fit the restorer");
  const std::vector<float> values = tensor.floats();
  return at::from_blob(const_cast<float*>(values.data()), {like.numel()}, at::kFloat).clone();
}

}  // namespace

core::TensorFile checkpoint_of(const SharedProgress& at, const SharedRestorerFit& fit,
                               const transport::nn::Adam& adam) {
  core::TensorFile file;
  file.metadata["kind"] = kKind;
  const core::Random::State pick = at.pick.state();
  for (std::size_t n = 0; n < pick.size(); ++n)
    file.metadata["pick" + std::to_string(n)] = std::to_string(pick[n]);
  put(file, "parameters", at.parameters);
  put(file, "averaged", at.averaged);
  put(file, "best", at.best);
  const auto list = [&](const char* name, std::vector<double> values) {
    file.tensors[name] = core::Tensor::of({static_cast<std::int64_t>(values.size())}, values);
  };
  list("numbers", {static_cast<double>(at.steps), at.best_db, static_cast<double>(fit.best_step)});
  list("judged_steps", {fit.judged_steps.begin(), fit.judged_steps.end()});
  list("held_out_db", fit.held_out_db);
  adam.save("adam", file);
  return file;
}

void restore(SharedProgress& at, SharedRestorerFit& fit, transport::nn::Adam& adam,
             const core::TensorFile& file) {
  const auto kind = file.metadata.find("kind");
  if (kind == file.metadata.end() || kind->second != kKind)
    throw Error(ErrorKind::Input, "this is no checkpoint of a shared restorer's training");
  core::Random::State pick{};
  for (std::size_t n = 0; n < pick.size(); ++n) {
    const auto found = file.metadata.find("pick" + std::to_string(n));
    if (found == file.metadata.end())
      throw Error(ErrorKind::Input, "the checkpoint does not say where the batches are");
    pick[n] = std::stoull(found->second);
  }
  const std::vector<double> numbers = file.at("numbers").doubles();
  const std::vector<double> steps = file.at("judged_steps").doubles();
  fit.held_out_db = file.at("held_out_db").doubles();
  if (numbers.size() != 3 || steps.size() != fit.held_out_db.size())
    throw Error(ErrorKind::Input, "the checkpoint's numbers do not fit together");
  at.parameters = get(file, "parameters", at.parameters);
  at.averaged = get(file, "averaged", at.averaged);
  at.best = get(file, "best", at.best);
  adam.restore("adam", file);
  at.pick.restore(pick);
  at.steps = static_cast<int>(numbers[0]);
  at.best_db = numbers[1];
  fit.best_step = static_cast<int>(numbers[2]);
  fit.judged_steps.assign(steps.begin(), steps.end());
}

}  // namespace isoscan::domain
