#include "material.hpp"

#include "isoscan/phantom/mr_signal.hpp"

namespace isoscan::phantom {

namespace {

/// Proton density, T1, T2* at 3 T, rounded, within the published range. T1 of cortex and white matter:
/// Wansapura et al., J Magn Reson Imaging 1999 (1331 and 832 ms), Gelman et al., Magn Reson Med 2001 (also
/// the order of the deep nuclei: the more iron and myelin, the shorter); muscle, fat, marrow: Gold et al., Am
/// J Roentgenol 2004; cortical bone, T2* under a millisecond: Reichert et al., Magn Reson Imaging 2005; T2*
/// of the brain: Peters et al., Magn Reson Imaging 2007. Fat's density is its visible part at this bandwidth.
Relaxation relaxation(Material m) {
  switch (m) {
    case Material::Csf:
    case Material::OuterCsf:
      return {1.00, 4200.0, 500.0};
    case Material::Cortex:
      return {0.82, 1400.0, 66.0};
    case Material::Caudate:
      return {0.82, 1380.0, 50.0};
    case Material::Putamen:
      return {0.80, 1280.0, 45.0};
    case Material::Thalamus:
      return {0.77, 1180.0, 50.0};
    case Material::Pallidum:
      return {0.73, 1040.0, 33.0};
    case Material::WhiteMatter:
      return {0.70, 840.0, 53.0};
    case Material::Cord:
      return {0.72, 950.0, 40.0};
    case Material::Lesion:
      return {0.82, 1450.0, 70.0};
    case Material::Bone:
      return {0.30, 220.0, 0.5};
    case Material::Marrow:
      return {0.35, 365.0, 12.0};
    case Material::Muscle:
      return {0.72, 1420.0, 28.0};
    case Material::Fat:
      return {0.60, 371.0, 15.0};
    case Material::Skin:
      return {0.60, 900.0, 15.0};
    case Material::Eye:
      return {1.00, 4000.0, 500.0};
    case Material::Air:
      break;
  }
  return {0.0, 1000.0, 1.0};
}

}  // namespace

std::array<float, kMaterialCount> material_signals() {
  const double white = mprage_signal(relaxation(Material::WhiteMatter));
  std::array<float, kMaterialCount> signals{};
  for (std::size_t m = 0; m < kMaterialCount; ++m) {
    signals[m] = static_cast<float>(mprage_signal(relaxation(static_cast<Material>(m))) / white);
  }
  return signals;
}

}  // namespace isoscan::phantom
