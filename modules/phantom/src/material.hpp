/// @file What a voxel can be made of, and its brightness.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace isoscan::phantom {

enum class Material : std::uint8_t {
  Air,
  Csf,  ///< in the brain: sulci, ventricles, its outermost layer
  Cortex,
  Caudate,
  Putamen,
  Thalamus,
  Pallidum,
  WhiteMatter,
  Lesion,    ///< of white matter
  OuterCsf,  ///< between brain and skull, around the spinal cord
  Cord,
  Bone,
  Marrow,
  Muscle,
  Fat,
  Skin,
  Eye,
};
inline constexpr std::size_t kMaterialCount = 17;

/// Shares of one voxel; they sum to one.
struct Mixture {
  std::array<float, kMaterialCount> share{};

  [[nodiscard]] float operator[](Material m) const { return share[static_cast<std::size_t>(m)]; }
  void fill(Material m) {
    share.fill(0.0F);
    share[static_cast<std::size_t>(m)] = 1.0F;
  }
  /// Covers the part `cover` (0..1) of what is there.
  void paint(Material m, double cover) {
    if (cover <= 0.0) return;
    const auto keep = static_cast<float>(1.0 - std::min(cover, 1.0));
    for (float& s : share) s *= keep;
    share[static_cast<std::size_t>(m)] += 1.0F - keep;
  }
  [[nodiscard]] float grey() const {
    return (*this)[Material::Cortex] + (*this)[Material::Caudate] + (*this)[Material::Putamen] +
           (*this)[Material::Thalamus] + (*this)[Material::Pallidum];
  }
  [[nodiscard]] float white() const { return (*this)[Material::WhiteMatter] + (*this)[Material::Lesion]; }
  [[nodiscard]] float csf() const { return (*this)[Material::Csf]; }
  [[nodiscard]] float brain() const { return csf() + grey() + white(); }
};

/// Signal of each material in the default MPRAGE protocol, white matter = 1.
[[nodiscard]] std::array<float, kMaterialCount> material_signals();

}  // namespace isoscan::phantom
