#include "isoscan/harmonize/reference_scans.hpp"

#include <cmath>
#include <functional>
#include <numeric>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/random.hpp"
#include "isoscan/test/support.hpp"

#include "toy_scan.hpp"

namespace isoscan::harmonize {
namespace {

ReferenceScans two_scans() {
  ReferenceScans scans;
  scans.source_digest = "abc";
  scans.spacing_mm = test::kToySpacing;
  for (const std::uint64_t person : {1U, 2U}) scans.scans.push_back(pack(test::toy_scan(person).prepared));
  return scans;
}

TEST(PackedScan, ComesBackWithinItsSteps) {
  const preprocess::Prepared before = test::toy_scan(1).prepared;
  const PackedScan packed = pack(before);
  const preprocess::Prepared after = unpack(packed);
  EXPECT_TRUE(after.skull_stripped);
  EXPECT_EQ(after.white_matter, 1.0);
  EXPECT_EQ(after.brain.count(), before.brain.count());
  const core::Affine back = before.image.grid.world_from_voxel.inverse();
  std::size_t near = 0;
  std::size_t n = 0;
  for (std::int64_t k = 0; k < packed.grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < packed.grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < packed.grid.size[0]; ++i, ++n) {
        const core::Vec3 at = back(packed.grid.world_from_voxel(
            {static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}));
        core::Index3 whole{};
        for (std::size_t a = 0; a < 3; ++a) {
          whole[a] = std::lround(at[a]);
          ASSERT_NEAR(at[a], static_cast<double>(whole[a]), 1e-9);
        }
        ASSERT_TRUE(before.image.grid.contains(whole));
        const std::size_t m = before.image.grid.index(whole[0], whole[1], whole[2]);
        ASSERT_EQ(after.brain.voxels[n], before.brain.voxels[m]);
        near += after.head.voxels[n];
        if (after.head.voxels[n] != 0) {
          ASSERT_NEAR(after.image.voxels[n], before.image.voxels[m], 0.5001 / 10000.0);
        } else {
          ASSERT_EQ(after.image.voxels[n], 0.0F);
        }
        float sum = 0.0F;
        for (std::size_t t = 0; t < 3; ++t) {
          const float p = after.tissue.posterior[t].voxels[n];
          ASSERT_GE(p, 0.0F);
          ASSERT_NEAR(p, before.tissue.posterior[t].voxels[m], 1.01 / 255.0);
          sum += p;
        }
        ASSERT_NEAR(sum, after.brain.voxels[n] != 0 ? 1.0F : 0.0F, 1e-6F);
        ASSERT_EQ(after.log_bias.voxels[n], 0.0F);
      }
    }
  }
  EXPECT_GT(near, before.brain.count());
  EXPECT_LT(packed.grid.voxel_count(), before.image.grid.voxel_count());
}

TEST(PackedScan, PackingTwiceIsPackingOnce) {
  const PackedScan once = pack(test::toy_scan(3).prepared);
  EXPECT_TRUE(pack(unpack(once)) == once);
}

TEST(PackedScan, ValuesBeyondItsRangeAreCutAndNothingBeyondTheMarginIsKept) {
  preprocess::Prepared person = test::toy_scan(1).prepared;
  const core::Grid& grid = person.image.grid;
  const std::size_t middle = grid.index(26, 28, 25);
  ASSERT_NE(person.brain.voxels[middle], 0);
  person.image.voxels[middle] = 9.0F;
  person.image.voxels[middle + 1] = -1.0F;
  const preprocess::Prepared after = unpack(pack(person));
  float most = 0.0F;
  float least = 1.0F;
  for (std::size_t n = 0; n < after.image.voxels.size(); ++n) {
    most = std::max(most, after.image.voxels[n]);
    if (after.brain.voxels[n] != 0) least = std::min(least, after.image.voxels[n]);
  }
  EXPECT_NEAR(most, 6.5535F, 1e-5F);
  EXPECT_EQ(least, 0.0F);
  preprocess::Prepared other = person;
  other.image.voxels.front() = 5.0F;  // a corner, far from the brain
  EXPECT_TRUE(pack(other) == pack(person));
  person.brain = core::Mask(grid);
  EXPECT_THROW((void)pack(person), core::Error);
}

TEST(KeptScans, AreSpreadEvenlyAndEachOnce) {
  EXPECT_EQ(kept_scans(3, 24), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(kept_scans(8, 4), (std::vector<std::size_t>{0, 2, 4, 6}));
  EXPECT_TRUE(kept_scans(0, 4).empty());
  for (const std::size_t count : {1U, 7U, 24U, 25U, 1000U}) {
    const std::vector<std::size_t> kept = kept_scans(count, 24);
    ASSERT_EQ(kept.size(), std::min<std::size_t>(count, 24));
    for (std::size_t n = 0; n < kept.size(); ++n) {
      EXPECT_LT(kept[n], count);
      EXPECT_TRUE(n == 0 || kept[n] > kept[n - 1]);
    }
  }
}

TEST(ReferenceScans, SaveAndLoadAreBitIdentical) {
  const test::TemporaryFolder folder;
  const ReferenceScans scans = two_scans();
  save(scans, folder / "a.isoscans");
  const ReferenceScans back = load_reference_scans(folder / "a.isoscans");
  EXPECT_TRUE(back == scans);
  save(back, folder / "b.isoscans");
  EXPECT_EQ(core::read_file(folder / "a.isoscans"), core::read_file(folder / "b.isoscans"));
}

TEST(ReferenceScans, FlippedBitsCutsAndOtherKindsAreRefusedByName) {
  const test::TemporaryFolder folder;
  ReferenceScans scans = two_scans();
  scans.scans.resize(1);
  save(scans, folder / "a.isoscans");
  const std::string good = core::read_file(folder / "a.isoscans");
  const auto refused = [&](const std::string& bytes) {
    core::write_file(folder / "damaged.isoscans", bytes);
    try {
      (void)load_reference_scans(folder / "damaged.isoscans");
      ADD_FAILURE() << "passes";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Input) << error.what();
      EXPECT_NE(std::string(error.what()).find("damaged.isoscans"), std::string::npos) << error.what();
    }
  };
  core::Random random(5);
  for (int trial = 0; trial < 20; ++trial) {
    std::string bytes = good;
    const std::size_t at = random.below(trial % 2 == 0 ? 600 : bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
    refused(bytes);
    refused(good.substr(0, at));
  }
  core::TensorFile other = to_tensors(scans);
  other.metadata["kind"] = "isoscan site model";
  core::seal(other);
  refused(core::to_safetensors(other));
  refused(core::to_safetensors(to_tensors(scans)));  // without a seal
}

/// Right digest, wrong insides.
TEST(MalformedReferenceScans, AreInputErrors) {
  ReferenceScans scans = two_scans();
  const core::TensorFile good = to_tensors(scans);
  ASSERT_NO_THROW((void)reference_scans(good));
  const auto refused = [&](const std::string& what, const std::function<void(core::TensorFile&)>& change) {
    core::TensorFile file = good;
    change(file);
    try {
      const ReferenceScans back = reference_scans(core::from_safetensors(core::to_safetensors(file)));
      ADD_FAILURE() << what << ": passes";
    } catch (const core::Error& error) {
      EXPECT_EQ(error.kind(), core::ErrorKind::Input) << what << ": " << error.what();
      EXPECT_GT(std::string(error.what()).size(), 10U) << what;
    }
  };
  for (const auto& [name, tensor] : good.tensors) {
    refused(name + " gone", [&](core::TensorFile& f) { f.tensors.erase(name); });
    refused(name + " empty", [&](core::TensorFile& f) {
      f.tensors[name].shape = {0};
      f.tensors[name].bytes.clear();
    });
    refused(name + " of two axes", [&](core::TensorFile& f) {
      f.tensors[name] = core::Tensor::of({1, 2}, std::vector<float>{1, 2});
    });
    if (name == "spacing_mm") continue;
    refused(name + " too long", [&](core::TensorFile& f) {
      core::Tensor& t = f.tensors[name];
      const std::size_t size = t.bytes.size() / static_cast<std::size_t>(t.count());
      t.bytes.insert(t.bytes.end(), size, 0);
      t.shape.front() += 1;
    });
  }
  for (const auto& [key, value] : good.metadata)
    refused(key + " gone", [&](core::TensorFile& f) { f.metadata.erase(key); });
  for (const char* number : {"0", "1", "3", "two", ""})
    refused("scans", [&](core::TensorFile& f) { f.metadata["scans"] = number; });
  refused("version", [](core::TensorFile& f) { f.metadata["format_version"] = "2"; });
  const auto grid_number = [&](std::size_t place, double value) {
    refused("grid number " + std::to_string(place), [&](core::TensorFile& f) {
      std::vector<double> values = f.tensors["scan0/grid"].doubles();
      values[place] = value;
      f.tensors["scan0/grid"] = core::Tensor::of({15}, values);
    });
  };
  grid_number(0, 0.0);
  grid_number(1, -3.0);
  grid_number(2, 4096.0);  // a box of voxels that are not there
  grid_number(0, 1.5);
  grid_number(1, 1e18);
  grid_number(3, 0.0);  // singular
  grid_number(7, std::nan(""));
  for (const double spacing : {0.0, -2.0, std::nan(""), 1.0, 1e6}) {  // the toys are of 2.4 mm
    refused("spacing", [&](core::TensorFile& f) {
      f.tensors["spacing_mm"] = core::Tensor::of({1}, std::vector<double>{spacing});
    });
  }
  refused("no brain", [](core::TensorFile& f) {
    for (std::uint8_t& r : f.tensors["scan1/region"].bytes) r = r == 2 ? 1 : r;
    f.tensors["scan1/posterior"].shape = {0};
    f.tensors["scan1/posterior"].bytes.clear();
  });
}

/// Bytes that say more than all: shares of tissue that sum to more than one are cut to one.
TEST(MalformedReferenceScans, SharesOfTissueStaySharesOfTissue) {
  ReferenceScans scans = two_scans();
  for (std::uint8_t& p : scans.scans[0].posterior) p = 255;
  const preprocess::Prepared person = unpack(reference_scans(to_tensors(scans)).scans[0]);
  for (std::size_t n = 0; n < person.brain.voxels.size(); ++n) {
    float sum = 0.0F;
    for (const core::Volume& p : person.tissue.posterior) {
      ASSERT_GE(p.voxels[n], 0.0F);
      sum += p.voxels[n];
    }
    ASSERT_NEAR(sum, static_cast<float>(person.brain.voxels[n]), 1e-6F);
  }
}

}  // namespace
}  // namespace isoscan::harmonize
