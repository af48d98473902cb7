// Real heads against what is none: six people as the reference, at 3 mm.
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/harmonize/plausibility.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/test/foreign.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::harmonize {
namespace {

core::Volume read(const boost::filesystem::path& file) {
  io::ReadChoices choices;
  choices.first_volume = true;
  return io::read_nifti(file, choices).volume;
}

/// What is wrong with the scan, by preparation or by its look; empty where it passes.
std::string problem_of(const core::Volume& scan, const domain::Plausibility& bounds) {
  try {
    (void)require_plausible(preprocess::prepare(scan, std::nullopt, {.working_spacing_mm = 3.0}, {}), bounds,
                            {});
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input) << error.what();
    return error.what();
  }
  return {};
}

TEST(Plausibility, RealHeadsPassAndWhatIsNoHeadDoesNot) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const auto nifti = data / "nifti";
  const auto oasis = nifti / "oasis1_siemens-vision-1.5t";
  std::vector<std::vector<domain::Portrait>> people;
  for (const char* id : {"1000", "1007", "1009", "1011", "1015", "1017"}) {
    core::Context context;
    context.seed = people.size();
    const preprocess::Prepared prepared =
        preprocess::prepare(read(oasis / ("MICCAI" + std::string(id) + "_T1w.nii.gz")), std::nullopt,
                            {.working_spacing_mm = 3.0}, context);
    people.push_back(take_portraits(prepared, {}, context));
  }
  const domain::Plausibility bounds = fit_plausibility(people, {}, {});
  // Other people, an old one, and another scanner's whole heads.
  for (const auto& file : {oasis / "MICCAI1104_T1w.nii.gz", oasis / "MICCAI1116_T1w.nii.gz",
                           nifti / "ixi-hh_philips-intera-3t" / "IXI052-HH-1343_T1w.nii.gz",
                           nifti / "ljubljana-longitudinal_philips-1.5t" / "patient01_study1_T1W.nii.gz"}) {
    EXPECT_EQ(problem_of(read(file), bounds), "") << file.filename();
  }
  const auto epi = data / "dicom-expected" / "siemens_trio_mosaic_ax_asc35.nii.gz";
  EXPECT_NE(problem_of(read(epi), bounds), "");
  for (const char* kind : {"half_left", "half_top", "upside_down", "back_front", "shells"}) {
    EXPECT_NE(problem_of(test::make_foreign(kind, read(oasis / "MICCAI1104_T1w.nii.gz")), bounds), "")
        << kind;
  }
}

}  // namespace
}  // namespace isoscan::harmonize
