#include "isoscan/domain/restorer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/transport/nn/adam.hpp"
#include "isoscan/transport/nn/network.hpp"
#include "isoscan/transport/nn/threads.hpp"

#include "whitening.hpp"

namespace isoscan::domain {

namespace {

using core::Error;
using core::ErrorKind;
using transport::nn::Network;

constexpr std::int64_t kLeastRows = 100;
constexpr int kShards = 4;  // of a batch, whatever the thread count: the same sums, the same bits
constexpr int kLogEvery = 100;
constexpr double kSmoothLoss = 0.99;
constexpr std::int64_t kBlock = 4096;

transport::NetworkOptions network_options(const std::vector<int>& hidden) {
  transport::NetworkOptions options;
  options.hidden.assign(hidden.begin(), hidden.end());
  options.activation = transport::Activation::Silu;
  options.residual = true;
  return options;
}

/// The averaged network with the whitening folded into its first layer.
Restorer folded(const Network& network, const at::Tensor& parameters, const Whitening& w,
                const RestorerOptions& options) {
  at::Tensor flat = parameters.clone();
  const transport::nn::MatrixPlace first = network.matrices().front();  // (in, out)
  at::Tensor weights =
      flat.narrow(0, first.offset, first.rows * first.columns).view({first.rows, first.columns});
  weights.copy_(w.matrix.matmul(weights.to(at::kDouble)).to(at::kFloat));
  Restorer out;
  out.dims = static_cast<int>(network.in());
  out.hidden = options.hidden;
  const auto doubles = [](const at::Tensor& t) {
    const at::Tensor plain = t.to(at::kDouble).contiguous();
    return std::vector<double>(plain.data_ptr<double>(), plain.data_ptr<double>() + plain.numel());
  };
  out.row_mean = doubles(w.mean);
  out.row_scale = doubles(w.scale);
  out.parameters.assign(flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel());
  return out;
}

struct Shard {
  at::Tensor rows, targets, gradient;
  transport::nn::Pass pass;
  double loss = 0.0;
};

}  // namespace

std::string RestorerOptions::problem() const {
  if (hidden.empty()) return "restorer.hidden is empty: at least one layer is needed";
  for (const int width : hidden) {
    if (width < 1 || width > 4096) return "restorer.hidden: widths must lie in 1..4096";
  }
  if (steps < 1 || steps > 10'000'000) return "restorer.steps must lie in 1..10000000";
  if (batch < kShards || batch > 1'048'576) return "restorer.batch must lie in 4..1048576";
  if (!(rate > 0.0 && rate < 1.0)) return "restorer.rate must lie in 0..1";
  if (basis_every < 0 || basis_every > 100'000) return "restorer.basis_every must lie in 0..100000";
  if (!(average >= 0.0 && average < 1.0)) return "restorer.average must lie in 0..1, below 1";
  return {};
}

RestorerFit fit_restorer(std::vector<float>& rows, const std::vector<float>& targets, int dims,
                         const RestorerOptions& options, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw Error(ErrorKind::Config, problem);
  transport::use_torch_threads();
  const auto count = static_cast<std::int64_t>(targets.size());
  if (dims < 1 || rows.size() != targets.size() * static_cast<std::size_t>(dims))
    throw Error(ErrorKind::Internal, "restorer: rows and targets do not belong together");
  if (count < kLeastRows) throw Error(ErrorKind::Input, "too few voxels to learn a restorer from");
  const c10::InferenceMode no_graph;
  const at::Tensor x = at::from_blob(rows.data(), {count, dims}, at::kFloat);
  const at::Tensor y = at::from_blob(const_cast<float*>(targets.data()), {count}, at::kFloat);
  const double mean = y.to(at::kDouble).mean().item<double>();
  const double sd = std::max(1e-9, y.to(at::kDouble).std().item<double>());
  // Number by number: a sum in double precision would copy all rows, twice as large.
  const bool finite = std::all_of(rows.begin(), rows.end(), [](float v) { return std::isfinite(v); });
  if (!finite || !std::isfinite(mean) || !std::isfinite(sd))
    throw Error(ErrorKind::Numeric, "restorer: a voxel to learn from is not finite");
  const Whitening white = whitening_of({x});
  whiten(x, white, context.threads);

  core::Random random(context.seed, "restorer.weights");
  Network network(dims, 1, network_options(options.hidden), random);
  transport::AdamOptions adam_options;
  adam_options.rate = options.rate;
  adam_options.beta1 = 0.9;
  adam_options.beta2 = 0.99;
  adam_options.basis_every = options.basis_every;
  transport::nn::Adam adam(adam_options, network.parameter_count(), network.matrices());
  const std::int64_t part = options.batch / kShards;
  std::vector<Shard> shards(kShards);
  for (Shard& s : shards) {
    s.rows = at::empty({part, dims}, at::kFloat);
    s.targets = at::empty({part, 1}, at::kFloat);
    s.gradient = at::zeros({network.parameter_count()}, at::kFloat);
  }
  at::Tensor averaged = network.parameters().clone();
  core::Random pick(context.seed, "restorer.batches");
  RestorerFit fit;
  double smooth = 1.0;
  for (int step = 0; step < options.steps; ++step) {
    context.check_stop();
    for (Shard& s : shards) {
      for (std::int64_t b = 0; b < part; ++b) {
        const std::uint64_t from = pick.below(static_cast<std::uint64_t>(count));
        std::memcpy(s.rows.data_ptr<float>() + b * dims, rows.data() + from * static_cast<std::size_t>(dims),
                    static_cast<std::size_t>(dims) * sizeof(float));
        s.targets.data_ptr<float>()[b] = static_cast<float>((static_cast<double>(targets[from]) - mean) / sd);
      }
    }
    core::parallel_for(kShards, context.threads, [&](std::int64_t begin, std::int64_t end) {
      const c10::InferenceMode no_graph_here;
      for (std::int64_t n = begin; n < end; ++n) {
        Shard& s = shards[static_cast<std::size_t>(n)];
        network.forward(s.rows, s.pass);
        const at::Tensor error = s.pass.output - s.targets;
        s.loss = error.square().mean().item<double>();
        network.backward(s.pass, error * (2.0 / static_cast<double>(part * kShards)), {}, s.gradient,
                         nullptr);
      }
    });
    double loss = 0.0;
    for (std::size_t n = 0; n < shards.size(); ++n) {
      loss += shards[n].loss / kShards;
      if (n > 0) shards.front().gradient.add_(shards[n].gradient);
    }
    if (!std::isfinite(loss) || loss > 1e6)
      throw Error(ErrorKind::Numeric, "training of the restorer ran away: try a smaller rate");
    const double progress = static_cast<double>(step) / options.steps;
    adam.step(network.parameters(), shards.front().gradient, progress, context.threads);
    // The average begins with what there is: with a decay of .998 the first steps would weigh in a short run.
    const double keep = std::min(options.average, static_cast<double>(step) / (step + 10.0));
    averaged.mul_(keep).add_(network.parameters(), 1.0 - keep);
    smooth = step == 0 ? loss : kSmoothLoss * smooth + (1.0 - kSmoothLoss) * loss;
    if (step % kLogEvery == 0 || step + 1 == options.steps) {
      fit.logged_steps.push_back(step);
      fit.loss.push_back(smooth);
      context.progress.report(progress);
    }
  }
  fit.restorer = folded(network, averaged, white, options);
  fit.restorer.mean = mean;
  fit.restorer.scale = sd;
  return fit;
}

struct RestorerFunction::State {
  Network network;
  int dims;
  float mean, scale;
};

RestorerFunction::RestorerFunction(const Restorer& restorer) {
  transport::use_torch_threads();
  const c10::InferenceMode no_graph;
  core::Random random(0, "restorer.shape");
  Network shape(restorer.dims, 1, network_options(restorer.hidden), random);
  if (shape.parameter_count() != static_cast<std::int64_t>(restorer.parameters.size()))
    throw Error(ErrorKind::Input, "the restorer's parameters do not fit its layers");
  const auto flat = at::tensor(at::ArrayRef<float>(restorer.parameters));
  Network network = shape.with_parameters(flat);
  std::vector<float> scale(restorer.row_scale.begin(), restorer.row_scale.end());
  std::vector<float> offset;
  for (std::size_t d = 0; d < scale.size(); ++d)
    offset.push_back(static_cast<float>(-restorer.row_mean[d] * restorer.row_scale[d]));
  network.set_input_scale(at::tensor(at::ArrayRef<float>(scale)), at::tensor(at::ArrayRef<float>(offset)));
  state_ = std::make_unique<State>(State{std::move(network), restorer.dims, static_cast<float>(restorer.mean),
                                         static_cast<float>(restorer.scale)});
}

RestorerFunction::~RestorerFunction() = default;
RestorerFunction::RestorerFunction(RestorerFunction&&) noexcept = default;
RestorerFunction& RestorerFunction::operator=(RestorerFunction&&) noexcept = default;

void RestorerFunction::operator()(const float* rows, std::int64_t count, float* out) const {
  const c10::InferenceMode no_graph;
  transport::nn::Pass pass;
  for (std::int64_t first = 0; first < count; first += kBlock) {
    const std::int64_t number = std::min(kBlock, count - first);
    const at::Tensor x =
        at::from_blob(const_cast<float*>(rows + first * state_->dims), {number, state_->dims}, at::kFloat);
    state_->network.forward(x, pass);
    const float* answer = pass.output.data_ptr<float>();
    for (std::int64_t n = 0; n < number; ++n) out[first + n] = state_->mean + state_->scale * answer[n];
  }
}

}  // namespace isoscan::domain
