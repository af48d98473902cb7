/// @file Can a classifier tell two sites apart? People are held out whole: patches of one person are never on
/// both sides.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/quality/distance.hpp"

namespace isoscan::evaluate {

/// Area under the ROC curve: the share of pairs (site, reference) in which the site's score is higher, ties
/// one half. 0.5 is chance. @throws Error(Input) where one of the two is empty.
[[nodiscard]] double area_under_curve(const std::vector<double>& reference, const std::vector<double>& site);

struct ForestOptions {
  int trees = 40;
  int depth = 8;
  int bins = 32;        ///< of each column, by its quantiles
  int least_rows = 20;  ///< in a leaf

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

/// Random forest (Breiman, Machine Learning 2001) for two classes: trees on bootstrap samples, sqrt(columns)
/// candidates a node, splits by Gini impurity. Same rows, labels and seed, same forest for every thread
/// count.
class Forest {
 public:
  /// @param labels  0 or 1, one a row  @throws Error(Config); Error(Input) where counts differ or a class is
  /// empty.
  Forest(const quality::Samples& rows, const std::vector<std::uint8_t>& labels, const ForestOptions& options,
         std::uint64_t seed, const core::Context& context);
  /// Mean over the trees of the share of label 1 in the leaf, 0..1.
  [[nodiscard]] double probability(const float* row) const;

 private:
  struct Node {
    int column = -1;  ///< -1: a leaf
    float threshold = 0.0F;
    std::int32_t left = -1;  ///< rows at or below the threshold; the other child follows it
    float share = 0.5F;
  };
  std::vector<std::vector<Node>> trees_;
};

/// Ridge regression on labels -1 and 1 after scaling each column to SD 1, with the intercept at the middle of
/// the classes: a linear discriminant that more columns than people do not break.
class RidgeClassifier {
 public:
  /// @param penalty  times the count of rows is added to the diagonal  @throws as Forest
  RidgeClassifier(const std::vector<std::vector<double>>& rows, const std::vector<std::uint8_t>& labels,
                  double penalty = 1.0);
  /// Above 0: label 1.
  [[nodiscard]] double score(const std::vector<double>& row) const;

 private:
  std::vector<double> mean_;
  std::vector<double> weight_;
  double offset_ = 0.0;
};

struct Separation {
  double accuracy = 0.5;  ///< mean of the two classes' shares that are told right; 0.5 is chance
  double auc = 0.5;       ///< area under the curve of the people's scores
};

/// Image features, one row a person; leave one person out. @throws Error(Input) with fewer than two people of
/// a site.
[[nodiscard]] Separation separate_people(const std::vector<std::vector<double>>& reference,
                                         const std::vector<std::vector<double>>& site);

/// Patches, one set a person; people in folds (up to four, drawn by seed), accuracy over patches, AUC over
/// the people's mean probabilities. @throws as separate_people.
[[nodiscard]] Separation separate_patches(const std::vector<quality::Samples>& reference,
                                          const std::vector<quality::Samples>& site,
                                          const ForestOptions& options, std::uint64_t seed,
                                          const core::Context& context);

}  // namespace isoscan::evaluate
