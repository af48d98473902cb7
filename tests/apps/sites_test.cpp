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
  fs::create_directory(folder / "sites");
  for (const char* site : {"new-hospital", "reference"}) {
    const Finished adapted =
        isoscan_program("adapt " + (scans() / site).string() + " --cores 2 --method two-pass --reference " +
                        package + " --out " + (folder / "sites").string() + "/" + site + ".isosite");
    ASSERT_EQ(adapted.status, 0) << adapted.output;
  }
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
