#include "shared_network.hpp"

#include <algorithm>
#include <cmath>

#include <c10/core/InferenceMode.h>

#include "isoscan/core/error.hpp"
#include "isoscan/transport/nn/threads.hpp"

namespace isoscan::domain {

namespace {

constexpr double kMostSpreads = 5.0;

std::vector<std::int64_t> widths_of(std::int64_t in, const std::vector<int>& hidden, std::int64_t out) {
  std::vector<std::int64_t> widths{in};
  widths.insert(widths.end(), hidden.begin(), hidden.end());
  widths.push_back(out);
  return widths;
}

std::vector<float> floats_of(const at::Tensor& flat, std::int64_t first, std::int64_t count) {
  const at::Tensor part = flat.narrow(0, first, count).contiguous();
  return {part.data_ptr<float>(), part.data_ptr<float>() + count};
}

at::Tensor tensor_of(const std::vector<float>& values) {
  return at::from_blob(const_cast<float*>(values.data()), {static_cast<std::int64_t>(values.size())},
                       at::kFloat)
      .clone();
}

}  // namespace

std::int64_t Perceptron::count() const {
  std::int64_t sum = 0;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) sum += (widths[l] + 1) * widths[l + 1];
  return sum;
}

std::vector<transport::nn::MatrixPlace> Perceptron::matrices() const {
  std::vector<transport::nn::MatrixPlace> places;
  std::int64_t at = first;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    places.push_back({at, widths[l], widths[l + 1]});
    at += (widths[l] + 1) * widths[l + 1];
  }
  return places;
}

void Perceptron::start(at::Tensor& flat, core::Random& random) const {
  float* values = flat.data_ptr<float>();
  for (const transport::nn::MatrixPlace& m : matrices()) {
    const double fan = static_cast<double>(m.rows);
    for (std::int64_t n = 0; n < m.rows * m.columns; ++n)
      values[m.offset + n] = static_cast<float>(random.uniform(-std::sqrt(3.0 / fan), std::sqrt(3.0 / fan)));
    for (std::int64_t n = 0; n < m.columns; ++n)
      values[m.offset + m.rows * m.columns + n] =
          static_cast<float>(random.uniform(-1.0 / std::sqrt(fan), 1.0 / std::sqrt(fan)));
  }
}

SharedNetwork::SharedNetwork(int dims, const std::vector<int>& hidden, int statistics,
                             const std::vector<int>& hyper_hidden, int bottleneck)
    : bottleneck_(bottleneck) {
  restorer_.widths = widths_of(dims, hidden, 1);
  hyper_.widths = widths_of(statistics, hyper_hidden, bottleneck);
  hyper_.first = restorer_.count();
  directions_ = hyper_.first + hyper_.count();
  for (std::size_t l = 0; l + 1 < restorer_.widths.size(); ++l) numbers_ += 2 * restorer_.widths[l];
}

at::Tensor SharedNetwork::start(core::Random& random, double size) const {
  at::Tensor flat = at::zeros({directions_ + bottleneck_ * numbers_}, at::kFloat);
  restorer_.start(flat, random);
  hyper_.start(flat, random);
  float* values = flat.data_ptr<float>();
  for (std::int64_t n = 0; n < bottleneck_ * numbers_; ++n)
    values[directions_ + n] = static_cast<float>(size * random.normal());
  return flat;
}

std::vector<transport::nn::MatrixPlace> SharedNetwork::matrices() const {
  std::vector<transport::nn::MatrixPlace> places = restorer_.matrices();
  for (const transport::nn::MatrixPlace& m : hyper_.matrices()) places.push_back(m);
  places.push_back({directions_, bottleneck_, numbers_});
  return places;
}

at::Tensor SharedNetwork::codes(const at::Tensor& flat, const at::Tensor& statistics) const {
  const auto h = [&](at::Tensor x) {
    const std::vector<transport::nn::MatrixPlace> places = hyper_.matrices();
    for (std::size_t l = 0; l < places.size(); ++l) {
      const transport::nn::MatrixPlace& m = places[l];
      const at::Tensor y = at::addmm(flat.narrow(0, m.offset + m.rows * m.columns, m.columns), x,
                                     flat.narrow(0, m.offset, m.rows * m.columns).view({m.rows, m.columns}));
      if (l + 1 == places.size()) return y;
      x = m.rows == m.columns && l > 0 ? x + at::silu(y) : at::silu(y);
    }
    return x;
  };
  const at::Tensor both = h(at::cat({statistics, at::zeros_like(statistics)}));
  const at::Tensor difference =
      both.narrow(0, 0, statistics.size(0)) - both.narrow(0, statistics.size(0), statistics.size(0));
  // Products may round the same row differently by its place: what must be nothing is made nothing.
  const at::Tensor differs = statistics.ne(0).any(1, true).to(at::kFloat);
  return difference * differs;
}

at::Tensor SharedNetwork::site_vectors(const at::Tensor& flat, const at::Tensor& statistics) const {
  return codes(flat, statistics)
      .matmul(flat.narrow(0, directions_, bottleneck_ * numbers_).view({bottleneck_, numbers_}));
}

at::Tensor SharedNetwork::f(const at::Tensor& flat, const at::Tensor& rows, const at::Tensor& vectors,
                            std::int64_t each) const {
  at::Tensor x = rows;
  std::int64_t at = 0;
  const std::vector<transport::nn::MatrixPlace> places = restorer_.matrices();
  for (std::size_t l = 0; l < places.size(); ++l) {
    const transport::nn::MatrixPlace& m = places[l];
    at::Tensor in = x;
    if (vectors.defined()) {
      const at::Tensor scale = 1.0 + vectors.narrow(1, at, m.rows).unsqueeze(1);
      const at::Tensor shift = vectors.narrow(1, at + m.rows, m.rows).unsqueeze(1);
      in = (x.view({vectors.size(0), each, m.rows}) * scale + shift).view({-1, m.rows});
    }
    at += 2 * m.rows;
    const at::Tensor y = at::addmm(flat.narrow(0, m.offset + m.rows * m.columns, m.columns), in,
                                   flat.narrow(0, m.offset, m.rows * m.columns).view({m.rows, m.columns}));
    if (l + 1 == places.size()) return y.squeeze(1);
    x = m.rows == m.columns && l > 0 ? x + at::silu(y) : at::silu(y);
  }
  return x;
}

at::Tensor SharedNetwork::answers(const at::Tensor& flat, const at::Tensor& rows, const at::Tensor& vectors,
                                  std::int64_t each) const {
  return f(flat, rows, vectors, each) - f(flat, rows, {}, each);
}

at::Tensor SharedNetwork::f_and_slope(const at::Tensor& flat, const at::Tensor& rows,
                                      const at::Tensor& vector, at::Tensor* slope) const {
  const std::vector<transport::nn::MatrixPlace> places = restorer_.matrices();
  struct Layer {
    at::Tensor input, weight, scale, before;  ///< before the activation
    bool residual = false;
  };
  std::vector<Layer> layers(places.size());
  at::Tensor x = rows;
  std::int64_t at = 0;
  for (std::size_t l = 0; l < places.size(); ++l) {
    const transport::nn::MatrixPlace& m = places[l];
    Layer& layer = layers[l];
    layer.input = x;
    layer.weight = flat.narrow(0, m.offset, m.rows * m.columns).view({m.rows, m.columns});
    layer.residual = m.rows == m.columns && l > 0;
    at::Tensor in = x;
    if (vector.defined()) {
      layer.scale = 1.0 + vector.narrow(0, at, m.rows);
      in = x * layer.scale + vector.narrow(0, at + m.rows, m.rows);
    }
    at += 2 * m.rows;
    layer.before = at::addmm(flat.narrow(0, m.offset + m.rows * m.columns, m.columns), in, layer.weight);
    if (l + 1 < places.size()) x = layer.residual ? x + at::silu(layer.before) : at::silu(layer.before);
  }
  const at::Tensor answer = layers.back().before.squeeze(1);
  if (slope == nullptr) return answer;
  std::vector<at::Tensor> parts(layers.size());
  at::Tensor by_before = at::ones_like(layers.back().before);
  at::Tensor by_next;  // by what the layer after this one reads
  for (std::size_t l = layers.size(); l-- > 0;) {
    const Layer& layer = layers[l];
    const at::Tensor by_in = by_before.matmul(layer.weight.t());
    parts[l] = at::cat({by_in * layer.input, by_in}, 1);
    if (l == 0) break;
    at::Tensor by_input = layer.scale.defined() ? by_in * layer.scale : by_in;
    if (layer.residual && by_next.defined()) by_input = by_input + by_next;
    const at::Tensor s = at::sigmoid(layers[l - 1].before);
    by_before = by_input * (s * (1.0 + layers[l - 1].before * (1.0 - s)));
    by_next = by_input;
  }
  *slope = at::cat(parts, 1);
  return answer;
}

void SharedNetwork::take_apart(const at::Tensor& flat, SharedRestorer& to) const {
  to.parameters = floats_of(flat, restorer_.first, restorer_.count());
  to.hyper_parameters = floats_of(flat, hyper_.first, hyper_.count());
  to.directions = floats_of(flat, directions_, bottleneck_ * numbers_);
}

at::Tensor SharedNetwork::put_together(const SharedRestorer& from) const {
  const at::Tensor flat =
      at::cat({tensor_of(from.parameters), tensor_of(from.hyper_parameters), tensor_of(from.directions)});
  if (flat.numel() != directions_ + bottleneck_ * numbers_)
    throw core::Error(core::ErrorKind::Input, "the shared restorer's parameters do not fit its layers");
  return flat;
}

SharedNetwork network_of(const SharedRestorer& shared) {
  transport::use_torch_threads();
  const auto bottleneck =
      static_cast<int>(shared.directions.size() / std::max<std::size_t>(1, shared.numbers()));
  return {shared.dims, shared.hidden, static_cast<int>(shared.reference.size()), shared.hyper_hidden,
          bottleneck};
}

at::Tensor standardised(const SharedRestorer& shared, const std::vector<double>& statistics) {
  if (statistics.size() != shared.reference.size())
    throw core::Error(core::ErrorKind::Input,
                      "the shared restorer reads " + std::to_string(shared.reference.size()) +
                          " statistics of a scan where this version of Isoscan takes " +
                          std::to_string(statistics.size()) + ": make the reference package again");
  at::Tensor out = at::empty({static_cast<std::int64_t>(statistics.size())}, at::kFloat);
  for (std::size_t n = 0; n < statistics.size(); ++n) {
    const double z = (statistics[n] - shared.reference[n]) / shared.spread[n];
    out.data_ptr<float>()[n] = static_cast<float>(std::clamp(z, -kMostSpreads, kMostSpreads));
  }
  return out;
}

}  // namespace isoscan::domain
