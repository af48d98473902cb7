// Planted lesions in a real head: room is found, and a virtual scanner's loss is measured.
#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>

#include "isoscan/evaluate/lesions.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/phantom/virtual_scanner.hpp"
#include "isoscan/preprocess/prepare.hpp"
#include "isoscan/preprocess/tissue.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::evaluate {
namespace {

/// The scan of that scanner, white matter = 1, with the receive field that is known taken out.
core::Volume seen(const phantom::VirtualScanner& scanner, const preprocess::Prepared& truth) {
  phantom::VirtualScan scan = phantom::scan_with(scanner, truth.image, truth.brain, truth.tissue, 1, 2, {});
  for (std::size_t n = 0; n < scan.image.voxels.size(); ++n)
    scan.image.voxels[n] *= std::exp(-scan.log_bias.voxels[n]);
  const double white = preprocess::white_matter_level(scan.image, truth.tissue);
  for (float& v : scan.image.voxels) v = static_cast<float>(v / white);
  return scan.image;
}

TEST(Lesions, InARealHeadSurviveAMildScannerAndSufferFromAHardOne) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const auto file = data / "nifti" / "oasis1_siemens-vision-1.5t" / "MICCAI1007_T1w.nii.gz";
  preprocess::Prepared truth =
      preprocess::prepare(io::read_nifti(file).volume, std::nullopt, {.working_spacing_mm = 1.5}, {});
  const PlantedLesions planted = plant_lesions(truth.image, truth.tissue[core::Tissue::WhiteMatter], {}, 1);
  int count = 0;
  for (const LesionGroup& group : planted.groups) count += group.count;
  EXPECT_GE(count, 18);
  for (const char* name : {"identity", "mild", "medium", "hard", "ringing", "ghosts", "gaps"}) {
    const auto measures = lesion_measures(seen(phantom::preset(name), truth), truth.image, planted);
    std::printf("%d lesions, %-8s", count, name);
    for (const auto& [measure, value] : measures)
      std::printf("  %s %s", measure.c_str(), value ? std::to_string(*value).c_str() : "-");
    std::printf("\n");
    ASSERT_TRUE(measures.at("lesion_contrast_ratio").has_value());
    const double ratio = *measures.at("lesion_contrast_ratio");
    if (std::string(name) == "identity") {
      EXPECT_NEAR(ratio, 1.0, 1e-4);
    }
    if (std::string(name) == "mild") {
      EXPECT_NEAR(ratio, 1.0, 0.06);
    }
    if (std::string(name) == "hard") {
      EXPECT_LT(ratio, 0.9);
    }
  }
}

}  // namespace
}  // namespace isoscan::evaluate
