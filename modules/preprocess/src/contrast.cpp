#include "isoscan/preprocess/contrast.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "isoscan/core/smooth.hpp"
#include "isoscan/preprocess/morphology.hpp"
#include "isoscan/preprocess/resample.hpp"

namespace isoscan::preprocess {

namespace {

constexpr double kGridMm = 1.5;
constexpr double kAroundMm = 15.0;      // SD: what "dark" is compared with
constexpr float kDark = 0.6F;           // of the mean around; CSF in T1w and FLAIR is at 0.2 to 0.4
constexpr float kDeepMm = 6.0F;         // cortex is 2 to 4 mm thick
constexpr double kDeepAroundMm = 8.0;   // SD: the deep tissue that a voxel is compared with
constexpr float kTouchMm = 1.6F;        // nearer than that a voxel touches CSF or the outside
constexpr float kShallowFromMm = 2.0F;  // cortex, and the white matter of thin gyri
constexpr float kShallowToMm = 5.0F;
constexpr float kCentreMm = 12.0F;  // beyond lie the deep grey nuclei of a T1w too
constexpr double kBrightest = 0.1;
constexpr std::size_t kFewest = 2000;  // voxels: 7 ml

}  // namespace

bool ContrastOrder::against_t1w() const {
  return known && depth_of_brightest < 1.1 && shallow_over_deep > 0.97;
}

ContrastOrder contrast_order(const core::Volume& volume, const core::Mask& brain,
                             const core::Context& context) {
  const core::Volume image = to_working_grid(volume, kGridMm, context);
  const core::Mask inside = resample_nearest(brain, image.grid);
  const core::Volume around = core::gaussian_in(image, inside, kAroundMm, context);
  core::Mask border(image.grid);  // CSF, holes and all that is not brain
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    border.voxels[n] = inside.voxels[n] == 0 || image.voxels[n] < kDark * around.voxels[n] ? 1 : 0;
  }
  const core::Volume depth_mm = distance_to(border);
  core::Mask deep(image.grid);
  for (std::size_t n = 0; n < deep.voxels.size(); ++n) deep.voxels[n] = depth_mm.voxels[n] >= kDeepMm ? 1 : 0;
  const core::Volume deep_around = core::gaussian_in(image, deep, kDeepAroundMm, context);

  std::vector<float> of_shallow;
  std::vector<float> of_deep;
  std::vector<std::pair<float, float>> tissue;  // brightness, depth
  double depth_of_all = 0.0;
  for (std::size_t n = 0; n < image.voxels.size(); ++n) {
    if (border.voxels[n] != 0 || !(deep_around.voxels[n] > 0.0F)) continue;
    const float bright = image.voxels[n] / deep_around.voxels[n];
    const float mm = depth_mm.voxels[n];
    if (mm >= kShallowFromMm && mm < kShallowToMm) of_shallow.push_back(bright);
    if (mm >= kDeepMm) of_deep.push_back(bright);
    if (mm < kTouchMm || mm >= kCentreMm) continue;
    tissue.emplace_back(bright, mm);
    depth_of_all += mm;
  }
  ContrastOrder order;
  order.known = of_shallow.size() >= kFewest && of_deep.size() >= kFewest;
  if (!order.known) return order;
  const auto upper = [](std::vector<float>& values) { return core::quantile(values, 0.75); };
  order.shallow_over_deep = upper(of_shallow) / upper(of_deep);
  const auto count = static_cast<std::ptrdiff_t>(kBrightest * static_cast<double>(tissue.size()));
  std::nth_element(tissue.begin(), tissue.begin() + count, tissue.end(), std::greater<>());
  double depth_of_bright = 0.0;
  for (auto at = tissue.begin(); at != tissue.begin() + count; ++at) depth_of_bright += at->second;
  order.depth_of_brightest =
      depth_of_bright / static_cast<double>(count) / (depth_of_all / static_cast<double>(tissue.size()));
  return order;
}

}  // namespace isoscan::preprocess
