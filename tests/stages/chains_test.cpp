#include "isoscan/stages/chains.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "isoscan/config/json.hpp"
#include "isoscan/io/libraries.hpp"
#include "isoscan/report/libraries.hpp"
#include "isoscan/stages/scan_unit.hpp"
#include "isoscan/stages/stages.hpp"
#include "isoscan/transport/libraries.hpp"

namespace isoscan::stages {
namespace {

TEST(Chains, HoldTogether) {
  const RunOptions options;
  for (const auto& chain :
       {reference_chain(options), adapt_chain(options), apply_chain(options), harmonize_chain(options)}) {
    EXPECT_EQ(pipeline::problem(chain), "");
    for (const auto& stage : chain) {
      EXPECT_TRUE(config::Json::parse(stage->canonical_options(), stage->spec().name).is_object());
    }
  }
}

TEST(Chains, AnOptionTouchesOnlyTheStagesThatReadIt) {
  RunOptions before;
  RunOptions after;
  after.write_back.bound = 0.25;
  const auto a = harmonize_chain(before);
  const auto b = harmonize_chain(after);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t n = 0; n < a.size(); ++n) {
    const std::string& name = a[n]->spec().name;
    const bool reads_bound = name == "apply" || name == "page";
    EXPECT_EQ(a[n]->canonical_options() != b[n]->canonical_options(), reads_bound) << name;
  }
}

pipeline::StageSpec spec_of(const pipeline::Chain& chain, const std::string& name) {
  for (const auto& stage : chain) {
    if (stage->spec().name == name) return stage->spec();
  }
  throw std::runtime_error("no stage " + name);
}

TEST(Chains, TheReferencesScansAreReadByRestoreAlone) {
  const std::vector<std::string> made = spec_of(reference_chain({}), "fit-reference").outputs;
  EXPECT_EQ(made, (std::vector<std::string>{"reference.isoref", "reference.isoscans"}));
  for (const domain::Method method : domain::kMethods) {
    RunOptions options;
    options.method = method;
    for (const auto& chain : {adapt_chain(options), harmonize_chain(options)}) {
      EXPECT_EQ(pipeline::problem(chain), "");
      const std::vector<std::string> read = spec_of(chain, "fit-site").inputs;
      const bool reads = std::find(read.begin(), read.end(), "shared/reference_scans") != read.end();
      EXPECT_EQ(reads, method == domain::Method::Restore) << domain::name(method);
    }
  }
}

/// Options of one method leave the results of all others as they are.
TEST(Chains, OptionsOfRestoreTouchFitSiteOfRestoreAlone) {
  for (const domain::Method method : domain::kMethods) {
    RunOptions before;
    before.method = method;
    RunOptions after = before;
    after.fit.restore.network.steps = 7;
    after.fit.restore.people = 3;
    const auto a = harmonize_chain(before);
    const auto b = harmonize_chain(after);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t n = 0; n < a.size(); ++n) {
      const std::string& name = a[n]->spec().name;
      EXPECT_EQ(a[n]->canonical_options() != b[n]->canonical_options(),
                name == "fit-site" && method == domain::Method::Restore)
          << name << ", " << domain::name(method);
    }
  }
}

/// Whatever the method, every scan is judged before it is learnt from or harmonized, unless nobody wants it.
TEST(Chains, ScansAreJudgedUnlessThatIsSwitchedOff) {
  const auto reads = [](const pipeline::Chain& chain, const std::string& stage) {
    const std::vector<std::string> inputs = spec_of(chain, stage).inputs;
    return std::find(inputs.begin(), inputs.end(), kPlausiblePort) != inputs.end();
  };
  for (const domain::Method method : domain::kMethods) {
    for (const bool judged : {true, false}) {
      RunOptions options;
      options.method = method;
      options.plausibility = judged;
      EXPECT_EQ(reads(adapt_chain(options), "summarize-site"), judged);
      EXPECT_EQ(reads(apply_chain(options), "apply"), judged);
      EXPECT_EQ(reads(harmonize_chain(options), "apply"), judged);
      EXPECT_EQ(pipeline::problem(apply_chain(options)), "");
      EXPECT_EQ(pipeline::problem(harmonize_chain(options)), "");
    }
  }
}

/// "gdcm 3.0.21", one for each name.
void expect_versions(const std::string& libraries, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    EXPECT_TRUE(std::regex_search(libraries, std::regex("(^|, )" + name + " [^,]*[0-9]+\\.[0-9]+")))
        << name << " in \"" << libraries << '"';
  }
}

TEST(Libraries, NameTheirVersions) {
  expect_versions(io::libraries(), {"dcmtk", "gdcm", "openjpeg", "zlib"});
  expect_versions(transport::libraries(), {"torch"});
  EXPECT_TRUE(std::regex_search(transport::libraries(), std::regex(", blas .+, kernel [A-Za-z]+")));
  expect_versions(report::libraries(), {"libpng", "zlib"});
  EXPECT_EQ(io::libraries(), io::libraries());
}

TEST(Libraries, AreInTheKeyOfEachStageThatUsesThem) {
  const std::map<std::string, std::vector<std::string>> expected{
      {"survey", {"dcmtk", "gdcm", "zlib"}},
      {"spacing", {}},
      {"prepare", {"dcmtk", "gdcm", "zlib"}},
      {"plausible", {}},
      {"summarize-reference", {}},
      {"fit-reference", {}},
      {"summarize-site", {}},
      {"fit-site", {"torch"}},
      {"complete-site", {"torch"}},
      {"apply", {"dcmtk", "zlib", "torch"}},
      {"measure", {"dcmtk", "zlib"}},
      {"page", {"libpng", "isoscan", "zlib", "torch"}},
  };
  const RunOptions options;
  for (const auto& chain :
       {reference_chain(options), adapt_chain(options), apply_chain(options), harmonize_chain(options)}) {
    for (const auto& stage : chain) {
      const pipeline::StageSpec& spec = stage->spec();
      ASSERT_EQ(expected.count(spec.name), 1U) << spec.name;
      expect_versions(spec.libraries, expected.at(spec.name));
      EXPECT_EQ(spec.libraries.empty(), expected.at(spec.name).empty()) << spec.name;
    }
  }
}

TEST(RunOptions, DefaultsOfTheSchemaAreThoseOfTheStructs) {
  const RunOptions from_schema = run_options(config::Json(config::Json::Object{}));
  const RunOptions plain;
  EXPECT_EQ(from_schema.method, plain.method);
  EXPECT_EQ(from_schema.plausibility, plain.plausibility);
  EXPECT_EQ(from_schema.write_back.bound, plain.write_back.bound);
  EXPECT_EQ(from_schema.write_back.scale, plain.write_back.scale);
  EXPECT_EQ(from_schema.fit.bands.alpha, plain.fit.bands.alpha);
  EXPECT_EQ(from_schema.fit.rows_per_scan, plain.fit.rows_per_scan);
  EXPECT_EQ(from_schema.fit.enot.steps, plain.fit.enot.steps);
  EXPECT_EQ(from_schema.fit.enot.map_steps, plain.fit.enot.map_steps);
  EXPECT_EQ(from_schema.fit.enot.batch, plain.fit.enot.batch);
  EXPECT_EQ(from_schema.fit.enot.expectile, plain.fit.enot.expectile);
  EXPECT_EQ(from_schema.fit.enot.expectile_weight, plain.fit.enot.expectile_weight);
  EXPECT_EQ(from_schema.fit.restore.network.steps, plain.fit.restore.network.steps);
  EXPECT_EQ(from_schema.fit.restore.scans, plain.fit.restore.scans);
  EXPECT_EQ(from_schema.fit.restore.people, plain.fit.restore.people);
}

TEST(ScanUnit, NamesStayOutOfWhatResultsDependOn) {
  io::ScanSource scan;
  scan.subject = "anna";
  scan.site = "clinic";
  scan.files = {"/somewhere/scan.nii.gz"};
  scan.acquisition.manufacturer = "SIEMENS";
  const pipeline::Unit unit = unit_of(scan);
  const pipeline::Source& source = unit.sources.at("scan");
  EXPECT_EQ(source.text.find("anna"), std::string::npos);
  EXPECT_EQ(source.text.find("somewhere"), std::string::npos);
  pipeline::InputItem item;
  item.files = source.files;
  item.text = source.text;
  EXPECT_EQ(scan_at(item).kind, io::SourceKind::Nifti);
  EXPECT_EQ(scan_at(item).files, scan.files);
  scan.part = "2";
  item.text = unit_of(scan).sources.at("scan").text;
  EXPECT_EQ(scan_at(item).part, "2");
}

TEST(ScanUnit, ChoicesOfReadingTravelWithTheScanAndDefaultsLeaveNoTrace) {
  io::ScanSource scan;
  scan.files = {"/somewhere/scan.nii.gz"};
  const std::string plain = unit_of(scan).sources.at("scan").text;
  for (const char* word : {"scaling", "first_volume", "resample"})
    EXPECT_EQ(plain.find(word), std::string::npos) << "keys of earlier versions stay";
  pipeline::InputItem item;
  item.files = scan.files;
  for (const io::ReadChoices read :
       {io::ReadChoices{}, io::ReadChoices{io::Scaling::RealWorld, false, true},
        io::ReadChoices{io::Scaling::Stored, true, false}, io::ReadChoices{io::Scaling::Philips, true, true},
        io::ReadChoices{io::Scaling::Rescale, false, false}}) {
    scan.read = read;
    item.text = unit_of(scan).sources.at("scan").text;
    EXPECT_EQ(item.text == plain, read == io::ReadChoices{});
    EXPECT_TRUE(scan_at(item).read == read) << item.text;
  }
}

}  // namespace
}  // namespace isoscan::stages
