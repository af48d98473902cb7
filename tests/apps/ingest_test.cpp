// `isoscan ingest`, end to end: what it writes is valid, what it is killed in goes on, what it made is taken
// as SCANS.
#include <chrono>
#include <csignal>
#include <set>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "isoscan/config/json.hpp"
#include "isoscan/config/schema.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/nifti.hpp"

#include "../io/dicom_files.hpp"
#include "program.hpp"

namespace isoscan {
namespace {

using config::Json;

class IngestCommand : public testing::Test {
 protected:
  void series(const std::string& name, const std::string& number, const std::string& description,
              double echo_time = 3.0) const {
    test::SliceFacts f;
    f.series = "1.2.3." + number;
    f.description = description;
    f.echo_time = echo_time;
    test::write_series(folder / ("in/" + name), f, 30, 3.0);
  }
  [[nodiscard]] std::string in() const { return (folder / "in").string(); }
  [[nodiscard]] std::string at(const std::string& name) const { return (folder / name).string(); }
  [[nodiscard]] Finished ingest(const std::string& out, const std::string& with = "") const {
    return isoscan_program("ingest " + in() + " --out " + at(out) + " " + with);
  }
  [[nodiscard]] Json study(const std::string& out) const {
    return config::read_json(folder / out / "study.json", config::Schema::Study);
  }

  test::TemporaryFolder folder;
};

TEST_F(IngestCommand, WritesAValidStudyThatConvertTakes) {
  series("DOE^JANE/1", "1", "t1 mprage sag");
  series("DOE^JANE/2", "2", "t2 space sag", 90.0);
  series("DOE^JANE/3", "3", "gre_field_mapping");
  core::write_file(
      folder / "sites.json",
      R"({"matches": [{"manufacturer": "Siemens", "field_strength": 3, "site": "hospital A"}]})");
  const Finished run = ingest("study", "--cores 2 --site-rule " + at("sites.json"));
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_TRUE(has(run.output, "  1  T1w\n") && has(run.output, "  1  T2w\n") &&
              has(run.output, "  1  other\n"))
      << run.output;
  EXPECT_TRUE(has(run.output, "  1  hospital A\n")) << run.output;
  EXPECT_EQ(study("study").at("volumes").items().size(), 3U);
  EXPECT_EQ(study("study").at("pseudonyms").as_string(), "unsalted");

  const Finished t1w = isoscan_program("convert " + at("study") + " --out " + at("t1w"));
  EXPECT_EQ(t1w.status, 0) << t1w.output;
  const Finished direct = isoscan_program("convert " + in() + " --out " + at("direct"));
  EXPECT_EQ(direct.status, 0) << direct.output;
  std::set<std::string> volumes;
  for (const auto& [name, digest] : digests(folder / "t1w")) {
    if (name.starts_with("sub-")) {
      EXPECT_EQ(digests(folder / "direct").at(name), digest) << name;
    }
  }
  const Finished all = isoscan_program("convert " + at("study") + " --all --out " + at("all"));
  EXPECT_EQ(all.status, 0) << all.output;
  for (const auto& [name, digest] : digests(folder / "all")) {
    if (name.ends_with(".nii.gz")) volumes.insert(name.substr(name.find('/')));
  }
  const std::string label = "sub-" + study("study").at("volumes").items().front().at("subject").as_string();
  EXPECT_EQ(volumes,
            (std::set<std::string>{"/anat/" + label + "_T1w.nii.gz", "/anat/" + label + "_T2w.nii.gz",
                                   "/other/" + label + "_series-3.nii.gz"}));
  EXPECT_TRUE(has(core::read_file(folder / "all/.bidsignore"), "other/"));

  const Finished inside = isoscan_program("ingest " + in() + " --out " + in() + "/study");
  EXPECT_EQ(inside.status, 2) << inside.output;
  EXPECT_TRUE(has(inside.output, "lies among the scans")) << inside.output;
  core::write_file(folder / "sites.json", R"({"label": ["scaner"]})");
  EXPECT_EQ(ingest("other", "--site-rule " + at("sites.json")).status, 2);
}

TEST_F(IngestCommand, BrokenInputsAreExitEightAndNamesBreakNoLine) {
  series("1", "1", "t1 mprage sag");
  core::write_file(folder / "in/a\nisoscan: fine\x1b[2J.dcm",
                   std::string(128, '\0') + "DICM" + std::string(300, '\x7f'));
  const Finished run = ingest("study");
  EXPECT_EQ(run.status, 8) << run.output;
  EXPECT_TRUE(has(run.output, "broken: a\\x0aisoscan: fine\\x1b[2J.dcm")) << run.output;
  EXPECT_EQ(run.output.find('\x1b'), std::string::npos);
  EXPECT_EQ(study("study").at("counts").at("broken_inputs").as_integer(), 1);
}

TEST_F(IngestCommand, KilledAtAnyTimeItGoesOnToTheSameBytes) {
  for (int s = 1; s <= 60; ++s) series(std::to_string(s), std::to_string(s), "t1 mprage sag");
  ASSERT_EQ(ingest("whole", "--cores 1").status, 0);
  const auto expected = digests(folder / "whole");
  int killed = 0;
  for (const int wait_ms : {20, 60, 120, 200}) {
    const std::string out = at("study" + std::to_string(wait_ms));
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::execl(ISOSCAN_PROGRAM, "isoscan", "ingest", in().c_str(), "--out", out.c_str(), "--cores", "1",
              nullptr);
      ::_exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    while (!fs::exists(out + "/private/headers.journal") && ::kill(child, 0) == 0 &&
           !fs::exists(out + "/study.json"))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    killed += WIFSIGNALED(status) ? 1 : 0;
    const Finished on = isoscan_program("ingest " + in() + " --out " + out);
    EXPECT_EQ(on.status, 0) << on.output;
    EXPECT_EQ(digests(out), expected);
  }
  EXPECT_GE(killed, 1);
}

}  // namespace
}  // namespace isoscan
