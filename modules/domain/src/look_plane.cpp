#include <cmath>

#include <ATen/ATen.h>

#include "isoscan/core/error.hpp"
#include "isoscan/domain/look.hpp"

namespace isoscan::domain {

LookPlane look_plane(const std::vector<Look>& sites, const Look& reference, const LookSpread& spread) {
  const std::size_t numbers = reference.mean.size();
  LookPlane plane;
  plane.at.assign(sites.size(), {0.0, 0.0});
  if (sites.empty()) return plane;
  at::Tensor rows =
      at::zeros({static_cast<std::int64_t>(sites.size()), static_cast<std::int64_t>(numbers)}, at::kDouble);
  for (std::size_t s = 0; s < sites.size(); ++s) {
    if (sites[s].names != reference.names)
      throw core::Error(core::ErrorKind::Input, "the sites were summed up in different ways");
    for (std::size_t j = 0; j < numbers; ++j)
      rows.data_ptr<double>()[s * numbers + j] = (sites[s].mean[j] - reference.mean[j]) / spread.sd[j];
  }
  rows /= std::sqrt(static_cast<double>(numbers));  // as distances count
  // Principal axes about the reference, not about the sites' mean: what is drawn is how far they are from it.
  const at::Tensor axes = std::get<1>(at::linalg_eigh(rows.t().matmul(rows)));  // rising
  double all = 0.0;
  double drawn = 0.0;
  for (std::int64_t axis = 0; axis < 2; ++axis) {
    at::Tensor direction = axes.select(1, static_cast<std::int64_t>(numbers) - 1 - axis);
    // A sign of its own has no axis: its largest number is positive.
    if (direction[direction.abs().argmax().item<std::int64_t>()].item<double>() < 0.0) direction = -direction;
    const at::Tensor places = rows.mv(direction).contiguous();
    for (std::size_t s = 0; s < sites.size(); ++s) {
      plane.at[s][static_cast<std::size_t>(axis)] = places.data_ptr<double>()[s];
      drawn += std::pow(places.data_ptr<double>()[s], 2.0);
    }
  }
  all = rows.square().sum().item<double>();
  plane.shown = all > 0.0 ? drawn / all : 1.0;
  return plane;
}

}  // namespace isoscan::domain
