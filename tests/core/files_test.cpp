#include "isoscan/core/files.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::core {
namespace {

namespace fs = boost::filesystem;

int entries(const fs::path& folder) {
  return static_cast<int>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(Files, RoundTripMakesFoldersAndLeavesNothingElse) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "a/b/c.bin";
  const std::string bytes("with \0 zero", 11);
  write_file(file, bytes);
  EXPECT_EQ(read_file(file), bytes);
  EXPECT_EQ(entries(file.parent_path()), 1);
}

TEST(Files, FailedWriterKeepsTheOldFile) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "x.txt";
  write_file(file, "old");
  EXPECT_THROW(write_file_with(file,
                               [](const fs::path& staging) {
                                 write_file(staging, "half");
                                 throw std::runtime_error("no");
                               }),
               std::runtime_error);
  EXPECT_EQ(read_file(file), "old");
  EXPECT_EQ(entries(folder.path()), 1);
}

TEST(Files, ErrorsNameTheFile) {
  const test::TemporaryFolder folder;
  try {
    (void)read_file(folder / "missing.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Io);
    EXPECT_NE(std::string(error.what()).find("missing.json"), std::string::npos);
  }
  EXPECT_THROW((void)read_file(folder.path()), Error);
  write_file(folder / "big", std::string(1000, 'x'));
  EXPECT_THROW((void)read_file(folder / "big", 10), Error);
}

TEST(Digest, MatchesTheStandardsExamples) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const test::TemporaryFolder folder;
  write_file(folder / "f", std::string(3'000'000, 'a'));
  EXPECT_EQ(sha256_file(folder / "f"), sha256(std::string(3'000'000, 'a')));
}

TEST(Error, KindsHaveDocumentedExitStatus) {
  EXPECT_EQ(exit_status(ErrorKind::Config), 2);
  EXPECT_EQ(exit_status(ErrorKind::Input), 3);
  EXPECT_EQ(exit_status(ErrorKind::Io), 4);
  EXPECT_EQ(exit_status(ErrorKind::Resource), 5);
  EXPECT_EQ(exit_status(ErrorKind::Numeric), 6);
  EXPECT_EQ(exit_status(ErrorKind::Cancelled), 130);
  EXPECT_STREQ(Error(ErrorKind::Input, "bad").within("f.nii").what(), "f.nii: bad");
}

}  // namespace
}  // namespace isoscan::core
