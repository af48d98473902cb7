#include "isoscan/core/error.hpp"

#include <new>
#include <stdexcept>
#include <system_error>

#include <boost/filesystem/exception.hpp>
#include <gtest/gtest.h>

namespace isoscan::core {
namespace {

template <class Thrown>
Error told_of(const Thrown& thrown) {
  try {
    throw thrown;
  } catch (...) {
    return current_error();
  }
}

TEST(CurrentError, WhatRanOutIsAResource) {
  EXPECT_EQ(told_of(std::bad_alloc()).kind(), ErrorKind::Resource);
  // In LibTorch's words.
  const std::runtime_error torch(
      "[enforce fail at alloc_cpu.cpp:75] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
      "allocate 4000000000 bytes. Error code 12 (Cannot allocate memory)");
  EXPECT_EQ(told_of(torch).kind(), ErrorKind::Resource);
  EXPECT_STREQ(told_of(torch).what(), "out of memory");
  const std::system_error thread(std::make_error_code(std::errc::resource_unavailable_try_again), "thread");
  EXPECT_EQ(told_of(thread).kind(), ErrorKind::Resource);
}

TEST(CurrentError, OthersKeepTheirWords) {
  EXPECT_EQ(told_of(Error(ErrorKind::Geometry, "tilted")).kind(), ErrorKind::Geometry);
  EXPECT_EQ(told_of(std::system_error(std::make_error_code(std::errc::permission_denied))).kind(),
            ErrorKind::Internal);
  EXPECT_EQ(told_of(std::runtime_error("surprise")).kind(), ErrorKind::Internal);
  EXPECT_STREQ(told_of(std::runtime_error("surprise")).what(), "surprise");
  EXPECT_EQ(told_of(1).kind(), ErrorKind::Internal);
  const boost::filesystem::filesystem_error file(
      "open", "scan.nii",
      boost::system::errc::make_error_code(boost::system::errc::no_such_file_or_directory));
  EXPECT_EQ(told_of(file).kind(), ErrorKind::Io);
  EXPECT_EQ(std::string(told_of(file).what()).find("scan.nii"), 0U);
}

}  // namespace
}  // namespace isoscan::core
