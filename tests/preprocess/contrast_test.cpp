#include "isoscan/preprocess/contrast.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "isoscan/io/nifti.hpp"
#include "isoscan/phantom/head.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"
#include "isoscan/preprocess/brain_mask.hpp"
#include "isoscan/preprocess/resample.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::preprocess {
namespace {

struct Stripped {
  phantom::SyntheticHead head;
  explicit Stripped(std::uint64_t person) {
    phantom::HeadOptions options;
    options.grid = phantom::brain_grid(2.0);
    options.whole_head = false;
    head = phantom::make_head(options, person, {});
  }
  /// The same anatomy with CSF, grey and white matter this bright.
  [[nodiscard]] core::Volume with(const std::array<float, 3>& level) const {
    core::Volume image(head.image.grid);
    for (std::size_t k = 0; k < 3; ++k) {
      for (std::size_t n = 0; n < image.voxels.size(); ++n)
        image.voxels[n] += level[k] * head.tissue.posterior[k].voxels[n];
    }
    return image;
  }
};

/// In slices of 6 mm.
core::Volume in_thick_slices(const core::Volume& volume) {
  core::Grid thick = volume.grid;
  thick.size[2] /= 3;
  core::Volume sliced(thick);
  for (std::size_t row = 0; row < 3; ++row) {
    double& step = sliced.grid.world_from_voxel.matrix[3 * row + 2];
    sliced.grid.world_from_voxel.offset[row] += step;
    step *= 3.0;
  }
  for (std::int64_t k = 0; k < thick.size[2]; ++k) {
    for (std::int64_t j = 0; j < thick.size[1]; ++j) {
      for (std::int64_t i = 0; i < thick.size[0]; ++i) {
        sliced.at(i, j, k) =
            (volume.at(i, j, 3 * k) + volume.at(i, j, 3 * k + 1) + volume.at(i, j, 3 * k + 2)) / 3.0F;
      }
    }
  }
  return sliced;
}

TEST(Contrast, T1wOfVirtualScannersPasses) {
  const Stripped person(3);
  for (const char* name : {"identity", "mild", "medium", "hard"}) {
    core::Volume scan = phantom::scan_with(phantom::preset(name), person.head.image, person.head.brain,
                                           person.head.tissue, 5, 7, {})
                            .image;
    for (const core::Volume& image : {scan, in_thick_slices(scan)}) {
      const ContrastOrder order = contrast_order(image, person.head.brain, {});
      EXPECT_TRUE(order.known);
      EXPECT_FALSE(order.against_t1w())
          << name << ' ' << order.depth_of_brightest << ' ' << order.shallow_over_deep;
      EXPECT_GT(order.depth_of_brightest, 1.1) << name;
    }
  }
}

TEST(Contrast, OtherContrastsAreSeenInThinAndThickSlices) {
  for (const std::uint64_t person : {3U, 4U}) {
    const Stripped stripped(person);
    for (const std::array<float, 3>& level :
         {std::array{0.2F, 1.2F, 1.0F}, std::array{1.8F, 1.0F, 0.75F}, std::array{1.05F, 1.15F, 0.9F}}) {
      const core::Volume image = stripped.with(level);
      for (const core::Volume& slices : {image, in_thick_slices(image)}) {
        const ContrastOrder order = contrast_order(slices, stripped.head.brain, {});
        EXPECT_TRUE(order.against_t1w()) << level[0] << ' ' << level[1] << ": " << order.depth_of_brightest
                                         << ' ' << order.shallow_over_deep;
      }
    }
  }
}

TEST(Contrast, UnitsAndASlowFieldDoNotMatter) {
  const Stripped person(3);
  core::Volume image = person.with({0.3F, 0.75F, 1.0F});
  const ContrastOrder plain = contrast_order(image, person.head.brain, {});
  for (std::int64_t k = 0; k < image.grid.size[2]; ++k) {
    const float gain = 300.0F + 4.0F * static_cast<float>(k);
    for (std::int64_t j = 0; j < image.grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < image.grid.size[0]; ++i) image.at(i, j, k) *= gain;
    }
  }
  const ContrastOrder other = contrast_order(image, person.head.brain, {});
  EXPECT_NEAR(other.depth_of_brightest, plain.depth_of_brightest, 0.12);
  EXPECT_NEAR(other.shallow_over_deep, plain.shallow_over_deep, 0.03);
}

TEST(Contrast, TooLittleTissueSaysNothing) {
  core::Grid grid;
  grid.size = {20, 20, 20};
  const ContrastOrder order = contrast_order(core::Volume(grid, 1.0F), core::Mask(grid, true), {});
  EXPECT_FALSE(order.known);
  EXPECT_FALSE(order.against_t1w());
}

TEST(ContrastOnRealScans, FlairIsSeenAndT1wPasses) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const auto order_of = [&](const std::string& file) {
    const core::Volume volume = io::read_nifti(data / file).volume;
    return contrast_order(volume, estimate_brain_mask(volume, {}).brain, {});
  };
  EXPECT_TRUE(
      order_of("nifti/ljubljana-longitudinal_philips-1.5t/patient01_study2_FLAIR.nii.gz").against_t1w());
  EXPECT_TRUE(order_of("dicom-expected/philips_achieva15t_brainix_flair.nii.gz").against_t1w());
  for (const char* file : {"nifti/ljubljana-longitudinal_philips-1.5t/patient01_study2_T1W.nii.gz",
                           "nifti/brainix_philips-achieva-1.5t/BRAINIX_T1w_inplane1mm.nii.gz",
                           "nifti/uih_umr770-3t/volunteerA_T1w_1p6mm.nii.gz"}) {
    const ContrastOrder order = order_of(file);
    EXPECT_FALSE(order.against_t1w()) << file;
    EXPECT_GT(order.depth_of_brightest, 1.15) << file;
    EXPECT_LT(order.shallow_over_deep, 0.95) << file;
  }
}

}  // namespace
}  // namespace isoscan::preprocess
