#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/evaluate/classifier.hpp"

namespace isoscan::evaluate {

namespace {

using Bins = std::vector<std::uint8_t>;  ///< rows x columns

/// Upper edges of the bins of one column; the last bin has none.
std::vector<float> edges_of(const quality::Samples& rows, std::size_t column, int bins) {
  std::vector<float> values;
  const std::size_t step = std::max<std::size_t>(1, rows.rows() / 20000);
  for (std::size_t n = 0; n < rows.rows(); n += step) values.push_back(rows.row(n)[column]);
  std::sort(values.begin(), values.end());
  std::vector<float> edges;
  for (int b = 1; b < bins; ++b) {
    const float edge = values[values.size() * static_cast<std::size_t>(b) / static_cast<std::size_t>(bins)];
    if (edges.empty() || edge > edges.back()) edges.push_back(edge);
  }
  return edges;
}

struct Data {
  std::size_t columns = 0;
  std::vector<std::vector<float>> edges;
  Bins bins;
  const std::vector<std::uint8_t>* labels = nullptr;
};

Data binned(const quality::Samples& rows, const std::vector<std::uint8_t>& labels, int bins) {
  Data data{rows.dimensions, {}, Bins(rows.rows() * rows.dimensions), &labels};
  for (std::size_t c = 0; c < data.columns; ++c) {
    data.edges.push_back(edges_of(rows, c, bins));
    const auto& edges = data.edges.back();
    for (std::size_t n = 0; n < rows.rows(); ++n) {
      const auto at = std::lower_bound(edges.begin(), edges.end(), rows.row(n)[c]);
      data.bins[n * data.columns + c] = static_cast<std::uint8_t>(at - edges.begin());
    }
  }
  return data;
}

struct Split {
  int column = -1;
  int bin = 0;  ///< the last that goes left
  double gain = 1e-9;
};

/// Rows times Gini impurity / 2 of a node with `ones` of `all`.
double impurity(double ones, double all) {
  return all > 0.0 ? ones * (all - ones) / all : 0.0;
}

Split best_split(const Data& data, const std::vector<std::uint32_t>& rows, const ForestOptions& options,
                 core::Random& random) {
  Split best;
  const auto tries = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(data.columns))));
  std::vector<std::size_t> columns(data.columns);
  std::iota(columns.begin(), columns.end(), 0U);
  for (std::size_t t = 0; t < tries; ++t) {
    std::swap(columns[t], columns[t + random.below(columns.size() - t)]);
    const std::size_t c = columns[t];
    std::vector<double> all(data.edges[c].size() + 1, 0.0);
    std::vector<double> ones(all.size(), 0.0);
    for (const std::uint32_t n : rows) {
      const std::uint8_t b = data.bins[n * data.columns + c];
      all[b] += 1.0;
      ones[b] += (*data.labels)[n];
    }
    const double total = static_cast<double>(rows.size());
    const double total_ones = std::accumulate(ones.begin(), ones.end(), 0.0);
    double left = 0.0;
    double left_ones = 0.0;
    for (std::size_t b = 0; b + 1 < all.size(); ++b) {
      left += all[b];
      left_ones += ones[b];
      if (left < options.least_rows || total - left < options.least_rows) continue;
      const double gain = impurity(total_ones, total) - impurity(left_ones, left) -
                          impurity(total_ones - left_ones, total - left);
      if (gain > best.gain) best = {static_cast<int>(c), static_cast<int>(b), gain};
    }
  }
  return best;
}

}  // namespace

std::string ForestOptions::problem() const {
  if (trees < 1 || trees > 1000) return "trees must lie in 1..1000";
  if (depth < 1 || depth > 20) return "depth must lie in 1..20";
  if (bins < 2 || bins > 255) return "bins must lie in 2..255";
  if (least_rows < 1) return "least_rows must be at least 1";
  return {};
}

Forest::Forest(const quality::Samples& rows, const std::vector<std::uint8_t>& labels,
               const ForestOptions& options, std::uint64_t seed, const core::Context& context) {
  if (const std::string problem = options.problem(); !problem.empty())
    throw core::Error(core::ErrorKind::Config, "forest: " + problem);
  const auto ones = std::count(labels.begin(), labels.end(), 1);
  if (labels.size() != rows.rows() || ones == 0 || static_cast<std::size_t>(ones) == labels.size())
    throw core::Error(core::ErrorKind::Input, "a classifier needs rows of two sites, each with its label");
  const Data data = binned(rows, labels, options.bins);
  trees_.resize(static_cast<std::size_t>(options.trees));
  core::parallel_for(options.trees, context.threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = begin; t < end; ++t) {
      context.check_stop();
      core::Random random(seed, "tree " + std::to_string(t));
      std::vector<Node>& tree = trees_[static_cast<std::size_t>(t)];
      struct Open {
        std::size_t node;
        int depth;
        std::vector<std::uint32_t> rows;
      };
      std::vector<std::uint32_t> drawn(rows.rows());
      for (auto& n : drawn) n = static_cast<std::uint32_t>(random.below(rows.rows()));
      tree.push_back({});
      std::vector<Open> open{{0, 0, std::move(drawn)}};
      while (!open.empty()) {
        const Open now = std::move(open.back());
        open.pop_back();
        double share = 0.0;
        for (const std::uint32_t n : now.rows) share += labels[n];
        tree[now.node].share = static_cast<float>(share / static_cast<double>(now.rows.size()));
        if (now.depth >= options.depth) continue;
        const Split split = best_split(data, now.rows, options, random);
        if (split.column < 0) continue;
        const auto c = static_cast<std::size_t>(split.column);
        const auto left = static_cast<std::int32_t>(tree.size());
        tree[now.node].column = split.column;
        tree[now.node].threshold = data.edges[c][static_cast<std::size_t>(split.bin)];
        tree[now.node].left = left;
        tree.resize(tree.size() + 2);
        Open low{static_cast<std::size_t>(left), now.depth + 1, {}};
        Open high{static_cast<std::size_t>(left) + 1, now.depth + 1, {}};
        for (const std::uint32_t n : now.rows)
          (data.bins[n * data.columns + c] <= split.bin ? low : high).rows.push_back(n);
        open.push_back(std::move(low));
        open.push_back(std::move(high));
      }
    }
  });
}

double Forest::probability(const float* row) const {
  double sum = 0.0;
  for (const auto& tree : trees_) {
    std::size_t n = 0;
    while (tree[n].column >= 0) {
      const bool high = row[tree[n].column] > tree[n].threshold;
      n = static_cast<std::size_t>(tree[n].left) + (high ? 1 : 0);
    }
    sum += tree[n].share;
  }
  return sum / static_cast<double>(trees_.size());
}

}  // namespace isoscan::evaluate
