// Site models side by side: the table, the map, and what cannot be compared.
#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

TEST_F(Program, SitesAreComparedAndDrawn) {
  ASSERT_EQ(demo_->status, 0) << demo_->output;
  const test::TemporaryFolder folder;
  const std::string package = (folder / "ours.isoref").string();
  ASSERT_EQ(isoscan_program("reference " + (scans() / "reference").string() +
                            " --spacing 4 --cores 2 --out " + package)
                .status,
            0);
  // A study of three sites in one run: what is wrong with one does not stop the others.
  std::string study = "path\tsubject\tsite\n";
  fs::path one;
  for (const char* site : {"new-hospital", "reference"}) {
    for (const fs::directory_entry& scan : fs::recursive_directory_iterator(scans() / site)) {
      if (scan.path().extension() != ".gz") continue;
      one = scan.path();
      study += one.string() + "\t" + one.filename().string().substr(4, 5) + "\t" + site + "\n";
    }
  }
  const std::string bytes = core::read_file(one, 1 << 30);
  core::write_file(folder / "cut.nii.gz", bytes.substr(0, bytes.size() / 2));
  core::write_file(folder / "study.tsv", study + (folder / "cut.nii.gz").string() + "\tcut\tlost\n");
  const std::string adapt = "adapt " + (folder / "study.tsv").string() +
                            " --cores 2 --method two-pass --reference " + package + " --out " +
                            (folder / "sites").string();
  const Finished adapted = isoscan_program(adapt);
  ASSERT_EQ(adapted.status, 8) << adapted.output;
  EXPECT_TRUE(has(adapted.output, "site lost: ") && has(adapted.output, "2 site models in "))
      << adapted.output;
  EXPECT_FALSE(fs::exists(folder / "sites/lost.isosite"));
  EXPECT_TRUE(fs::is_regular_file(folder / "sites/adapt.json"));
  EXPECT_TRUE(has(isoscan_program(adapt + " --dry-run").output, "lost")) << "what would run again";
  const Finished one_file = isoscan_program(adapt + "/all.isosite");
  EXPECT_EQ(one_file.status, 3) << one_file.output;
  EXPECT_TRUE(has(one_file.output, "give --out a folder")) << one_file.output;
  const std::string places = "sites " + (folder / "sites").string();
  const std::string tsv = (folder / "sites.tsv").string();
  const std::string map = (folder / "sites.svg").string();
  const Finished both = isoscan_program(places + " --tsv " + tsv + " --map " + map);
  ASSERT_EQ(both.status, 0) << both.output;
  // Furthest first, and the reference's own people are the reference.
  EXPECT_LT(both.output.find("new-hospital"), both.output.find("\nreference")) << both.output;
  EXPECT_TRUE(has(both.output, "(chance)")) << both.output;
  const std::string table = core::read_file(tsv, 1 << 20);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 3) << table;
  const std::string picture = core::read_file(map, 1 << 20);
  EXPECT_TRUE(has(picture, ">new-hospital<")) << picture;
  EXPECT_EQ(isoscan_program(places + " --tsv " + tsv + " --map " + map).status,
            0);  // its own may be replaced
  EXPECT_EQ(core::read_file(map, 1 << 20), picture);

  core::write_file(folder / "sites/broken.isosite", "not a model");
  const Finished broken = isoscan_program(places);
  EXPECT_EQ(broken.status, 8) << broken.output;
  EXPECT_TRUE(has(broken.output, "broken.isosite: ") && has(broken.output, "new-hospital")) << broken.output;
  EXPECT_EQ(isoscan_program("sites " + (folder / "none").string()).status, 4);
  EXPECT_EQ(isoscan_program("sites " + folder.path().string() + "/ours.isoref").status, 3);
}

}  // namespace
}  // namespace isoscan
