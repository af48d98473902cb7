// A tree of scans, taken stock of: what everybody may read, what is found again, and what is never read
// twice.
#include <fstream>

#include <boost/filesystem.hpp>
#include <dcmtk/dcmdata/dcdicdir.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/io/bids.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/study.hpp"
#include "isoscan/test/support.hpp"

#include "dicom_files.hpp"
#include "nifti_files.hpp"

namespace isoscan::io {
namespace {

namespace fs = boost::filesystem;
using nlohmann::json;
using test::SliceFacts;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kSlices = 30;

/// Asks for a stop after some reports.
class Stopper : public core::ProgressSink {
 public:
  explicit Stopper(int after) : left_(after) {}
  void report(double, const std::string&) override {
    if (--left_ == 0) source_.request_stop();
  }
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  int left_;
  std::stop_source source_;
};

class Ingest : public testing::Test {
 protected:
  void series(const std::string& name, const std::function<void(SliceFacts&)>& change = nullptr) {
    SliceFacts f;
    f.series = "1.2.3." + std::to_string(++series_);
    f.study = f.series + ".1";
    if (change) change(f);
    test::write_series(folder / ("in/" + name), f, kSlices, 3.0);
  }
  void file(const std::string& name, const std::string& bytes) {
    fs::create_directories((folder / name).parent_path());
    test::write_fast(folder / name, bytes);
  }
  /// T1w of two people, T2w, FLAIR, a localizer, a copy, a broken file, others.
  void tree() {
    series("DOE^JANE/t1", [](SliceFacts& f) { f.study = "1.2.3"; });
    series("DOE^JANE/t2", [](SliceFacts& f) {
      f.study = "1.2.3";
      f.description = "sag T2 space";
      f.echo_time = 90.0;
    });
    series("DOE^JANE/flair", [](SliceFacts& f) {
      f.study = "1.2.3";
      f.description = "3D FLAIR";
      f.echo_time = 300.0;
    });
    series("DOE^JANE/loc", [](SliceFacts& f) {
      f.study = "1.2.3";
      f.description = "localizer";
    });
    series("ROE/t1", [](SliceFacts& f) {
      f.patient = "Roe-12";
      f.study = "1.2.9";
    });
    fs::create_directories(folder / "in/copy");
    for (fs::directory_iterator at(folder / "in/ROE/t1"), end; at != end; ++at)
      fs::copy_file(at->path(), folder / "in/copy" / at->path().filename());
    file("in/broken.dcm", std::string(128, '\0') + "DICM" + std::string(300, '\x7f'));
    file("in/archive.zip", "PK");
    core::Grid grid;
    grid.size = {10, 10, 10};
    core::Volume volume(grid);
    for (std::size_t n = 0; n < volume.voxels.size(); ++n) volume.voxels[n] = static_cast<float>(n * 7 % 100);
    write_nifti(folder / "in/bids/sub-7/anat/sub-7_T1w.nii.gz", volume);
    volume.voxels[0] += 1;
    write_nifti(folder / "in/bids/sub-7/anat/sub-7_T2w.nii.gz", volume);
    file("in/bids/participants.tsv", "participant_id\tsite\nsub-7\tNorth\n");
  }
  IngestSummary run(const std::string& out = "study", const IngestOptions& options = {},
                    int threads = 1) const {
    core::Context context;
    context.threads = threads;
    return ingest(folder / "in", folder / out, options, context);
  }
  [[nodiscard]] json study(const std::string& out = "study") const {
    return json::parse(core::read_file(folder / out / "study.json"));
  }
  [[nodiscard]] std::map<std::string, std::string> bytes_of(const std::string& out) const {
    std::map<std::string, std::string> bytes;
    for (fs::recursive_directory_iterator at(folder / out), end; at != end; ++at) {
      if (fs::is_regular_file(at->path()))
        bytes[fs::relative(at->path(), folder / out).string()] = core::read_file(at->path());
    }
    return bytes;
  }
  [[nodiscard]] static std::map<std::string, std::string> classes(const json& study) {
    std::map<std::string, std::string> found;
    for (const json& volume : study.at("volumes"))
      found[volume.at("name")] = std::string(volume.at("class")) + " " + std::string(volume.at("site"));
    return found;
  }

  test::TemporaryFolder folder;

 private:
  int series_ = 10;
};

TEST_F(Ingest, EveryVolumeIsClassifiedAndNothingPassesSilently) {
  tree();
  const IngestSummary summary = run();
  EXPECT_EQ(summary.classes,
            (std::map<std::string, int>{{"FLAIR", 1}, {"T1w", 3}, {"T2w", 2}, {"other", 1}}));
  EXPECT_EQ(summary.sites, (std::map<std::string, int>{{"North", 1}, {"SIEMENS-Prisma-3T", 2}}));
  EXPECT_EQ(summary.duplicates, kSlices);
  ASSERT_THAT(summary.broken, SizeIs(1));
  EXPECT_EQ(summary.broken[0].name, "broken.dcm");
  EXPECT_EQ(summary.files, 6U * kSlices + 2U);
  const std::string jane = "sub-p" + core::sha256("\nDoe-4711").substr(0, 8);
  const auto found = classes(study());
  EXPECT_THAT(found, SizeIs(7));
  EXPECT_EQ(found.at(jane + "_T1w"), "T1w SIEMENS-Prisma-3T");
  EXPECT_EQ(found.at(jane + "_T2w"), "T2w SIEMENS-Prisma-3T");
  EXPECT_EQ(found.at(jane + "_FLAIR"), "FLAIR SIEMENS-Prisma-3T");
  EXPECT_EQ(found.at(jane + "_series-3"), "other SIEMENS-Prisma-3T");
  EXPECT_EQ(found.at("sub-7_T1w"), "T1w North");
  EXPECT_EQ(found.at("sub-7_T2w"), "T2w North");
}

TEST_F(Ingest, ContrastsAreToldByWordsThenByTimes) {
  struct Case {
    const char* description;
    double echo_ms;
    const char* image_type;
    const char* expected;
  };
  const std::vector<Case> cases{
      {"t1 mprage sag", 3.0, "ORIGINAL\\PRIMARY\\M", "T1w T1-weighted"},
      {"ax bravo", 3.0, "ORIGINAL\\PRIMARY\\M", "T1w T1-weighted"},
      {"t2 tse tra", 96.0, "ORIGINAL\\PRIMARY\\M", "T2w T2-weighted"},
      {"T2W 3D", 20.0, "ORIGINAL\\PRIMARY\\M", "T2w T2-weighted"},
      {"t2_fl2d_tra_hemo", 20.0, "ORIGINAL\\PRIMARY\\M", "other T2*-weighted"},
      {"ax t2* gre", 40.0, "ORIGINAL\\PRIMARY\\M", "other T2*-weighted"},
      {"ax", 40.0, "ORIGINAL\\PRIMARY\\M", "other T2*-weighted"},  // a gradient echo by its sequence
      {"t2 tirm dark-fluid", 100.0, "ORIGINAL\\PRIMARY\\M", "FLAIR FLAIR"},
      {"3D Brain FLAIR", 20.0, "ORIGINAL\\PRIMARY\\M", "FLAIR FLAIR"},
      {"pd tse", 12.0, "ORIGINAL\\PRIMARY\\M", "other proton-density-weighted"},
      {"t1 map", 3.0, "ORIGINAL\\PRIMARY\\M", "other a T1 map"},
      {"t1 mprage", 3.0, "ORIGINAL\\PRIMARY\\P", "other a phase image"},
  };
  std::map<std::string, std::string> expected;
  for (const Case& c : cases) {
    const std::string person = std::to_string(expected.size());
    expected["p" + core::sha256("\n" + person).substr(0, 8)] = c.expected;
    series(person, [&](SliceFacts& f) {
      f.patient = person;
      f.description = c.description;
      f.echo_time = c.echo_ms;
      f.image_type = c.image_type;
    });
  }
  run();
  std::map<std::string, std::string> found;
  const json all = study();
  for (const json& volume : all.at("volumes"))
    found[volume.at("subject")] = std::string(volume.at("class")) + " " + std::string(volume.at("shows"));
  EXPECT_EQ(found, expected);
}

TEST_F(Ingest, NoPatientAndNoPathInWhatEverybodyMayRead) {
  tree();
  run();
  struct stat about {};
  ASSERT_EQ(::stat((folder / "study/private").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0700U);
  std::size_t files = 0;
  for (const auto& [name, bytes] : bytes_of("study")) {
    if (name.starts_with("private/")) continue;
    ++files;
    for (const char* secret :
         {"DOE", "Doe", "JANE", "Roe", "ROE", "4711", "Somewhere", "MR1", "mprage", "202001", "1.2.3"})
      EXPECT_EQ(bytes.find(secret), std::string::npos) << secret << " in " << name;
    EXPECT_EQ(bytes.find(folder.path().string()), std::string::npos) << name;
  }
  EXPECT_EQ(files, 3U);
}

TEST_F(Ingest, TheSameTreeGivesTheSameBytesHoweverManyThreads) {
  tree();
  run("one");
  run("four", {}, 4);
  EXPECT_EQ(bytes_of("one"), bytes_of("four"));
  const auto before = bytes_of("one");
  EXPECT_EQ(run("one").reused, 6U * kSlices + 1U);  // all but the broken one
  EXPECT_EQ(bytes_of("one"), before);
}

TEST_F(Ingest, StoppedAnywhereItGoesOnToTheSameBytes) {
  tree();
  for (int n = 0; n < 8; ++n) series("more" + std::to_string(n));
  for (int n = 0; n < 40; ++n)
    for (int copy = 0; copy < 20; ++copy)
      fs::copy_file(folder / "in/ROE/t1/IM0_1.dcm",
                    folder / ("in/copy/" + std::to_string(n) + "_" + std::to_string(copy) + ".dcm"));
  run("whole");
  int stops = 0;
  for (int after = 1; after < 12; after += 2) {
    const std::string out = "study" + std::to_string(after);
    core::Context context;
    const auto stopper = std::make_shared<Stopper>(after);
    context.progress = core::Progress(stopper);
    context.stop = stopper->token();
    try {
      ingest(folder / "in", folder / out, {}, context);
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Cancelled);
      EXPECT_FALSE(fs::exists(folder / out / "study.json"));
      ++stops;
    }
    run(out);
    EXPECT_EQ(bytes_of(out), bytes_of("whole")) << after;
  }
  EXPECT_GT(stops, 2);
}

TEST_F(Ingest, TheStudyStandsForItsTree) {
  tree();
  run();
  for (const bool all : {false, true}) {
    FindOptions options;
    options.all = all;
    const ScanList tree_list = find_scans(folder / "in", core::Context{}, options);
    const ScanList list = find_scans(folder / "study", core::Context{}, options);
    ASSERT_EQ(list.scans.size(), tree_list.scans.size());
    ASSERT_EQ(list.scans.size(), all ? 7U : 3U);
    for (std::size_t n = 0; n < list.scans.size(); ++n) {
      EXPECT_EQ(converted_path(list.scans[n]), converted_path(tree_list.scans[n]));
      EXPECT_EQ(list.scans[n].files, tree_list.scans[n].files);
      EXPECT_EQ(list.scans[n].site, tree_list.scans[n].site);
      EXPECT_EQ(list.scans[n].acquisition, tree_list.scans[n].acquisition);
      EXPECT_EQ(read_scan(list.scans[n]).volume.voxels, read_scan(tree_list.scans[n]).volume.voxels);
    }
    EXPECT_EQ(list.warnings, tree_list.warnings);
    EXPECT_EQ(list.set_aside.size(), tree_list.set_aside.size());
  }
}

TEST_F(Ingest, WhatChangedSinceIsSaid) {
  tree();
  run();
  const fs::path changed = folder / "in/bids/sub-7/anat/sub-7_T1w.nii.gz";
  std::ofstream(changed.string(), std::ios::app) << "x";
  fs::remove(folder / "in/ROE/t1/IM0_1.dcm");
  const ScanList list = find_scans(folder / "study", core::Context{});
  EXPECT_THAT(list.scans, SizeIs(1));
  std::vector<std::string> reasons;
  for (const SetAside& input : list.set_aside) {
    if (input.broken) reasons.push_back(input.reason);
  }
  EXPECT_THAT(reasons, Contains(HasSubstr("its file changed since the study was made")));
  EXPECT_THAT(reasons, Contains(HasSubstr("one of its files is no longer there")));
  run();
  EXPECT_THAT(find_scans(folder / "study", core::Context{}).scans, SizeIs(3));
}

TEST_F(Ingest, AStudyThatIsNotWholeIsRefusedWithTheCure) {
  tree();
  IngestOptions keyed;
  keyed.pseudonym_key = "a key of sixteen bytes";
  run("study", keyed);
  const auto error_of = [&](const FindOptions& options = {}) -> std::string {
    try {
      (void)find_scans(folder / "study", core::Context{}, options);
    } catch (const core::Error& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(error_of(), "none");
  FindOptions options;
  options.pseudonym_key = keyed.pseudonym_key;
  EXPECT_EQ(error_of(options), "none");
  options.pseudonym_key += "!";
  EXPECT_THAT(error_of(options), HasSubstr("not made with this --pseudonym-key"));
  const std::string list = core::read_file(folder / "study/private/scans.list");
  for (std::size_t cut = 0; cut < list.size(); cut += 97) {
    core::write_file(folder / "study/private/scans.list", list.substr(0, cut));
    EXPECT_THAT(error_of(), HasSubstr("run `isoscan ingest` again")) << cut;
  }
  core::write_file(folder / "study/private/scans.list", list);
  EXPECT_EQ(error_of(), "none");
  std::ofstream((folder / "study/study.json").string(), std::ios::app) << " ";
  EXPECT_THAT(error_of(), HasSubstr("study.json is not what its private list was written with"));
  fs::remove_all(folder / "study/private");
  EXPECT_THAT(error_of(), HasSubstr("without its private part"));
}

TEST_F(Ingest, AKeyedStudyIsNeverMadeAgainWithoutItsKey) {
  tree();
  IngestOptions keyed;
  keyed.pseudonym_key = "a key of sixteen bytes";
  run("study", keyed);
  const auto before = bytes_of("study");
  IngestOptions other = keyed;
  other.pseudonym_key += "!";
  EXPECT_THROW(run("study"), core::Error);
  EXPECT_THROW(run("study", other), core::Error);
  EXPECT_EQ(bytes_of("study"), before);
  run("study", keyed);
  EXPECT_EQ(bytes_of("study"), before);
  run("plain");
  run("plain", keyed);  // a key that is added hides more
  EXPECT_EQ(study("plain").at("pseudonyms"), "keyed");
}

TEST_F(Ingest, WhatDidNotEndIsNotTakenForScans) {
  tree();
  Stopper stopper(3);
  core::Context context;
  context.stop = stopper.token();
  context.progress =
      core::Progress(std::shared_ptr<core::ProgressSink>(&stopper, [](core::ProgressSink*) {}));
  EXPECT_THROW((void)ingest(folder / "in", folder / "study", {}, context), core::Error);
  ASSERT_TRUE(fs::exists(folder / "study/private/headers.journal"));
  try {
    (void)find_scans(folder / "study", core::Context{});
    FAIL() << "taken";
  } catch (const core::Error& error) {
    EXPECT_EQ(error.kind(), core::ErrorKind::Input);
    EXPECT_THAT(error.what(), HasSubstr("did not end; run `isoscan ingest` again"));
  }
  fs::create_directories(folder / "in/inner");
  fs::rename(folder / "study", folder / "in/inner/study");
  EXPECT_THAT(run("second").skipped, Contains(testing::Key(HasSubstr("what `isoscan ingest` made"))));
}

TEST_F(Ingest, VisitsAreCountedOverAllThatWasAcquired) {
  // A T2w of January and a T1w of March: of the T1w alone nothing tells that it is the second visit.
  series("a", [](SliceFacts& f) {
    f.study = "1.2.1";
    f.description = "sag T2 space";
    f.echo_time = 90.0;
  });
  series("b", [](SliceFacts& f) { f.study = "1.2.3"; });
  run();
  const ScanList of_study = find_scans(folder / "study", core::Context{});
  const ScanList of_tree = find_scans(folder / "in", core::Context{});
  ASSERT_THAT(of_study.scans, SizeIs(1));
  ASSERT_THAT(of_tree.scans, SizeIs(1));
  EXPECT_EQ(of_tree.scans[0].session, "2");
  EXPECT_EQ(of_study.scans[0].id(), of_tree.scans[0].id());
  FindOptions keyed;
  keyed.pseudonym_key = "a key of sixteen bytes";
  const ScanList with_key = find_scans(folder / "in", core::Context{}, keyed);
  ASSERT_THAT(with_key.scans, SizeIs(1));
  EXPECT_EQ(with_key.scans[0].session, "2");
  EXPECT_NE(with_key.scans[0].subject, of_tree.scans[0].subject);
}

TEST_F(Ingest, OneHeadUnderTwoPatientsIsRefused) {
  // Some slices of a head were given another patient's number: no part of it is a scan. However they are
  // numbered.
  SliceFacts f;
  f.series = "1.2.3.77";
  FindOptions all;
  all.all = true;
  for (const std::string numbers : {"kept", "none", "anew", "every second"}) {
    fs::remove_all(folder / "in/head");
    test::write_series(folder / "in/head", f, kSlices, 3.0, [&](int s, SliceFacts& slice) {
      const bool other = numbers == "every second" ? s % 2 == 1 : s >= 12;
      if (other) slice.patient = "Roe-12";
      if (numbers == "anew" && other) slice.number = s - 11;
      slice.sop = "1.2.3.77." + std::to_string(s + 100);
      if (numbers == "none")
        slice.edit = [](DcmDataset& d) { (void)d.findAndDeleteElement(DCM_InstanceNumber); };
    });
    fs::remove_all(folder / "study");
    const IngestSummary summary = run();
    EXPECT_THAT(summary.broken, SizeIs(2)) << numbers;
    for (const SetAside& input : summary.broken)
      EXPECT_THAT(input.reason, HasSubstr("slices of one head stand under 2 patients' IDs"));
    for (const FindOptions& options : {FindOptions{}, all})
      EXPECT_THAT(find_scans(folder / "in", core::Context{}, options).scans, IsEmpty()) << numbers;
  }
  // A careless anonymiser gives two whole heads one UID: both are scans, also where no number stands twice.
  fs::remove_all(folder / "in/head");
  test::write_series(folder / "in/one", f, kSlices, 3.0);
  f.patient = "Roe-12";
  f.position[0] = 4.0;
  test::write_series(folder / "in/two", f, kSlices, 3.0, [](int, SliceFacts& slice) { slice.number += 500; });
  const ScanList two = find_scans(folder / "in", core::Context{});
  EXPECT_THAT(two.scans, SizeIs(2));
  EXPECT_THAT(two.warnings, Contains(HasSubstr("1 series UID stands under several patients' IDs")));
}

TEST_F(Ingest, OneStudyIsOneVisitHoweverItsTimeIsWritten) {
  const auto at = [&](const std::string& name, const std::string& time) {
    series(name, [&](SliceFacts& f) {
      f.study = "1.2.3";
      f.edit = [time](DcmDataset& d) { d.putAndInsertString(DCM_StudyTime, time.c_str()); };
    });
  };
  at("a", "101010");
  at("b", "101010.000");
  const ScanList list = find_scans(folder / "in", core::Context{});
  ASSERT_THAT(list.scans, SizeIs(2));
  for (const ScanSource& scan : list.scans) EXPECT_EQ(scan.session, "");
}

TEST_F(Ingest, AKeyHoldsFromTheFirstTryOn) {
  tree();
  IngestOptions keyed;
  keyed.pseudonym_key = "a key of sixteen bytes";
  Stopper stopper(3);
  core::Context context;
  context.stop = stopper.token();
  context.progress =
      core::Progress(std::shared_ptr<core::ProgressSink>(&stopper, [](core::ProgressSink*) {}));
  EXPECT_THROW((void)ingest(folder / "in", folder / "study", keyed, context), core::Error);
  EXPECT_THROW(run("study"), core::Error);
  run("study", keyed);
  fs::remove(folder / "study/study.json");
  EXPECT_THROW(run("study"), core::Error);
}

TEST_F(Ingest, ATiltedSlabIsConvertedWhereResamplingIsAskedFor) {
  // A slab is no head, whatever is done to it; a volume it is when its slices are brought onto one grid.
  series("slab", [](SliceFacts& f) { f.patient = "slab"; });
  fs::remove_all(folder / "in/slab");
  SliceFacts f;
  f.series = "1.2.3.88";
  test::write_series(folder / "in/slab", f, 18, 3.0,
                     [](int s, SliceFacts& slice) { slice.position[0] += 0.9 * s; });
  FindOptions options;
  options.all = true;
  EXPECT_THAT(find_scans(folder / "in", core::Context{}, options).scans, IsEmpty());
  options.read.resample = true;
  EXPECT_THAT(find_scans(folder / "in", core::Context{}, options).scans, SizeIs(1));
  options.all = false;
  const ScanList heads = find_scans(folder / "in", core::Context{}, options);
  EXPECT_THAT(heads.scans, IsEmpty());
  ASSERT_THAT(heads.set_aside, SizeIs(1));
  EXPECT_THAT(heads.set_aside[0].reason, HasSubstr("a slab, not a whole head"));
}

TEST_F(Ingest, ASequenceNameThatIsASentenceStaysBehind) {
  for (const auto& [name, kept] :
       {std::pair{"*tfl3d1_16ns", true}, {"for Mrs Doe", false}, {"DOE^JANE", false}}) {
    series("t1", [&, name = name](SliceFacts& f) {
      f.edit = [name](DcmDataset& d) { d.putAndInsertString(DCM_SequenceName, name); };
    });
    const ScanList list = find_scans(folder / "in", core::Context{});
    ASSERT_THAT(list.scans, SizeIs(1));
    EXPECT_EQ(list.scans[0].acquisition.sequence, kept ? "GR\\IR/" + std::string(name) : "GR\\IR");
    fs::remove_all(folder / "in/t1");
  }
}

TEST_F(Ingest, SitesComeFromTheTableThenFromTheRule) {
  tree();
  IngestOptions options;
  SiteMatch match;
  match.site = "hospitalA";
  match.manufacturer = "Siemens Healthineers";
  match.model = "MAGNETOM Pri*";
  match.field_strength_t = 2.89;
  options.rule.matches = {match};
  options.table = {{2, "East", "", "ROE", ""}, {3, "Nowhere", "nobody", "", ""}};
  const IngestSummary summary = run("study", options);
  EXPECT_EQ(summary.sites, (std::map<std::string, int>{{"East", 1}, {"North", 1}, {"hospitalA", 1}}));
  EXPECT_THAT(summary.warnings, Contains(HasSubstr("line 3 of the site table fits no scan")));
  EXPECT_THAT(summary.warnings, Contains(HasSubstr("6 volumes on no row of the site table")));
  options.table = {{2, "East", "", "ROE", ""}, {3, "West", "", "ROE/t1", ""}};
  EXPECT_THAT(run("study", options).warnings,
              Contains(HasSubstr("lines 2 and 3 of the site table give one volume two sites: line 2 holds")));
  options.table.clear();
  options.rule.matches[0].software = "VE11";
  options.rule.label.clear();
  const IngestSummary none = run("study", options);
  EXPECT_EQ(none.sites, (std::map<std::string, int>{{"North", 1}, {"unknown", 2}}));
  EXPECT_THAT(none.warnings, Contains(HasSubstr("5 volumes of no known site")));
  file("sites.tsv", "site\tstation_hash\nB\t0123456789ABCDEF\n");
  EXPECT_EQ(read_site_table(folder / "sites.tsv").at(0).station_hash, "0123456789abcdef");
  for (const char* text :
       {"site\tpath\nB\t/archive\n", "site\tage\nB\t3\n", "site\tpath\nB\tn/a\n", "path\nx\n"}) {
    file("sites.tsv", text);
    EXPECT_THROW((void)read_site_table(folder / "sites.tsv"), core::Error) << text;
  }
}

TEST_F(Ingest, OfAMediumTheIndexIsTakenAndWhatIsMissingIsSaid) {
  series("disc/IMAGES");
  series("disc/NOTLISTED", [](SliceFacts& f) { f.patient = "Roe-12"; });
  const fs::path disc = folder / "in/disc";
  int number = 0;
  std::vector<fs::path> images;
  for (fs::directory_iterator at(disc / "IMAGES"), end; at != end; ++at) images.push_back(at->path());
  DcmFileFormat format;
  auto* records = new DcmSequenceOfItems(DCM_DirectoryRecordSequence);
  for (const fs::path& image : images) {
    const std::string name = "im" + std::to_string(++number);  // the index writes capitals
    fs::rename(image, disc / "IMAGES" / name);
    auto* record = new DcmItem();
    record->putAndInsertString(DCM_ReferencedFileID, ("IMAGES\\IM" + std::to_string(number)).c_str());
    records->append(record);
  }
  for (const char* lost : {"IMAGES\\GONE", "..\\..\\secret", "IMAGES"}) {
    auto* record = new DcmItem();
    record->putAndInsertString(DCM_ReferencedFileID, lost);
    records->append(record);
  }
  format.getDataset()->insert(records);
  ASSERT_TRUE(format.getDataset()->saveFile((disc / "DICOMDIR").c_str(), EXS_LittleEndianExplicit).good());
  file("in/secret", "not ours");

  const ScanList named = find_scans(disc / "DICOMDIR", core::Context{});
  EXPECT_THAT(named.scans, SizeIs(1));
  const auto said =
      AllOf(testing::Field(&SetAside::reason,
                           HasSubstr("3 of the 33 files that it names are not there; copy the medium again")),
            testing::Field(&SetAside::broken, true));
  EXPECT_THAT(named.set_aside, ElementsAre(said));
  const ScanList folder_list = find_scans(disc, core::Context{});
  EXPECT_THAT(folder_list.scans, SizeIs(2));
  EXPECT_THAT(folder_list.set_aside, ElementsAre(said));
  EXPECT_THROW((void)find_scans(disc / "IMAGES/im1" / "x", core::Context{}), core::Error);
}

TEST_F(Ingest, HostileNamesBreakNoLine) {
  const std::string hostile = "a\nbroken: \x1b[2Jsub-1\tx\xff";
  series(hostile);
  file(("in/" + hostile + ".nii"), "no NIfTI");
  file(("in/" + hostile + ".dcm"), "no DICOM");
  file(("in/=cmd|x.nii"), "no NIfTI");
  const IngestSummary summary = run();
  EXPECT_EQ(summary.classes.at("T1w"), 1);
  ASSERT_THAT(summary.broken, SizeIs(3));
  for (const SetAside& input : summary.broken) {
    for (const std::string& text : {input.name, input.reason}) {
      EXPECT_EQ(text.find_first_of("\n\x1b\xff\t"), std::string::npos) << text;
    }
  }
  for (const auto& [name, bytes] : bytes_of("study")) {
    if (name == "private/headers.journal" || name == "private/scans.list") continue;
    EXPECT_EQ(bytes.find('\x1b'), std::string::npos) << name;
    EXPECT_EQ(bytes.find('\xff'), std::string::npos) << name;
    EXPECT_EQ(bytes.find("\n="), std::string::npos) << name;
  }
  const std::string inputs = core::read_file(folder / "study/inputs.tsv");
  EXPECT_EQ(std::count(inputs.begin(), inputs.end(), '\n'), 4);
  EXPECT_THAT(find_scans(folder / "study", core::Context{}).scans, SizeIs(1));
}

TEST_F(Ingest, OnlyAStudyOrAnEmptyFolderIsWrittenInto) {
  tree();
  const auto kind_of_error = [&](const std::string& out) {
    try {
      run(out);
    } catch (const core::Error& error) {
      return error.kind();
    }
    return core::ErrorKind::Internal;
  };
  EXPECT_EQ(kind_of_error("in"), core::ErrorKind::Config);
  EXPECT_EQ(kind_of_error("in/study"), core::ErrorKind::Config);
  EXPECT_FALSE(fs::exists(folder / "in/study"));
  fs::create_directories(folder / "theirs");
  file("theirs/notes.txt", "mine");
  EXPECT_EQ(kind_of_error("theirs"), core::ErrorKind::Config);
  EXPECT_FALSE(fs::exists(folder / "theirs/private"));
  fs::create_directories(folder / "empty");
  run("empty");
  EXPECT_TRUE(fs::exists(folder / "empty/study.json"));
}

TEST_F(Ingest, SeriesThatAreNoVolumeAreListedWithTheReason) {
  series("few", [](SliceFacts& f) { f.patient = "few"; });
  for (int n = 5; n <= kSlices; ++n)
    for (fs::directory_iterator at(folder / "in/few"), end; at != end; ++at)
      if (at->path().stem().string().ends_with("_" + std::to_string(n))) fs::remove(at->path());
  SliceFacts f;
  f.series = "1.2.77";
  test::write_series(folder / "in/time", f, 2 * kSlices, 3.0,
                     [](int s, SliceFacts& facts) { facts.position[2] = 3.0 * (s % kSlices); });
  f.series = "1.2.78";
  f.patient = "hole";
  test::write_series(folder / "in/hole", f, kSlices, 3.0, [](int s, SliceFacts& facts) {
    if (s >= 20) facts.position[2] += 3.0;
  });
  const IngestSummary summary = run();
  EXPECT_EQ(summary.classes, (std::map<std::string, int>{{"unusable", 3}}));
  ASSERT_THAT(summary.broken, SizeIs(1));
  EXPECT_THAT(summary.broken[0].reason, HasSubstr("slices are missing"));
  FindOptions options;
  options.all = true;
  EXPECT_THAT(find_scans(folder / "in", core::Context{}, options).scans, SizeIs(1)) << "four slices";
  options.read.first_volume = true;
  EXPECT_THAT(find_scans(folder / "in", core::Context{}, options).scans, SizeIs(2));
  options.all = false;
  for (const char* from : {"in", "study"}) {
    const ScanList list = find_scans(folder / from, core::Context{}, options);
    ASSERT_THAT(list.scans, SizeIs(1)) << from;
    EXPECT_THAT(list.scans[0].files, SizeIs(2 * kSlices));
  }
}

}  // namespace
}  // namespace isoscan::io
