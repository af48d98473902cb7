#include "isoscan/phantom/head.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"

#include "head_anatomy.hpp"
#include "lesions.hpp"
#include "noise.hpp"

namespace isoscan::phantom {

namespace {

/// The template points that lie at the centre of the box.
constexpr core::Vec3 kHeadCentre{0.0, 0.0, -32.0};
constexpr core::Vec3 kBrainCentre{0.0, -18.0, 2.0};

/// Points at which a voxel is looked at: one for a voxel up to 1.5 mm, more along longer edges.
struct Sampling {
  std::array<int, 3> count{1, 1, 1};
  double width_mm = 1.0;  ///< edge of the part that one point stands for

  explicit Sampling(const core::Grid& grid) {
    constexpr double kCoarsest = 1.5;
    const core::Vec3 spacing = grid.spacing_mm();
    const double base = std::min(kCoarsest, *std::min_element(spacing.begin(), spacing.end()));
    double volume = 1.0;
    for (std::size_t a = 0; a < 3; ++a) {
      count[a] = std::clamp(static_cast<int>(std::lround(spacing[a] / base)), 1, 16);
      volume *= spacing[a] / count[a];
    }
    width_mm = std::cbrt(volume);
  }
};

/// Texture of tissue: fine grain and slow waves, of SD one.
double texture(const Person& person, const core::Vec3& p) {
  constexpr double kNoiseSd = 0.27;
  return (0.8 * gradient_noise(person.stream(40), p, 4.0) +
          0.6 * gradient_noise(person.stream(41), p, 15.0)) /
         kNoiseSd;
}

core::Vec3 centre_of(const core::Grid& grid) {
  return grid.world_from_voxel({0.5 * static_cast<double>(grid.size[0] - 1),
                                0.5 * static_cast<double>(grid.size[1] - 1),
                                0.5 * static_cast<double>(grid.size[2] - 1)});
}

class Painter {
 public:
  Painter(const HeadOptions& options, Person person)
      : options_(options), person_(std::move(person)), signals_(material_signals()), sampling_(options.grid) {
    const double count = sampling_.count[0] * sampling_.count[1] * sampling_.count[2];
    share_ = static_cast<float>(1.0 / count);
    width_ = sampling_.width_mm / person_.scale;
    template_from_voxel_ = person_.template_from_world * options.grid.world_from_voxel;
  }

  /// True where no point within `radius_mm` of the voxel position belongs to the head. The distances of the
  /// parts are approximate: half of them is believed.
  [[nodiscard]] bool nothing_near(const core::Vec3& voxel, double radius_mm) const {
    const core::Vec3 p = warped(person_, template_from_voxel_(voxel));
    const BrainHulls hulls = brain_hulls(p);
    const double distance = options_.whole_head ? skin_distance(person_, p, hulls) : hulls.envelope;
    return 0.5 * distance > radius_mm / person_.scale + width_;
  }

  /// Shares and brightness of voxel (i, j, k).
  [[nodiscard]] float voxel(std::int64_t i, std::int64_t j, std::int64_t k, Mixture& mixture) const {
    mixture.share.fill(0.0F);
    float signal = 0.0F;
    for (int c = 0; c < sampling_.count[2]; ++c) {
      for (int b = 0; b < sampling_.count[1]; ++b) {
        for (int a = 0; a < sampling_.count[0]; ++a) {
          const core::Vec3 p = template_from_voxel_({at(i, a, 0), at(j, b, 1), at(k, c, 2)});
          signal += share_ * point(p, mixture);
        }
      }
    }
    return signal;
  }

 private:
  [[nodiscard]] double at(std::int64_t index, int sub, std::size_t axis) const {
    return static_cast<double>(index) + (sub + 0.5) / sampling_.count[axis] - 0.5;
  }

  float point(const core::Vec3& straight, Mixture& sum) const {
    const core::Vec3 p = warped(person_, straight);
    const BrainHulls hulls = brain_hulls(p);
    Mixture here;
    here.fill(Material::Air);
    if (options_.whole_head) {
      if (hulls.envelope > -width_) {  // else all of it is brain
        const double skin = skin_distance(person_, p, hulls);
        if (skin > width_) return add(here, sum, 0.0F);
        paint_head(person_, p, hulls, skin, width_, here);
      }
    } else if (hulls.envelope > width_) {
      return add(here, sum, 0.0F);
    }
    paint_brain(person_, p, hulls, width_, here);
    float signal = 0.0F;
    for (std::size_t m = 0; m < kMaterialCount; ++m) signal += here.share[m] * signals_[m];
    if (options_.texture > 0.0) {
      signal += static_cast<float>(options_.texture * texture(person_, p)) *
                (1.0F - here[Material::Air] - here[Material::Bone]);
    }
    return add(here, sum, std::max(0.0F, signal));
  }

  float add(const Mixture& here, Mixture& sum, float signal) const {
    for (std::size_t m = 0; m < kMaterialCount; ++m) sum.share[m] += share_ * here.share[m];
    return signal;
  }

  const HeadOptions& options_;
  Person person_;
  std::array<float, kMaterialCount> signals_;
  Sampling sampling_;
  core::Affine template_from_voxel_;
  float share_ = 1.0F;
  double width_ = 1.0;
};

/// A skull-stripped image holds the brain's part of the signal only inside the mask.
void store(const Mixture& mixture, float signal, bool whole_head, std::size_t n, SyntheticHead& head) {
  const float brain = mixture.brain();
  const bool inside = brain > 0.5F;
  head.image.voxels[n] = whole_head || inside ? signal : 0.0F;
  if (!inside) return;
  head.brain.voxels[n] = 1;
  head.lesions.voxels[n] = mixture[Material::Lesion] > 0.5F ? 1 : 0;
  head.tissue[core::Tissue::Csf].voxels[n] = mixture.csf() / brain;
  head.tissue[core::Tissue::GreyMatter].voxels[n] = mixture.grey() / brain;
  head.tissue[core::Tissue::WhiteMatter].voxels[n] = mixture.white() / brain;
}

core::Grid centred_grid(const core::Vec3& extent_mm, double spacing_mm) {
  core::Grid grid;
  for (std::size_t a = 0; a < 3; ++a) {
    grid.size[a] = static_cast<std::int64_t>(std::ceil(extent_mm[a] / spacing_mm));
    grid.world_from_voxel.matrix[4 * a] = spacing_mm;
    grid.world_from_voxel.offset[a] = -0.5 * static_cast<double>(grid.size[a] - 1) * spacing_mm;
  }
  return grid;
}

}  // namespace

std::string HeadOptions::problem() const {
  if (const char* wrong = grid.problem(); *wrong != '\0') return std::string("grid: ") + wrong;
  if (!(age_years >= 18.0 && age_years <= 100.0)) return "age_years must lie in 18..100";
  if (!(lesion_ml >= 0.0 && lesion_ml <= 50.0)) return "lesion_ml must lie in 0..50";
  if (!(texture >= 0.0 && texture <= 0.2)) return "texture must lie in 0..0.2";
  return {};
}

SyntheticHead make_head(const HeadOptions& options, std::uint64_t person_seed, const core::Context& context) {
  if (const std::string wrong = options.problem(); !wrong.empty()) {
    throw core::Error(core::ErrorKind::Config, "synthetic head: " + wrong);
  }
  const core::Grid& grid = options.grid;
  Person person = make_person(person_seed, options.age_years, centre_of(grid),
                              options.whole_head ? kHeadCentre : kBrainCentre);
  if (options.lesion_ml > 0.0) place_lesions(person, options.lesion_ml, person_seed);

  SyntheticHead head;
  head.image = core::Volume(grid);
  head.brain = core::Mask(grid);
  head.lesions = core::Mask(grid);
  for (core::Volume& p : head.tissue.posterior) p = core::Volume(grid);
  const Painter painter(options, std::move(person));
  // Blocks of air, a third of the box, are passed over; the bits stay the same.
  constexpr std::int64_t kBlock = 4;
  const core::Vec3 spacing = grid.spacing_mm();
  const double block_radius_mm = 0.5 * kBlock * std::hypot(spacing[0], spacing[1], spacing[2]);
  core::parallel_for(
      (grid.size[2] + kBlock - 1) / kBlock, context.threads, [&](std::int64_t begin, std::int64_t end) {
        Mixture mixture;
        const auto paint_block = [&](std::int64_t i0, std::int64_t j0, std::int64_t k0) {
          constexpr double kMiddle = 0.5 * (kBlock - 1);
          const core::Vec3 middle{static_cast<double>(i0) + kMiddle, static_cast<double>(j0) + kMiddle,
                                  static_cast<double>(k0) + kMiddle};
          if (painter.nothing_near(middle, block_radius_mm)) return;
          for (std::int64_t k = k0; k < std::min(k0 + kBlock, grid.size[2]); ++k) {
            for (std::int64_t j = j0; j < std::min(j0 + kBlock, grid.size[1]); ++j) {
              for (std::int64_t i = i0; i < std::min(i0 + kBlock, grid.size[0]); ++i) {
                const float signal = painter.voxel(i, j, k, mixture);
                store(mixture, signal, options.whole_head, grid.index(i, j, k), head);
              }
            }
          }
        };
        for (std::int64_t block = begin; block < end; ++block) {
          context.check_stop();
          for (std::int64_t j = 0; j < grid.size[1]; j += kBlock) {
            for (std::int64_t i = 0; i < grid.size[0]; i += kBlock) paint_block(i, j, block * kBlock);
          }
        }
      });
  return head;
}

core::Grid head_grid(double spacing_mm) {
  return centred_grid({186.0, 234.0, 240.0}, spacing_mm);
}

core::Grid brain_grid(double spacing_mm) {
  return centred_grid({156.0, 192.0, 168.0}, spacing_mm);
}

}  // namespace isoscan::phantom
