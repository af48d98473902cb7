// A fitted shared restorer at work: statistics of a site to its vector, and the vector to a restorer.
#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/domain/shared_refinement.hpp"
#include "isoscan/domain/shared_restorer.hpp"

#include "shared_network.hpp"

namespace isoscan::domain {

namespace {

using core::Error;
using core::ErrorKind;

constexpr int kNullDraws = 100;

/// The mean over the scans, each standardised.
at::Tensor mean_statistics(const SharedRestorer& shared, const std::vector<std::vector<double>>& scans) {
  if (scans.empty()) throw Error(ErrorKind::Input, "no scan to tell the site by");
  at::Tensor sum = at::zeros({static_cast<std::int64_t>(shared.reference.size())}, at::kFloat);
  for (const std::vector<double>& scan : scans)
    sum.add_(standardised(shared, scan), 1.0 / static_cast<double>(scans.size()));
  return sum;
}

}  // namespace

std::vector<float> standardised_statistics(const SharedRestorer& shared, const std::vector<double>& scan) {
  const at::Tensor values = standardised(shared, scan);
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

std::vector<float> site_code(const SharedRestorer& shared, const std::vector<std::vector<double>>& scans) {
  const c10::InferenceMode no_graph;
  const SharedNetwork network = network_of(shared);
  const at::Tensor code =
      network.codes(network.put_together(shared), mean_statistics(shared, scans).unsqueeze(0)).contiguous();
  return {code.data_ptr<float>(), code.data_ptr<float>() + code.numel()};
}

std::vector<float> vector_of_code(const SharedRestorer& shared, const std::vector<float>& code) {
  const std::size_t numbers = shared.numbers();
  if (code.empty() || code.size() * numbers != shared.directions.size())
    throw Error(ErrorKind::Input,
                "the site's code holds " + std::to_string(code.size()) +
                    " numbers where the shared restorer reads " +
                    std::to_string(shared.directions.size() / std::max<std::size_t>(1, numbers)));
  std::vector<double> sums(numbers, 0.0);
  for (std::size_t c = 0; c < code.size(); ++c) {
    const float* direction = shared.directions.data() + c * numbers;
    for (std::size_t n = 0; n < numbers; ++n)
      sums[n] += static_cast<double>(code[c]) * static_cast<double>(direction[n]);
  }
  return {sums.begin(), sums.end()};
}

std::vector<float> site_vector(const SharedRestorer& shared, const std::vector<std::vector<double>>& scans) {
  return vector_of_code(shared, site_code(shared, scans));
}

SiteDistance site_distance(const SharedRestorer& shared, const std::vector<std::vector<double>>& scans) {
  const c10::InferenceMode no_graph;
  const at::Tensor e = mean_statistics(shared, scans).to(at::kDouble);
  const std::int64_t s = e.numel();
  const at::Tensor factor =
      at::from_blob(const_cast<double*>(shared.known_factor.data()), {s, s}, at::kDouble);
  SiteDistance out;
  out.distance = factor.mv(e).norm().item<double>();
  const auto nearer =
      std::lower_bound(shared.known_distances.begin(), shared.known_distances.end(), out.distance);
  out.share_nearer = static_cast<double>(nearer - shared.known_distances.begin()) /
                     static_cast<double>(std::max<std::size_t>(1, shared.known_distances.size()));
  return out;
}

double distance_between(const SharedRestorer& shared, const std::vector<std::vector<double>>& scans,
                        const std::vector<std::vector<double>>& others) {
  const c10::InferenceMode no_graph;
  const at::Tensor difference =
      (mean_statistics(shared, scans) - mean_statistics(shared, others)).to(at::kDouble);
  const std::int64_t s = difference.numel();
  const at::Tensor factor =
      at::from_blob(const_cast<double*>(shared.known_factor.data()), {s, s}, at::kDouble);
  return factor.mv(difference).norm().item<double>();
}

std::vector<double> null_site_distances(const SharedRestorer& shared, std::size_t scans, std::uint64_t seed) {
  const c10::InferenceMode no_graph;
  const auto s = static_cast<std::int64_t>(shared.reference.size());
  const auto people = static_cast<std::int64_t>(shared.people.size()) / s;
  if (people < 4) return {};
  const auto part = std::clamp<std::int64_t>(static_cast<std::int64_t>(scans), 1, people / 4);
  const at::Tensor rows =
      at::from_blob(const_cast<float*>(shared.people.data()), {people, s}, at::kFloat).to(at::kDouble);
  const at::Tensor factor =
      at::from_blob(const_cast<double*>(shared.known_factor.data()), {s, s}, at::kDouble);
  core::Random random(seed, "shared restorer.null");
  std::vector<std::int64_t> order(static_cast<std::size_t>(people));
  for (std::size_t n = 0; n < order.size(); ++n) order[n] = static_cast<std::int64_t>(n);
  std::vector<double> distances;
  for (int draw = 0; draw < kNullDraws; ++draw) {
    for (std::size_t n = order.size(); n > 1; --n) std::swap(order[n - 1], order[random.below(n)]);
    const at::Tensor shuffled = rows.index_select(0, at::tensor(at::ArrayRef<std::int64_t>(order)));
    const at::Tensor difference =
        shuffled.narrow(0, 0, part).mean(0) - shuffled.narrow(0, part, people - part).mean(0);
    distances.push_back(factor.mv(difference).norm().item<double>());
  }
  std::sort(distances.begin(), distances.end());
  return distances;
}

std::vector<std::size_t> nearest_made(const SharedRestorer& shared,
                                      const std::vector<std::vector<double>>& scans) {
  const c10::InferenceMode no_graph;
  const auto s = static_cast<std::int64_t>(shared.reference.size());
  const auto count = static_cast<std::int64_t>(shared.made_statistics.size()) / s;
  std::vector<std::size_t> order(static_cast<std::size_t>(count));
  for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
  if (count == 0) return order;
  const at::Tensor factor =
      at::from_blob(const_cast<double*>(shared.known_factor.data()), {s, s}, at::kDouble);
  const at::Tensor made =
      at::from_blob(const_cast<float*>(shared.made_statistics.data()), {count, s}, at::kFloat);
  const at::Tensor far = (made - mean_statistics(shared, scans).unsqueeze(0))
                             .to(at::kDouble)
                             .matmul(factor.t())
                             .square()
                             .sum(1)
                             .contiguous();
  const double* squares = far.data_ptr<double>();
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return squares[a] < squares[b]; });
  return order;
}

Restorer restorer_of(const SharedRestorer& shared, const std::vector<float>& site_vector) {
  const c10::InferenceMode no_graph;
  if (!site_vector.empty() && site_vector.size() != shared.numbers())
    throw Error(ErrorKind::Input, "the site's vector holds " + std::to_string(site_vector.size()) +
                                      " numbers where the shared restorer reads " +
                                      std::to_string(shared.numbers()));
  Restorer out;
  out.dims = shared.dims;
  out.hidden = shared.hidden;
  out.row_mean = shared.row_mean;
  out.row_scale = shared.row_scale;
  out.scale = shared.scale;
  Perceptron layers;
  layers.widths.push_back(shared.dims);
  layers.widths.insert(layers.widths.end(), shared.hidden.begin(), shared.hidden.end());
  layers.widths.push_back(1);
  const at::Tensor flat = at::from_blob(const_cast<float*>(shared.parameters.data()),
                                        {static_cast<std::int64_t>(shared.parameters.size())}, at::kFloat)
                              .to(at::kDouble);
  std::size_t place = 0;
  for (const transport::nn::MatrixPlace& m : layers.matrices()) {
    at::Tensor weight = flat.narrow(0, m.offset, m.rows * m.columns).view({m.rows, m.columns});
    at::Tensor bias = flat.narrow(0, m.offset + m.rows * m.columns, m.columns);
    if (!site_vector.empty()) {
      const auto part = [&](std::size_t from) {
        return at::from_blob(const_cast<float*>(site_vector.data() + from), {m.rows}, at::kFloat)
            .to(at::kDouble);
      };
      bias = bias + part(place + static_cast<std::size_t>(m.rows)).matmul(weight);
      weight = (1.0 + part(place)).unsqueeze(1) * weight;
      place += 2 * static_cast<std::size_t>(m.rows);
    }
    if (m.offset == 0) {  // reads rows that were only scaled
      const at::Tensor turn =
          at::from_blob(const_cast<float*>(shared.turn.data()), {m.rows, m.rows}, at::kFloat).to(at::kDouble);
      weight = turn.matmul(weight);
    }
    for (const at::Tensor& t : {weight, bias}) {
      const at::Tensor plain = t.to(at::kFloat).contiguous();
      out.parameters.insert(out.parameters.end(), plain.data_ptr<float>(),
                            plain.data_ptr<float>() + plain.numel());
    }
  }
  return out;
}

}  // namespace isoscan::domain
