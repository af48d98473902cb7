// The three verdicts on real scans, at 3 mm: another scanner's, the reference's own scanner's, and what is no
// head.
#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/test/foreign.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

class Verdicts : public testing::Test {
 protected:
  /// As sub-ID of a site.
  static void put(const fs::path& file, const fs::path& site, const std::string& id) {
    const fs::path to = site / ("sub-" + id) / "anat" / ("sub-" + id + "_T1w.nii.gz");
    fs::create_directories(to.parent_path());
    fs::create_symlink(file, to);
  }
  /// Both runs share what is made of the reference.
  [[nodiscard]] Finished harmonize(const std::string& site, const std::string& out,
                                   const std::string& method) const {
    return isoscan_program("harmonize " + (folder_ / site).string() + " --reference " +
                           (folder_ / "reference").string() + " --method " + method +
                           " --spacing 3 --seed 2 --cores 2 --work " + (folder_ / "work").string() +
                           " --out " + (folder_ / out).string());
  }
  static config::Json facts(const fs::path& out, const std::string& id) {
    return config::read_json(out / "reports" / ("sub-" + id + ".json"), config::Schema::ScanReport);
  }
  static config::Json figures(const fs::path& out, const std::string& id) {
    return config::read_json(out / "reports/figures" / ("sub-" + id + ".json"), config::Schema::ScanFigures);
  }
  test::TemporaryFolder folder_;
};

TEST_F(Verdicts, OfRealScans) {
  ISOSCAN_REAL_DATA_OR_SKIP(data);
  const fs::path nifti = fs::absolute(data) / "nifti";
  const fs::path oasis = nifti / "oasis1_siemens-vision-1.5t";
  for (const char* id : {"1000", "1002", "1007", "1009", "1011", "1013", "1015", "1017"})
    put(oasis / ("MICCAI" + std::string(id) + "_T1w.nii.gz"), folder_ / "reference", id);
  for (const char* id : {"1000", "1002", "1007", "1009"})  // the reference's own scanner: four of its people
    put(oasis / ("MICCAI" + std::string(id) + "_T1w.nii.gz"), folder_ / "same", id);
  for (const char* id : {"IXI033-HH-1259", "IXI052-HH-1343"}) {
    std::string label(id, 6);
    put(nifti / "ixi-hh_philips-intera-3t" / (std::string(id) + "_T1w.nii.gz"), folder_ / "other", label);
  }
  const fs::path foreign = folder_ / "other/sub-foreign/anat/sub-foreign_T1w.nii.gz";
  fs::create_directories(foreign.parent_path());
  io::write_nifti(foreign,
                  test::make_foreign(
                      "upside_down",
                      io::read_nifti(nifti / "ixi-hh_philips-intera-3t/IXI012-HH-1211_T1w.nii.gz").volume));

  const Finished other = harmonize("other", "a", "two-pass");
  EXPECT_EQ(other.status, 8) << other.output;
  const config::Json harmonized = facts(folder_ / "a", "IXI052");
  EXPECT_EQ(harmonized.at("verdict").as_string(), "harmonized");
  const config::Json drawn = figures(folder_ / "a", "IXI052");
  EXPECT_GT(drawn.at("change").at("typical").as_number(), 0.001) << "of the brain, not of the air around it";
  EXPECT_LT(drawn.at("receive_field").items().at(0).as_number(), 1.0);
  EXPECT_GT(drawn.at("receive_field").items().at(1).as_number(), 1.0);
  const config::Json refused = facts(folder_ / "a", "foreign");
  EXPECT_EQ(refused.at("verdict").as_string(), "refused");
  EXPECT_FALSE(refused.at("reason").as_string().empty());
  EXPECT_EQ(refused.at("provenance").at("input_sha256").as_string().size(), 64U);
  EXPECT_FALSE(figures(folder_ / "a", "foreign").at("has_output").as_bool()) << "pictures of what went in";

  const Finished same = harmonize("same", "b", "restore");
  EXPECT_EQ(same.status, 0) << same.output;
  const config::Json passed = facts(folder_ / "b", "1000");
  EXPECT_EQ(passed.at("verdict").as_string(), "passed through") << passed.at("reason").as_string();
  for (const config::Json& measure : passed.at("measures").items()) {
    if (measure.at("before").is_null()) continue;
    EXPECT_EQ(measure.at("before"), measure.at("value")) << measure.at("name").as_string();
  }
  for (const config::Json& warning : passed.at("warnings").items())
    EXPECT_EQ(warning.as_string().find("may not be needed"), std::string::npos) << "the verdict says it";
}

}  // namespace
}  // namespace isoscan
