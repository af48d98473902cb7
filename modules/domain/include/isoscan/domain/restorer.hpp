/// @file The network that says, voxel by voxel, what a site's scan lacks of the reference's: a multilayer
/// perceptron on rows of numbers, fitted by least squares to true pairs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/tensor_file.hpp"

namespace isoscan::domain {

struct RestorerOptions {
  std::vector<int> hidden{96, 96, 96};  ///< SiLU, residual between layers of equal width
  int steps = 3000;                     ///< of Adam, cosine to 1 %
  int batch = 2048;                     ///< rows a step
  double rate = 2e-3;
  int basis_every = 10;    ///< SOAP's refresh (transport::AdamOptions); 0: plain Adam
  double average = 0.998;  ///< decay of the averaged weights that are kept

  [[nodiscard]] std::string problem() const;  ///< the first thing wrong in words; empty when usable
};

/// Plain numbers: may be saved, compared, copied. The rows' whitening is folded into the first layer.
struct Restorer {
  int dims = 0;
  std::vector<int> hidden;
  std::vector<double> row_mean;   ///< dims
  std::vector<double> row_scale;  ///< dims: the network reads (row - row_mean) * row_scale
  std::vector<float> parameters;
  double mean = 0.0;   ///< answer = mean + scale * network
  double scale = 1.0;  ///< above 0

  [[nodiscard]] bool empty() const { return dims == 0; }
  bool operator==(const Restorer&) const = default;
};

struct RestorerFit {
  Restorer restorer;
  std::vector<int> logged_steps;
  std::vector<double> loss;  ///< mean squared error over the target's variance, smoothed, at the logged steps
};

/// @param rows     n x dims, row-major; overwritten (they are whitened in place, a copy would double the
/// memory)
/// @param targets  n
/// The same bits for every thread count. @throws Error(Config); Error(Input) with fewer than 100 rows;
/// Error(Numeric) where a number is not finite or the fit runs away; Error(Cancelled).
[[nodiscard]] RestorerFit fit_restorer(std::vector<float>& rows, const std::vector<float>& targets, int dims,
                                       const RestorerOptions& options, const core::Context& context);

/// A restorer ready for work. Calls may come from several threads.
class RestorerFunction {
 public:
  explicit RestorerFunction(const Restorer& restorer);
  ~RestorerFunction();
  RestorerFunction(RestorerFunction&&) noexcept;
  RestorerFunction& operator=(RestorerFunction&&) noexcept;

  /// @param rows  count x dims  @param out  count
  void operator()(const float* rows, std::int64_t count, float* out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Under "name/...".
void put(core::TensorFile& file, const std::string& name, const Restorer& restorer);
/// @throws Error(Input) naming the tensor where one is missing, does not fit or holds what it may not.
[[nodiscard]] Restorer get_restorer(const core::TensorFile& file, const std::string& name);

}  // namespace isoscan::domain
