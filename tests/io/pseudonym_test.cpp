// Labels of DICOM subjects: without a key anyone who can list all patients' numbers finds them; with one
// nobody.
#include <algorithm>

#include <gtest/gtest.h>

#include "isoscan/core/context.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/test/support.hpp"

#include "dicom_files.hpp"

namespace isoscan::io {
namespace {

const std::string kKey = "0123456789abcdef0123456789abcdef";

class Pseudonyms : public ::testing::Test {
 protected:
  Pseudonyms() {
    for (const char* patient : {"4711", "4712"}) {
      test::SliceFacts facts;
      facts.patient = patient;
      facts.study = std::string("1.2.") + patient;
      facts.series = facts.study + ".1";
      test::write_series(folder / ("in/" + std::string(patient)), facts, 30, 3.0);
    }
  }
  /// The labels, sorted.
  [[nodiscard]] std::vector<std::string> labels(const std::string& key) const {
    std::vector<std::string> found;
    for (const ScanSource& scan : find_scans(folder / "in", core::Context{}, {key, {}}).scans)
      found.push_back(scan.subject);
    return found;
  }
  test::TemporaryFolder folder;
};

/// What a dictionary of patients' numbers gives.
std::string guessed(const std::string& patient) {
  return "p" + core::sha256("\n" + patient).substr(0, 8);
}

TEST_F(Pseudonyms, WithoutAKeyADictionaryUndoesThem) {
  std::vector<std::string> expected{guessed("4711"), guessed("4712")};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(labels(""), expected);
}

TEST_F(Pseudonyms, AKeyGivesOtherLabelsAndTheSameKeyTheSame) {
  const auto keyed = labels(kKey);
  ASSERT_EQ(keyed.size(), 2U);
  EXPECT_NE(keyed[0], keyed[1]);
  EXPECT_EQ(keyed, labels(kKey));
  const auto other = labels(kKey + "x");
  for (const std::string& label : keyed) {
    EXPECT_EQ(label.size(), 9U);
    for (const auto& rest : {other, std::vector<std::string>{guessed("4711"), guessed("4712")}}) {
      EXPECT_EQ(std::count(rest.begin(), rest.end(), label), 0) << label;
    }
  }
}

TEST_F(Pseudonyms, LabelsOfATableStay) {
  core::write_file(folder / "t.tsv", "path\tsubject\nin/4711\tanna\nin/4712\t\n");
  const ScanList list = find_scans(folder / "t.tsv", core::Context{}, {kKey, {}});
  ASSERT_EQ(list.scans.size(), 2U);
  EXPECT_EQ(list.scans[0].subject, "anna");
  const auto keyed = labels(kKey);
  EXPECT_EQ(std::count(keyed.begin(), keyed.end(), list.scans[1].subject), 1);
}

}  // namespace
}  // namespace isoscan::io
