#include "isoscan/io/brain_mask.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::io {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class BrainMaskFile : public testing::Test {
 protected:
  BrainMaskFile() {
    scan.size = {6, 5, 4};
    scan.world_from_voxel.offset = {-3, 2, 7};
  }
  std::string refusal(const core::Volume& mask, core::ErrorKind kind = core::ErrorKind::Input) {
    write_nifti(folder / "a_mask.nii.gz", mask);
    try {
      (void)read_brain_mask(folder / "a_mask.nii.gz", scan);
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), kind);
      return error.what();
    }
    return "";
  }
  test::TemporaryFolder folder;
  core::Grid scan;
};

TEST_F(BrainMaskFile, ZeroAndAnyOneOtherValueIsAMask) {
  core::Volume mask(scan);
  mask.at(1, 2, 3) = mask.at(2, 2, 2) = 255.0F;
  write_nifti(folder / "m.nii.gz", mask);
  const core::Mask read = read_brain_mask(folder / "m.nii.gz", scan);
  EXPECT_EQ(read.grid, scan);
  EXPECT_EQ(read.count(), 2U);
  EXPECT_EQ(read.voxels[scan.index(1, 2, 3)], 1);
}

TEST_F(BrainMaskFile, AxesMayBeStoredTheOtherWayRound) {
  core::Volume mask(scan);
  mask.grid.world_from_voxel.matrix[0] = -1.0;  // the first axis runs back
  mask.grid.world_from_voxel.offset[0] += 5.0;
  mask.at(0, 2, 3) = 1.0F;
  write_nifti(folder / "m.nii.gz", mask);
  const core::Mask read = read_brain_mask(folder / "m.nii.gz", scan);
  EXPECT_EQ(read.count(), 1U);
  EXPECT_EQ(read.voxels[scan.index(5, 2, 3)], 1);
}

TEST_F(BrainMaskFile, WhatIsNoMaskOfThisScanIsNamedWithTheCure) {
  core::Volume soft(scan);
  soft.at(0, 0, 0) = 0.25F;
  soft.at(1, 0, 0) = 0.5F;
  soft.at(2, 0, 0) = 1.0F;
  EXPECT_THAT(refusal(soft), AllOf(HasSubstr("brain mask a_mask.nii.gz"), HasSubstr("0.25, 0.5, ..."),
                                   HasSubstr("make it 0 outside the brain and 1 inside")));
  EXPECT_THAT(refusal(core::Volume(scan)), HasSubstr("is empty"));
  core::Grid other = scan;
  other.size[2] = 8;
  EXPECT_THAT(refusal(core::Volume(other, 1.0F), core::ErrorKind::Geometry),
              AllOf(HasSubstr("another grid"), HasSubstr("6 x 5 x 8"), HasSubstr("resample it")));
  other = scan;
  other.world_from_voxel.offset[1] += 0.5;
  EXPECT_THAT(refusal(core::Volume(other, 1.0F), core::ErrorKind::Geometry), HasSubstr("another grid"));
}

}  // namespace
}  // namespace isoscan::io
