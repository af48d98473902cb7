// The manual page and the completion know every command and flag of the program.
#include <sstream>

#include "isoscan/core/files.hpp"

#include "program.hpp"

namespace isoscan {
namespace {

/// Commands as the program's own help lists them.
std::vector<std::string> commands() {
  std::istringstream lines(isoscan_program("--help").output);
  std::vector<std::string> found;
  bool listed = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Subcommands:")) listed = true;
    if (listed && line.empty()) break;  // examples follow
    if (listed && line.starts_with("  ") && line.size() > 2 && line[2] != ' ')
      found.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return found;
}

TEST(ManualCommand, ThePageHasEveryCommandWithItsFlags) {
  const Finished page = isoscan_program("manual");
  ASSERT_EQ(page.status, 0);
  EXPECT_TRUE(page.output.starts_with(".TH ISOSCAN 1")) << page.output.substr(0, 200);
  const std::vector<std::string> all = commands();
  EXPECT_GT(all.size(), 20U);
  for (const std::string& command : all) EXPECT_TRUE(has(page.output, "\n.SS " + command + "\n")) << command;
  EXPECT_TRUE(has(page.output, "\\-\\-dry\\-run")) << "a hyphen that is one";
}

TEST(ManualCommand, TheCompletionIsGoodBashAndCompletes) {
  const test::TemporaryFolder folder;
  const Finished completion = isoscan_program("manual --format bash");
  ASSERT_EQ(completion.status, 0);
  core::write_file(folder / "completion", completion.output);
  core::write_file(folder / "try",
                   "source " + (folder / "completion").string() +
                       "\nCOMP_WORDS=(isoscan sta) COMP_CWORD=1; _isoscan; echo \"${COMPREPLY[*]}\""
                       "\nCOMP_WORDS=(isoscan run --dry) COMP_CWORD=2; _isoscan; echo \"${COMPREPLY[*]}\""
                       "\nCOMP_WORDS=(isoscan evaluate trav) COMP_CWORD=2; _isoscan; echo \"${COMPREPLY[*]}\""
                       "\nCOMP_WORDS=(isoscan evaluate travellers --les) COMP_CWORD=3; _isoscan; echo "
                       "\"${COMPREPLY[*]}\"\n");
  FILE* pipe = ::popen(("bash " + (folder / "try").string() + " 2>&1").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string text(200, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), pipe));
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_EQ(text, "status\n--dry-run\ntravellers\n--lesions\n");
  EXPECT_EQ(isoscan_program("manual --format zsh").status, 2);
}

}  // namespace
}  // namespace isoscan
