/// @file What the brains of a reference have in common, by place: tissue priors and the brightness of each
/// tissue. No registration: place is told in head coordinates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/context.hpp"
#include "isoscan/core/volume.hpp"

namespace isoscan::preprocess {

/// Head coordinates: along each world axis (LPS), the distance to the brain's centre of mass in SDs of the
/// brain's voxels.
struct HeadFrame {
  core::Vec3 centre_mm{0, 0, 0};
  core::Vec3 sd_mm{1, 1, 1};
  [[nodiscard]] core::Vec3 operator()(const core::Vec3& world_mm) const;
};

/// @throws Error(Numeric) for an empty brain.
[[nodiscard]] HeadFrame head_frame(const core::Mask& brain);

struct AtlasOptions {
  std::int64_t edge = 40;     ///< cells along each axis
  double extent_sd = 2.5;     ///< the cells span -extent_sd..extent_sd head coordinates
  double smooth_cells = 1.2;  ///< SD of the Gaussian over the cells
  double smooth_mm = 1.0;     ///< of the image, before its flat part is taken: as the fit does
  double flat_share = 0.4;    ///< share of the brain, the flattest, whose brightness is taken

  [[nodiscard]] std::string problem() const;  ///< the first value out of range, in words; empty when usable
};

/// A cube of cells in head coordinates, the first axis (to the left) fastest, edge^3 values a list, symmetric
/// about the middle plane. Cells that nobody's brain reaches hold what their surroundings hold.
struct Atlas {
  std::int64_t edge = 0;
  double extent_sd = 0.0;
  int people = 0;
  std::array<std::vector<float>, core::kTissueCount> prior;  ///< of each tissue; sums to 1 in each cell
  std::array<std::vector<float>, core::kTissueCount>
      log_mean;  ///< natural log of its intensity, white matter = 1
  std::array<std::vector<float>, core::kTissueCount> log_sd;  ///< between people and within the cell

  [[nodiscard]] bool empty() const { return people == 0; }
  [[nodiscard]] std::string problem() const;  ///< what does not fit, in words; empty when usable
  bool operator==(const Atlas&) const = default;
};

/// The sums behind an atlas: people are added one at a time, or apart and merged. 64,000 cells by twelve
/// numbers with the default edge.
struct AtlasSums {
  std::int64_t edge = 0;
  double extent_sd = 0.0;
  int people = 0;
  std::array<double, core::kTissueCount> log_level{};  ///< sum over people of the tissue's mean log intensity
  std::array<std::vector<float>, core::kTissueCount>
      share;  ///< voxels of the tissue, each person's brain as 1
  std::array<std::vector<float>, core::kTissueCount> weight;  ///< of the voxels whose brightness was read
  std::array<std::vector<float>, core::kTissueCount>
      log;  ///< weighted sum of log intensity less the person's mean
  std::array<std::vector<float>, core::kTissueCount> square;  ///< weighted sum of the squares of cell means

  [[nodiscard]] bool empty() const { return people == 0; }
  bool operator==(const AtlasSums&) const = default;
};

/// @param image   bias-corrected, white matter = 1, any grid; the same grid for brain and tissue
/// @throws Error(Geometry) where grids differ; Error(Numeric) for an empty brain; Error(Config) for unusable
/// options or options other than those of the sums.
void add_to_atlas(AtlasSums& sums, const core::Volume& image, const core::Mask& brain,
                  const core::TissueMaps& tissue, const core::Context& context,
                  const AtlasOptions& options = {});

/// The sums of several scans of one person, as one person: their mean.
void count_as_one(AtlasSums& sums);

/// @throws Error(Config) where the cells differ.
void merge_atlas(AtlasSums& into, const AtlasSums& other);

/// Mirrored onto itself, smoothed, empty cells filled. @throws Error(Input) without people.
[[nodiscard]] Atlas finish_atlas(const AtlasSums& sums, const core::Context& context,
                                 const AtlasOptions& options = {});

/// Linear between the cells' centres; the outermost cells continue.
class AtlasReader {
 public:
  explicit AtlasReader(const Atlas& atlas) : atlas_(&atlas) {}
  struct Place {
    std::array<std::size_t, 8> cell{};
    std::array<float, 8> weight{};
    [[nodiscard]] float of(const std::vector<float>& values) const;
  };
  [[nodiscard]] Place at(const core::Vec3& head) const;

 private:
  const Atlas* atlas_;
};

}  // namespace isoscan::preprocess
