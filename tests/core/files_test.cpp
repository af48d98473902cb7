#include "isoscan/core/files.hpp"

#include <stdexcept>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/maker.hpp"
#include "isoscan/core/partials.hpp"
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

TEST(Files, WhatHoldsTheBytesAlreadyIsLeftAlone) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "a/x.txt";
  EXPECT_TRUE(write_if_changed(file, "one"));
  const std::time_t long_ago = 1'000'000'000;
  fs::last_write_time(file, long_ago);
  EXPECT_FALSE(write_if_changed(file, "one"));
  EXPECT_EQ(fs::last_write_time(file), long_ago);
  EXPECT_TRUE(write_if_changed(file, "two"));  // as long as before
  EXPECT_EQ(read_file(file), "two");
  EXPECT_NE(fs::last_write_time(file), long_ago);
  EXPECT_TRUE(write_if_changed(folder / "empty", ""));
  EXPECT_TRUE(fs::exists(folder / "empty"));
  EXPECT_FALSE(write_if_changed(folder / "empty", ""));
}

TEST(Files, ForTheOwnerAlone) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(write_if_changed(folder / "list", "paths", Readers::Owner));
  EXPECT_EQ(fs::status(folder / "list").permissions() & fs::perms_mask, fs::owner_read | fs::owner_write);
}

TEST(Partials, OnlyThoseThatNobodyWritesGo) {
  const test::TemporaryFolder folder;
  const std::time_t long_ago = std::time(nullptr) - 7200;
  for (const char* name : {"a/.partial-1-x.nii", "a/.partial-2-x.nii", "a/x.nii", ".store/.partial-3-x"}) {
    write_file(folder / name, "bytes");
    if (std::string(name) != "a/.partial-2-x.nii") fs::last_write_time(folder / name, long_ago);
  }
  EXPECT_EQ(remove_dead_partials(folder.path()), 1);
  EXPECT_FALSE(fs::exists(folder / "a/.partial-1-x.nii"));
  EXPECT_TRUE(fs::exists(folder / "a/.partial-2-x.nii"));  // somebody may write it
  EXPECT_TRUE(fs::exists(folder / "a/x.nii"));
  EXPECT_TRUE(fs::exists(folder / ".store/.partial-3-x"));  // the store looks after its own
}

TEST(Partials, WhatADeadProcessWroteGoesAtOnceAndWhatALivingOneWritesStays) {
  const test::TemporaryFolder folder;
  const std::string long_name = std::string(200, 'x') + ".nii.gz";
  const fs::path mine = partial_beside(folder / "a" / long_name);
  EXPECT_TRUE(is_partial(mine));
  EXPECT_LE(mine.filename().string().size(), 255U);
  EXPECT_TRUE(mine.string().ends_with("x.nii.gz"));
  EXPECT_NE(mine, partial_beside(folder / "a" / long_name));
  const pid_t child = ::fork();
  if (child == 0) {
    write_file(partial_beside(folder / "a/dead.json"), "half");
    fs::create_directories(partial_beside(folder / "a/dead-series"));
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  write_file(mine, "being written");
  std::string elsewhere = mine.filename().string();
  elsewhere.replace(elsewhere.find("+" + process_host()), 1 + process_host().size(), "+elsewhere");
  write_file(folder / "a" / elsewhere, "by another host");
  EXPECT_EQ(remove_dead_partials_in(folder.path()), 0) << "looks at its own files alone";
  EXPECT_EQ(remove_dead_partials(folder.path()), 2);
  EXPECT_TRUE(fs::exists(mine));
  EXPECT_TRUE(fs::exists(folder / "a" / elsewhere));
}

TEST(Partials, WhatAContainerOfThisHostWritesStays) {
  // A process that has ended, seen from here, of a namespace of process ids of its own: its id says nothing.
  const test::TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr int kRefused = 77;
    if (::unshare(CLONE_NEWPID) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) ::_exit(kRefused);
    const pid_t first = ::fork();  // what comes next is in the new namespace
    if (first < 0) ::_exit(kRefused);
    if (first == 0) {
      write_file(folder / "host.txt", process_host());
      fs::create_directories(partial_beside(folder / "series"));
      ::_exit(0);
    }
    int ended = 0;
    ::waitpid(first, &ended, 0);
    ::_exit(ended == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "this system gives no new namespace";
  ASSERT_EQ(status, 0);
  EXPECT_NE(read_file(folder / "host.txt"), process_host());
  EXPECT_FALSE(is_gone(Maker{read_file(folder / "host.txt"), 999999999, 1}).has_value());
  EXPECT_EQ(remove_dead_partials(folder.path()), 0);
}

TEST(Places, AFolderLiesInItselfAndInThoseAbove) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "scans/sub-1");
  fs::create_directory_symlink(folder / "scans", folder / "link");
  EXPECT_TRUE(lies_in(folder / "scans", folder / "scans"));
  EXPECT_TRUE(lies_in(folder / "scans/sub-1/../new/deeper", folder / "scans/"));
  EXPECT_TRUE(lies_in(folder / "link/out", folder / "scans"));  // links are followed
  EXPECT_FALSE(lies_in(folder / "scans", folder / "scans/sub-1"));
  EXPECT_FALSE(lies_in(folder / "scans2", folder / "scans"));  // by parts, not by letters
  EXPECT_FALSE(lies_in(folder / "scans/../out", folder / "scans"));
  EXPECT_THROW((void)lies_in(folder / std::string(300, 'x'), folder / "scans"), Error);
}

TEST(Folders, AppearWholeOrStayAsTheyWere) {
  const test::TemporaryFolder folder;
  const fs::path target = folder / "a/series";
  const auto fill = [](int count) {
    return [count](const fs::path& staging) {
      for (int n = 0; n < count; ++n) write_file(staging / std::to_string(n), "x");
    };
  };
  write_folder_with(target, fill(3));
  EXPECT_EQ(entries(target), 3);
  EXPECT_THROW(write_folder_with(target,
                                 [&](const fs::path& staging) {
                                   fill(7)(staging);
                                   EXPECT_EQ(entries(target), 3);  // nothing shows before the end
                                   throw std::runtime_error("the disk fell off");
                                 }),
               std::runtime_error);
  EXPECT_EQ(entries(target), 3);
  write_folder_with(target, fill(2));  // no file of before stays
  EXPECT_EQ(entries(target), 2);
  EXPECT_EQ(entries(target.parent_path()), 1);
}

TEST(Digest, HmacMatchesTheStandardsExamples) {
  // RFC 4231, cases 1, 2 and 6 (a key longer than a block).
  EXPECT_EQ(hmac_sha256(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_NE(hmac_sha256("", "x"), sha256("x"));
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
