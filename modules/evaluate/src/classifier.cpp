#include "isoscan/evaluate/classifier.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "isoscan/core/error.hpp"
#include "isoscan/core/random.hpp"

namespace isoscan::evaluate {

namespace {

using Matrix = std::vector<std::vector<double>>;

/// Solves the symmetric positive definite system in place (Cholesky).
std::vector<double> solve(Matrix a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k) a[j][j] -= a[j][k] * a[j][k];
    a[j][j] = std::sqrt(std::max(a[j][j], 1e-12));
    for (std::size_t i = j + 1; i < n; ++i) {
      for (std::size_t k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  return b;
}

void require_two(std::size_t reference, std::size_t site) {
  if (reference >= 2 && site >= 2) return;
  throw core::Error(core::ErrorKind::Input,
                    "a classifier needs at least two people of each site, there are " +
                        std::to_string(reference) + " and " + std::to_string(site));
}

/// Which fold each person is held out in: as many of each as can be.
std::vector<std::size_t> folds_of(std::size_t people, std::size_t folds, core::Random& random) {
  std::vector<std::size_t> fold(people);
  for (std::size_t n = 0; n < people; ++n) fold[n] = n % folds;
  for (std::size_t n = people; n > 1; --n) std::swap(fold[n - 1], fold[random.below(n)]);
  return fold;
}

void append(quality::Samples& to, std::vector<std::uint8_t>& labels, const quality::Samples& from,
            std::uint8_t label) {
  to.dimensions = from.dimensions;
  to.values.insert(to.values.end(), from.values.begin(), from.values.end());
  labels.insert(labels.end(), from.rows(), label);
}

}  // namespace

double area_under_curve(const std::vector<double>& reference, const std::vector<double>& site) {
  if (reference.empty() || site.empty())
    throw core::Error(core::ErrorKind::Input, "an area under a curve needs scores of two sites");
  double higher = 0.0;
  for (const double s : site) {
    for (const double r : reference) higher += s > r ? 1.0 : s == r ? 0.5 : 0.0;
  }
  return higher / (static_cast<double>(reference.size()) * static_cast<double>(site.size()));
}

RidgeClassifier::RidgeClassifier(const std::vector<std::vector<double>>& rows,
                                 const std::vector<std::uint8_t>& labels, double penalty) {
  const auto ones = static_cast<std::size_t>(std::count(labels.begin(), labels.end(), 1));
  if (rows.size() != labels.size() || ones == 0 || ones == labels.size())
    throw core::Error(core::ErrorKind::Input, "a classifier needs rows of two sites, each with its label");
  const std::size_t columns = rows.front().size();
  // The two classes weigh the same, however many people each has.
  const auto weight = [&](std::size_t n) {
    return 0.5 / static_cast<double>(labels[n] != 0 ? ones : labels.size() - ones);
  };
  mean_.assign(columns, 0.0);
  std::vector<double> sd(columns, 0.0);
  for (std::size_t n = 0; n < rows.size(); ++n) {
    for (std::size_t c = 0; c < columns; ++c) mean_[c] += weight(n) * rows[n][c];
  }
  for (std::size_t n = 0; n < rows.size(); ++n) {
    for (std::size_t c = 0; c < columns; ++c) sd[c] += weight(n) * std::pow(rows[n][c] - mean_[c], 2.0);
  }
  for (double& s : sd) s = std::max(std::sqrt(s), 1e-12);
  Matrix a(columns, std::vector<double>(columns, 0.0));
  std::vector<double> b(columns, 0.0);
  for (std::size_t n = 0; n < rows.size(); ++n) {
    const double target = labels[n] != 0 ? 1.0 : -1.0;
    for (std::size_t i = 0; i < columns; ++i) {
      const double x = (rows[n][i] - mean_[i]) / sd[i];
      b[i] += weight(n) * target * x;
      for (std::size_t j = 0; j < columns; ++j) a[i][j] += weight(n) * x * (rows[n][j] - mean_[j]) / sd[j];
    }
  }
  for (std::size_t i = 0; i < columns; ++i) a[i][i] += penalty;
  weight_ = solve(std::move(a), std::move(b));
  for (std::size_t c = 0; c < columns; ++c) weight_[c] /= sd[c];
}

double RidgeClassifier::score(const std::vector<double>& row) const {
  double sum = offset_;
  for (std::size_t c = 0; c < row.size(); ++c) sum += weight_[c] * (row[c] - mean_[c]);
  return sum;
}

Separation separate_people(const std::vector<std::vector<double>>& reference,
                           const std::vector<std::vector<double>>& site) {
  require_two(reference.size(), site.size());
  std::vector<std::vector<double>> rows = reference;
  rows.insert(rows.end(), site.begin(), site.end());
  std::vector<double> scores[2];
  std::vector<double> right(2, 0.0);
  for (std::size_t out = 0; out < rows.size(); ++out) {
    std::vector<std::vector<double>> others;
    std::vector<std::uint8_t> labels;
    for (std::size_t n = 0; n < rows.size(); ++n) {
      if (n == out) continue;
      others.push_back(rows[n]);
      labels.push_back(n < reference.size() ? 0 : 1);
    }
    const std::size_t truth = out < reference.size() ? 0 : 1;
    const double score = RidgeClassifier(others, labels).score(rows[out]);
    scores[truth].push_back(score);
    if ((score > 0.0) == (truth == 1)) right[truth] += 1.0;
  }
  return {
      0.5 * (right[0] / static_cast<double>(reference.size()) + right[1] / static_cast<double>(site.size())),
      area_under_curve(scores[0], scores[1])};
}

Separation separate_patches(const std::vector<quality::Samples>& reference,
                            const std::vector<quality::Samples>& site, const ForestOptions& options,
                            std::uint64_t seed, const core::Context& context) {
  require_two(reference.size(), site.size());
  constexpr std::size_t kMostFolds = 4;
  const std::size_t folds = std::min({kMostFolds, reference.size(), site.size()});
  core::Random random(seed, "evaluate.folds");
  const std::array<const std::vector<quality::Samples>*, 2> sets{&reference, &site};
  const std::array<std::vector<std::size_t>, 2> fold{folds_of(reference.size(), folds, random),
                                                     folds_of(site.size(), folds, random)};
  std::array<std::vector<double>, 2> votes;
  std::array<double, 2> right{};
  std::array<double, 2> all{};
  for (std::size_t f = 0; f < folds; ++f) {
    quality::Samples rows;
    std::vector<std::uint8_t> labels;
    for (std::size_t s = 0; s < 2; ++s) {
      for (std::size_t n = 0; n < sets[s]->size(); ++n) {
        if (fold[s][n] != f) append(rows, labels, (*sets[s])[n], static_cast<std::uint8_t>(s));
      }
    }
    const Forest forest(rows, labels, options, random.seed(), context);
    for (std::size_t s = 0; s < 2; ++s) {
      for (std::size_t n = 0; n < sets[s]->size(); ++n) {
        if (fold[s][n] != f) continue;
        const quality::Samples& person = (*sets[s])[n];
        double vote = 0.0;
        for (std::size_t r = 0; r < person.rows(); ++r) {
          const double p = forest.probability(person.row(r));
          vote += p;
          if ((p > 0.5) == (s == 1)) right[s] += 1.0;
        }
        all[s] += static_cast<double>(person.rows());
        votes[s].push_back(vote / static_cast<double>(std::max<std::size_t>(1, person.rows())));
      }
    }
  }
  return {0.5 * (right[0] / all[0] + right[1] / all[1]), area_under_curve(votes[0], votes[1])};
}

}  // namespace isoscan::evaluate
