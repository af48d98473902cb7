/// @file The page of a training that is under way: how held-out sites fare, step by step.
#pragma once

#include <string>
#include <vector>

namespace isoscan::report {

struct TrainingReport {
  int steps = 0;                    ///< that are to be done
  int best_step = 0;                ///< whose weights would be kept now
  std::vector<int> judged_steps;    ///< rising
  std::vector<double> held_out_db;  ///< at each: error after over error before; the lower the better
};

/// One self-contained HTML page, which reloads itself every minute until all steps are done.
/// @throws core::Error(Internal) where the two lists are not equally long.
[[nodiscard]] std::string training_page(const TrainingReport& report);

}  // namespace isoscan::report
