// Apart from nifti_test.cpp, as ITK's headers refuse the compiler of the fuzzers, with which that one is
// built too.
#include <gtest/gtest.h>
#include <itkNiftiImageIO.h>

#include "isoscan/io/nifti.hpp"
#include "isoscan/test/support.hpp"

#include "axis_orders.hpp"

namespace isoscan::io {
namespace {

TEST(NiftiItk, PutsTheVoxelsOfEachAxisOrderInTheSamePlace) {
  for (int order = 0; order < 48; ++order) {
    SCOPED_TRACE(order);
    const test::TemporaryFolder folder;
    const core::Grid grid = test::axis_order(order);
    write_nifti(folder / "a.nii.gz", test::noise(grid));
    const auto itk = itk::NiftiImageIO::New();
    itk->SetFileName((folder / "a.nii.gz").string());
    itk->ReadImageInformation();
    for (unsigned axis = 0; axis < 3; ++axis) {
      EXPECT_NEAR(itk->GetOrigin(axis), grid.world_from_voxel.offset[axis], 1e-5);
      const core::Vec3 column = grid.world_from_voxel.column(static_cast<int>(axis));
      for (unsigned row = 0; row < 3; ++row) {
        EXPECT_NEAR(itk->GetDirection(axis)[row] * itk->GetSpacing(axis), column[row], 1e-5);
      }
    }
  }
}

}  // namespace
}  // namespace isoscan::io
